"""How likely it is that what is written now will be read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from farthing.backends.caching.rules import SECONDS
from farthing.backends.chat import Keep

FOLLOWED: Mapping[Keep, float] = {"5m": 0.5, "1h": 0.6}
"""Chance that a turn is followed by another within that time, before a conversation has shown its own rhythm: an
assumption, and README.md shows what it costs where it is wrong."""

WEIGHT = 1.0
"""So many turns of the conversation itself count as much as the assumption."""

RECENT = 8
"""Gaps that are looked at, the latest ones."""

REPAIRED = 0.2
"""Chance that a reply to an instruction to edit is not good enough, so that the same is asked again at once: an
assumption, too."""

STAYS = 0.9
"""Chance that what is said now stays in the conversation: a turn that fails is left out of it."""


FURTHER = 9
"""Turns that may follow at most: nobody knows what comes after ten."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of the requests to come that begin the same."""

    gaps: tuple[float, ...] = ()
    """Seconds between the turns of the conversation so far, the oldest first."""
    repairs: int = 0
    """Attempts that this turn may still have."""
    later: int = 0
    """Repairs that a later turn may need."""
    further: int = FURTHER
    """Turns that may follow at most; 0 on the command line."""

    def followed(self, keep: Keep) -> float:
        """Chance that another turn begins while something is kept."""
        recent = self.gaps[-RECENT:]
        within = sum(gap <= SECONDS[keep] for gap in recent)
        return (WEIGHT * FOLLOWED[keep] + within) / (WEIGHT + len(recent))

    def reads(self, keep: Keep) -> float:
        """Expected number of requests that read what is written now, one after the other in time."""
        return self._repaired() + self._turns(keep)

    def reads_of_now(self, keep: Keep) -> float:
        """The same of what is said now, which is only left where its turn succeeds."""
        return self._repaired() + STAYS * self._turns(keep)

    def _repaired(self) -> float:
        return _series(REPAIRED, self.repairs)

    def _turns(self, keep: Keep) -> float:
        return (1 + _series(REPAIRED, self.later)) * _series(self.followed(keep), self.further)


def _series(chance: float, terms: int) -> float:
    return sum(chance**term for term in range(1, terms + 1))
