"""What the ways of asking have in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self

from farthing.backends.base import EndReason, FimRequest
from farthing.backends.remote.families import Family

SMALLEST = 400
"""Characters. Who finds even this too long has another problem than the length."""


SILENCE = "(nothing)"
"""Stands for the complaint of a server that ended its answer without a word."""


@dataclass(frozen=True)
class Call:
    """One request by HTTP."""

    path: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Chunk:
    """One message of an answer. A number that the server did not tell is None."""

    text: str = ""
    reason: EndReason | None = None
    """Of the last one with text."""
    input: int | None = None
    cached: int | None = None
    output: int | None = None


@dataclass(frozen=True)
class Dialect(ABC):
    """How one server is asked."""

    model: str = ""
    """As the server names it; empty where it has only one."""
    family: Family | None = None
    limit: int = 1 << 20
    """Characters of code that the server takes at once, as far as it is known."""

    events = True
    """Whether answers are server-sent events; otherwise they are lines."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What the server is called in messages."""

    @property
    def cuts_at(self) -> Family | None:
        """Whose markers end an answer; None where the server takes care of that."""
        return self.family

    @abstractmethod
    def call(self, request: FimRequest) -> Call:
        """Ask for a completion."""

    @abstractmethod
    def read(self, message: dict[str, Any]) -> Chunk:
        """Read a message of the answer."""

    def fall_back(self, complaint: str, request: FimRequest) -> Self | None:
        """Another way to ask after a refusal; None when there is none."""
        told = complaint.lower()
        if "context" in told and any(word in told for word in ("length", "window", "size")):
            return self.shorter(request)
        return None

    def shorter(self, request: FimRequest) -> Self | None:
        """Ask with half of the text; None where that would be too little."""
        asked = min(self.limit, len(request.header) + len(request.prefix) + len(request.suffix))
        return replace(self, limit=asked // 2) if asked > SMALLEST else None

    @property
    def warms(self) -> bool:
        """Whether asking for no tokens gets the server ready for what will be asked next."""
        return False

    def texts(self, request: FimRequest) -> tuple[str, str, str]:
        """Header, prefix and suffix within the limit. As in the engine's prompts, the header gives way first and as a
        whole, then the far end of the prefix, then that of the suffix, which keeps a quarter of the room."""
        suffix = request.suffix[: max(self.limit - len(request.prefix), self.limit // 4)]
        prefix = request.prefix[max(0, len(request.prefix) - (self.limit - len(suffix))) :]
        fits = len(request.header) + len(prefix) + len(suffix) <= self.limit
        return request.header if fits else "", prefix, suffix


def number(value: object) -> int | None:
    """A count, if it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def text_of(value: object) -> str:
    """A text; empty if it is none."""
    return value if isinstance(value, str) else ""


def table(value: object) -> dict[str, Any]:
    """An object; empty if it is none."""
    return value if isinstance(value, dict) else {}
