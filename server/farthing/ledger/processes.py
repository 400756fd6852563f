"""Which process made a reservation, and whether it still lives."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from farthing.ledger.clock import boot_id


@dataclass(frozen=True, slots=True)
class Process:
    """A process that can't be taken for another one: numbers of processes are used again."""

    host: str
    """The start of the machine, and the name space that numbers of processes belong to (a container has its own)."""
    pid: int
    started: str
    """When, as the kernel tells it; empty where it doesn't."""

    def lives(self) -> bool | None:
        """Whether it does; None where that can't be told from here."""
        boot, _, space = self.host.partition(" ")
        here = me()
        if boot and here.host.partition(" ")[0] != boot:
            return False
        if space != here.host.partition(" ")[2]:
            return None
        if self.started:
            return _started(self.pid) == self.started
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass  # it is there, and somebody else's
        return True


def me() -> Process:
    """This process, also after a fork."""
    return _me(os.getpid())


@functools.lru_cache(maxsize=1)
def _me(pid: int) -> Process:
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return Process(f"{boot_id()} {space}", pid, _started(pid))


def _started(pid: int) -> str:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name in parentheses may hold anything, so the fields are counted from behind it.
    fields = line.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]
