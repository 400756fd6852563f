"""What context is asked for, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # it is slow to import, and a server that only names these shapes starts fast
    from farthing.index.rank import Selection

Kind = Literal["body", "signature", "diagnostic", "diff"]

Read = Callable[[str], str | None]
"""A file's text by its path relative to the root, as the editor has it; None where there is none, or it is binary."""


@dataclass(frozen=True)
class Diagnostic:
    """What another tool complains of."""

    path: str
    line: int
    """From 1."""
    message: str
    source: str = ""
    """The tool."""


@dataclass(frozen=True)
class Pin:
    """A piece of the repository that the user wants to be sent in any case."""

    path: str
    first: int = 0
    """Line, from 1 and inclusive; 0 for the whole file."""
    last: int = 0


@dataclass(frozen=True)
class Wanted:
    """What the context is for."""

    instruction: str
    budget: int
    """Tokens of all items, by o200k_base."""
    edits: bool = True
    """Whether something is to be changed, so that a target is looked for."""
    path: str = ""
    """The open file."""
    selection: "Selection | None" = None
    """Lines of it. One line for a cursor."""
    diagnostics: tuple[Diagnostic, ...] = ()
    pins: tuple[Pin, ...] = ()
    drops: frozenset[str] = frozenset()
    """Keys of items that the user doesn't want to be sent."""
    alone: bool = False
    """Only what is to be changed, with what the user pins or names and what is complained of: for models that are led
    astray by more."""


@dataclass(frozen=True)
class Item:
    """A piece of context."""

    path: str
    symbol: str
    kind: Kind
    start_line: int
    end_line: int
    """The lines that are shown, counted from 1; the last one is included."""
    tokens: int
    """Of :attr:`text`, by o200k_base."""
    reason: str
    text: str
    pinned: bool = False
    sent_before: bool = False
    """An earlier turn has sent it, and it stands there unchanged: it is not sent again."""

    @property
    def key(self) -> str:
        """Names it where the user drops it: stays while lines before it come and go."""
        return f"{self.kind}:{self.path}:{self.symbol or self.start_line}"


@dataclass(frozen=True)
class Target:
    """Lines that are to be changed: a symbol, or what is selected where no symbol holds it."""

    path: str
    symbol: str
    """Qualified name; empty where it is none."""
    first: int
    """Line, from 1."""
    last: int
    """Inclusive."""
    text: str
    """These lines, with their ends."""
    reason: str
    """Why this is the place, in words."""


@dataclass(frozen=True)
class Context:
    """What is sent for an instruction."""

    items: tuple[Item, ...]
    """Best first. The target is the first one where there is one, and counts in the budget too."""
    target: Target | None
    """None where nothing is to be changed, or where nothing was found that the instruction may mean."""
    budget: int
    note: str = ""
    """What the user should know, in one line: why there is no target though something is to be changed."""

    @property
    def tokens(self) -> int:
        """Of what is sent now."""
        return sum(item.tokens for item in self.items if not item.sent_before)
