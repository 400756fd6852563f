"""Whom a command and all its children connect to and look up: as Python's audit events tell, and as the kernel sees."""

import ast
import functools
import ipaddress
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_CALLS = "connect,bind,sendto,sendmsg,sendmmsg"
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_RESOLVER = re.compile(r'sun_path="[^"]*(?:systemd/resolve|dbus)[^"]*"')
_NUMBER = re.compile(r"[\d.]+|[\da-f:.]*:[\da-f:.]*")


@dataclass(frozen=True)
class Seen:
    """What happened."""

    programs: tuple[str, ...]
    """The command of each Python process, as one text."""
    audited: frozenset[str]
    """Hosts that Python was asked to connect to, send to, listen on or look up."""
    kernel: frozenset[str]
    """Numbers that processes connected to, sent to or listened on; ``resolver`` for a socket of the system's."""

    def elsewhere(self) -> set[str]:
        """Those of them that are not this machine."""
        return {host for host in self.audited | self.kernel if not _is_here(host)}


class Watch:
    """Runs commands watched. All of them write into one folder.

    Args:
        folder: of the test's own.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._count = folder, 0
        hooks = folder / "hooks"
        hooks.mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("audit_network.py"), hooks / "sitecustomize.py")
        known = os.environ.get("PYTHONPATH")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(hooks), known])))
        monkeypatch.setenv("FARTHING_TEST_AUDIT", str(folder / "audit"))

    @functools.cached_property
    def traces(self) -> bool:
        """Whether the kernel lets processes be traced here. Else Python's audit events are all there is."""
        ran = subprocess.run([self._strace(), "-qq", "-e", "trace=none", "true"], capture_output=True, text=True)
        assert not ran.returncode or "Operation not permitted" in ran.stderr, ran.stderr
        return not ran.returncode

    @staticmethod
    def _strace() -> str:
        found = shutil.which("strace")
        assert found, "this needs strace; run scripts/test, or on Debian or Ubuntu: apt install strace"
        return found

    def prefix(self) -> list[str]:
        """What to put before a command."""
        if not self.traces:
            return []
        strace = self._strace()
        self._count += 1
        trace = self._folder / f"trace-{self._count}"
        return [strace, "-D", "-f", "--seccomp-bpf", "-qq", "-s", "0", "-e", f"trace={_CALLS}", "-o", str(trace)]

    def seen(self) -> Seen:
        """Until now."""
        traces = sorted(self._folder.glob("trace-*"))
        assert len(traces) == self._count, "strace has watched less than it was told to"
        events = [json.loads(line) for line in (self._folder / "audit").read_text().splitlines()]
        audited = {host for _, event, values in events if event != "begin" and (host := _host(event, values))}
        kernel: set[str] = set()
        for line in "\n".join(trace.read_text(errors="replace") for trace in traces).splitlines():
            kernel |= {found[1] or found[2] for found in _ADDRESS.finditer(line)}
            kernel |= {"resolver"} if _RESOLVER.search(line) else set()
        programs = tuple(" ".join(values) for _, event, values in events if event == "begin")
        return Seen(programs, frozenset(audited), frozenset(kernel))


def _host(event: str, values: list[str]) -> str:
    """Whom an audit event is about; empty for a file name, as Unix sockets have."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return values[0]
    address = values[0]
    return str(ast.literal_eval(address)[0]) if address.startswith("('") else ""


def _is_here(host: str) -> bool:
    if not _NUMBER.fullmatch(host):
        return host in ("localhost", "None")
    return ipaddress.ip_address(host).is_loopback
