"""The time of day, which may jump, and the time since the machine started, which may not."""

import datetime
import functools
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment, by both clocks."""

    wall_ms: int
    """Unix time. People and settings may set it to anything."""
    boot: str
    """Which start of the machine ``up_ms`` counts from; empty where the system doesn't say."""
    up_ms: int
    """Since then, sleep included."""

    @property
    def day(self) -> str:
        """Local date, ``2025-06-01``."""
        return datetime.datetime.fromtimestamp(self.wall_ms / 1000).strftime("%Y-%m-%d")

    def milliseconds_since(self, wall_ms: int, boot: str, up_ms: int) -> int:
        """Since another moment. Where both clocks know, the shorter time: a clock that was set ahead ends nothing."""
        by_wall = self.wall_ms - wall_ms
        return min(by_wall, self.up_ms - up_ms) if boot and boot == self.boot else by_wall


def now() -> Instant:
    """This moment."""
    return Instant(time.time_ns() // 1_000_000, boot_id(), time.clock_gettime_ns(_STEADY) // 1_000_000)


# Linux's CLOCK_MONOTONIC stands still while the machine sleeps.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@functools.cache
def boot_id() -> str:
    """Which start of the machine this is; empty where the system doesn't say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
