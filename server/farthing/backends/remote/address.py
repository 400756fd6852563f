"""Which servers may be asked: none that bills, and none in the open without encryption."""

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from farthing import airgap
from farthing.errors import RemoteUnavailable, SettingsError

LOOK_UP_TIMEOUT = 2.0
"""Seconds to find the addresses of a name."""

EXAMPLE = "Set farthing.remote.url to an address such as http://127.0.0.1:8080"

GAP = "Clear farthing.remote.url to use the engine on this machine"
"""What to do where a server may not be asked as nothing may leave this machine."""

_BILLED = re.compile(
    r"(?:.*\.)?(?:"
    r"anthropic\.com|openai\.com|githubcopilot\.com|models\.github\.ai|googleapis\.com|openrouter\.ai|mistral\.ai"
    r"|(?:openai|cognitiveservices|services\.ai|inference\.ai)\.azure\.com|bedrock[a-z-]*\..*\.?amazonaws\.com"
    r"|deepseek\.com|together\.(?:ai|xyz)|fireworks\.ai|groq\.com|x\.ai|cohere\.(?:ai|com)|perplexity\.ai"
    r"|replicate\.com|huggingface\.co|cerebras\.ai|sambanova\.ai|deepinfra\.com|api\.nvidia\.com|aliyuncs\.com"
    r"|moonshot\.(?:ai|cn)|bigmodel\.cn|z\.ai|siliconflow\.(?:cn|com)|novita\.ai|hyperbolic\.xyz|nebius\.com"
    r"|ollama\.com|inceptionlabs\.ai"
    r")"
)
"""Domains whose servers bill by the token. They and everything beneath them are refused."""

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?", re.ASCII)
_PATH = re.compile(r"[\w/.~%+-]*", re.ASCII)


@dataclass(frozen=True)
class Address:
    """A server."""

    base: str
    """What every path is put behind; no slash at its end."""
    host: str
    """Name or number, lower case."""
    port: int
    secure: bool
    """Whether it is asked by TLS."""

    def __str__(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{shown}:{self.port}"


def parse(text: str) -> Address:
    """Read ``farthing.remote.url``.

    Raises:
        SettingsError: no address, one that holds a secret, or one that bills.
    """
    parts, port = _split(text.strip())
    host = (parts.hostname or "").rstrip(".")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise SettingsError(
            "farthing.remote.url holds more than an address",
            "Keys belong into an environment variable that farthing.remote.apiKeyEnv names",
        )
    if parts.scheme not in ("http", "https") or not host or not _PATH.fullmatch(parts.path):
        raise SettingsError("farthing.remote.url is no address of a server", EXAMPLE)
    number = _number(host)
    if number is None and not _HOST.fullmatch(host):
        raise SettingsError("farthing.remote.url is no address of a server", EXAMPLE)
    if _BILLED.fullmatch(host):
        raise SettingsError(
            f"{host} bills what it does, and completion never uses a server that does",
            "Give the address of a server of your own, or clear farthing.remote.url",
        )
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    shown = f"[{host}]" if number is not None and number.version == 6 else host
    address = Address(f"{parts.scheme}://{shown}:{port}{path}", host, port, parts.scheme == "https")
    if not address.secure and number is not None and not is_private(number):
        raise _in_the_open(address)
    return address


def _split(text: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(text)
        return parts, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as exc:
        raise SettingsError("farthing.remote.url is no address of a server", EXAMPLE) from exc


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_private(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is this machine, or one of a network that the internet does not reach."""
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    return not number.is_global and not number.is_multicast


async def stays_private(address: Address) -> bool:
    """Whether the name leads to private addresses only. Asks the system's resolver.

    Raises:
        RemoteUnavailable: the name leads nowhere.
    """
    if (number := _number(address.host)) is not None:
        return is_private(number)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOK_UP_TIMEOUT):
            found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as exc:
        raise RemoteUnavailable(f"there is no server of the name {address.host}", "Check farthing.remote.url") from exc
    # A link-local address of IPv6 carries its interface behind a percent sign.
    return all(is_private(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])) for entry in found)


async def check(address: Address) -> bool:
    """Make sure that code does not travel in the open; returns whether the server is in a private network.

    Raises:
        AirGapped: it is not on this machine, and nothing may leave it; nobody was asked for its name.
        SettingsError: it is not, and the address is one without encryption.
        RemoteUnavailable: the name leads nowhere.
    """
    airgap.way(address.base, str(address), GAP)
    if airgap.is_loopback(address.host):
        return True
    private = await stays_private(address)
    if not private and not address.secure:
        raise _in_the_open(address)
    return private


def _in_the_open(address: Address) -> SettingsError:
    return SettingsError(
        f"{address.host} is not in a private network, so your code would travel there unencrypted",
        "Use an https:// address in farthing.remote.url",
    )
