"""What every backend can do, and what it costs."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

EndReason = Literal["stop", "length", "cancelled", "superseded"]
"""``cancelled`` and ``superseded``: what came is not all that the model would have said."""

Urgency = Literal["keystroke", "prefetch", "warm"]
"""Who waits: less urgent work gives way, and goes on afterwards."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one request."""

    input: int = 0
    """Of the prompt, cached ones included."""
    cached: int = 0
    """Of these, those that needed no computing."""
    output: int = 0


@dataclass(frozen=True)
class FimRequest:
    """Text to be filled in between two others."""

    document: str
    """What the request belongs to. A newer request for the same document supersedes this one."""
    model: str
    """Path of a GGUF file for the local backend."""
    prefix: str
    suffix: str
    max_tokens: int
    """0 to only get ready for what will be asked next."""
    header: str = ""
    """What the model should know of other files; it stands before everything else."""
    urgency: Urgency = "keystroke"
    candidates: int = 1
    """Different answers that are wanted, the most likely one first; more than one only of the engine on this
    machine. There may be fewer."""
    enough: Callable[[str], bool] | None = None
    """Where several are wanted: told an answer as it grows, and says whether the next one may begin."""


@dataclass(frozen=True)
class Piece:
    """Some generated text."""

    text: str
    usage: Usage
    """Of the request so far. A stream that is given up has no other record of what it cost."""
    logprob: float = 0.0
    """Sum of the logarithms of the probabilities of all tokens so far; 0 where the backend doesn't say."""


@dataclass(frozen=True)
class Ended:
    """One of several answers is complete: the pieces of the next one follow."""

    reason: EndReason


@dataclass(frozen=True)
class Finish:
    """The last element of every stream that was not given up."""

    reason: EndReason
    usage: Usage
    first_token_ms: float
    total_ms: float


@dataclass(frozen=True)
class Activity:
    """What a backend is doing, for the status bar."""

    state: Literal["loading", "ready", "generating", "error"]
    detail: str = ""
    fix: str = ""


Event = Piece | Ended | Finish


class CompletionBackend(Protocol):
    """Streams completions."""

    @property
    def is_engine(self) -> bool:
        """Whether it is the engine on this machine. That writes several answers to one prompt, and it may be asked for
        what nobody waits for yet: nobody pays for it, and it gives way to whoever waits."""
        ...

    def stream(self, request: FimRequest) -> AsyncGenerator[Event, None]:
        """Generate. Closing the generator gives the work up.

        Raises:
            EngineError: the backend can't be reached, or died.
            ModelError: the model can't be used.
        """
        ...
