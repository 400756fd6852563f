"""What every format can do. Pure: texts in, hunks out."""

from dataclasses import dataclass
from typing import Protocol

from farthing.backends.chat import Hints
from farthing.edit.model import Hunk, Result


@dataclass(frozen=True)
class Reading:
    """What a reply says."""

    hunks: tuple[Hunk, ...]
    fault: str = ""
    """Why nothing of it can be used, in words for the user and for the model; empty where it can."""


class Format(Protocol):
    """One instruction in one format."""

    @property
    def name(self) -> str:
        """For replies that are kept."""
        ...

    @property
    def path(self) -> str:
        """The file of hunks that name none."""
        ...

    @property
    def lines(self) -> tuple[int, int] | None:
        """Those that are to be rewritten, from 1 and inclusive."""
        ...

    @property
    def hints(self) -> Hints:
        """For the engine on this machine; the conversation's name is filled in by whoever asks."""
        ...

    @property
    def max_output(self) -> int:
        """Tokens that a reply needs at most."""
        ...

    @property
    def keeps(self) -> bool:
        """Whether a second reply has only what failed in the first; else it has everything anew."""
        ...

    def ask(self) -> str:
        """What the instruction's message says behind the context."""
        ...

    def so_far(self, reply: str) -> tuple[Hunk, ...]:
        """Hunks of a reply that is still written: only what will not change any more, but for the last one."""
        ...

    def read(self, reply: str) -> Reading:
        """A whole reply."""
        ...

    def afresh(self, reading: Reading) -> bool:
        """Whether the model is asked again without being shown its reply, which it would only repeat. The complaint
        then stands in place of what was asked."""
        ...

    def complain(self, reading: Reading, result: Result | None) -> str:
        """What the model is told when it is asked again: what is wrong, and the nearest real lines."""
        ...
