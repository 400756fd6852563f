"""A ledger in a test: a clock that is told the time, and asks that need few words."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from farthing.ledger.clock import Instant
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import NANO, Ask, LocalWork, Price, PromptParts, Usage

HOUR = 3_600_000
DAY = 24 * HOUR
NOON = 1_750_000_000_000
"""Some moment in June 2025."""

PRICE = Price(3 * NANO, 15 * NANO, 300_000_000, 3_750_000_000, "2025-06-01", "user")
WORKSPACE = "/w"

ASK = Ask(
    workspace=WORKSPACE,
    project="w",
    task="ask",
    provider="work",
    model="big",
    tier="frontier",
    prompt=PromptParts(system=60, instruction=40),
    wanted_output=400,
    useful_output=50,
    price=PRICE,
)
"""500 tokens; the prompt is 100 of them."""

WORK = LocalWork(WORKSPACE, "w", "ask", "small", Usage(30, 5), 10.0, 20.0)


class Clock:
    """Both clocks; a test moves them."""

    def __init__(self) -> None:
        self.at = Instant(NOON, "boot", 1_000_000)

    def __call__(self) -> Instant:
        """This moment."""
        return self.at

    def pass_by(self, milliseconds: int) -> None:
        """Let time pass."""
        self.at = Instant(self.at.wall_ms + milliseconds, self.at.boot, self.at.up_ms + milliseconds)

    def set_to(self, wall_ms: int) -> None:
        """Set the clock on the wall, and nothing else."""
        self.at = dataclasses.replace(self.at, wall_ms=wall_ms)

    def reboot(self) -> None:
        """Start the machine again."""
        self.at = Instant(self.at.wall_ms, self.at.boot + "'", 0)


def open_ledger(home: Path, limits: Limits | None = None, clock: Callable[[], Instant] | None = None) -> Ledger:
    """A ledger with fixed limits."""
    return Ledger(home / "ledger.sqlite", lambda workspace: limits or Limits(), clock or Clock())
