"""Where a provider may be: behind TLS, or on this machine."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from farthing.errors import SettingsError

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?", re.ASCII)
_PATH = re.compile(r"[\w/.~%+-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider's address."""

    base: str
    """What every path is put behind; no slash at its end."""
    secure: bool
    """Whether it is asked by TLS."""
    loopback: bool
    """It is on this machine: no proxy of the environment may come between."""


def parse(url: str, where: str, allow_http: bool = False) -> Endpoint:
    """Read a ``base_url``.

    Args:
        where: the setting's name, for errors. The address itself is not repeated in them: it may hold a key.
        allow_http: also without TLS on other machines, as the user wants it so.

    Raises:
        SettingsError: no address, one that holds a secret, or one without TLS.
    """
    try:
        parts = urlsplit(url.strip())
        usual = 443 if parts.scheme == "https" else 80
        port = parts.port or usual
    except ValueError as exc:
        raise _no_address(where) from exc
    host = (parts.hostname or "").rstrip(".")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise SettingsError(
            f"{where} holds more than an address", "Keys belong into an environment variable that api_key_env names"
        )
    number = _number(host)
    if parts.scheme not in ("http", "https") or not _PATH.fullmatch(parts.path):
        raise _no_address(where)
    if number is None and not _HOST.fullmatch(host):
        raise _no_address(where)
    secure, loopback = parts.scheme == "https", number.is_loopback if number else host == "localhost"
    shown = f"[{host}]" if number is not None and number.version == 6 else host
    if not (secure or loopback or allow_http):
        raise SettingsError(
            f"{where} leads to {host} without encryption",
            "Use an https:// address, or set allow_http = true beside it if that network is your own",
        )
    place = shown if port == usual else f"{shown}:{port}"
    return Endpoint(f"{parts.scheme}://{place}{parts.path.rstrip('/')}", secure, loopback)


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _no_address(where: str) -> SettingsError:
    return SettingsError(f"{where} is no address of a provider", "Give one such as https://api.example.com/v1")
