"""Whether anything may leave this machine: the policy in the user's ``config.toml``, asked at every door.

::

    [escalation]
    policy = "never"               # or ask, or auto

Under ``never`` no socket to another machine is opened, no name is looked up, and nothing listens for other machines.
What listens on this machine's loopback is this machine, also where the user has made a tunnel of it.
``tests/unit/test_network.py`` names the doors; ``tests/e2e/test_air_gap.py`` watches all processes.
"""

import ipaddress
from collections.abc import Mapping
from typing import Literal, get_args
from urllib.parse import urlsplit, urlunsplit

from farthing import config, paths
from farthing.errors import AirGapped, SettingsError

Policy = Literal["never", "ask", "auto"]
"""``never``: nothing leaves this machine. ``ask``: nothing that costs without the user's word. ``auto``: what costs no
more than a ceiling may."""

DEFAULT: Policy = "ask"

LOOPBACK = "127.0.0.1"
"""What ``localhost`` is under ``never``: the system's resolver might ask others."""


def policy(table: Mapping[str, object] | None = None) -> Policy:
    """What holds. Whatever can't be read counts as ``never``.

    Args:
        table: see :func:`stated`.
    """
    try:
        return stated(table)
    except SettingsError:
        return "never"


def stated(table: Mapping[str, object] | None = None) -> Policy:
    """What is written.

    Args:
        table: of another file of the same kind; the user's ``config.toml`` when None.

    Raises:
        SettingsError: it can't be read, or is no policy.
    """
    section = (config.load() if table is None else table).get("escalation", {})
    word = section.get("policy", DEFAULT) if isinstance(section, Mapping) else ""
    found: Policy | None = next((each for each in get_args(Policy) if each == word), None)
    if found is None:
        words = ", ".join(f'"{each}"' for each in get_args(Policy))
        raise SettingsError("escalation.policy is none, so nothing leaves this machine", f"Set it to one of {words}")
    return found


def closed() -> bool:
    """Whether nothing may leave this machine."""
    return policy() == "never"


def refuse(what: str, fix: str) -> None:
    """Before something that leaves this machine.

    Args:
        what: that would be done, as the subject of a sentence.
        fix: how to get there without.

    Raises:
        AirGapped: it may not be done.
    """
    if closed():
        raise AirGapped(f"{what} would leave this machine, and escalation.policy in {_where()} is never", fix)


def way(url: str, what: str, fix: str) -> str:
    """The address to connect to in place of another: under ``never`` a number, so that nobody is asked for a name and
    what is connected to is what was looked at.

    Args:
        url: with a host.
        what: is there, as the subject of a sentence.
        fix: how to do without it.

    Raises:
        AirGapped: it leads off this machine.
    """
    if not closed():
        return url
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if host == "localhost":
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit(parts._replace(netloc=f"{LOOPBACK}{port}"))
    if not is_loopback(host):
        raise AirGapped(f"{what} is not on this machine, and escalation.policy in {_where()} is never", fix)
    return url


def ear(host: str) -> str:
    """The address to listen on in place of another.

    Raises:
        AirGapped: other machines could connect there.
    """
    if not closed() or host in (LOOPBACK, "::1"):
        return host
    if not is_loopback(host):
        refuse(f"to listen on {host}", f"Listen on {LOOPBACK}")
    return LOOPBACK


def is_loopback(host: str) -> bool:
    """Whether a host is this machine for sure: a number of the loopback, or ``localhost``. Nobody is asked."""
    if host.lower() == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address):
        if number.scope_id is not None:
            return False
        number = number.ipv4_mapped or number
    return number.is_loopback


def _where() -> str:
    return str(paths.config_file())
