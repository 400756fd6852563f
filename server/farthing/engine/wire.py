"""Messages between the engine and its clients: one JSON object a line over a Unix socket that only its owner can open.

A client sends requests, each with an id of its own choosing that is unique on its connection; the engine answers with
events that carry this id, the last of which is :class:`Done`, :class:`Loaded`, :class:`Report` or :class:`Failed`.
Events without an id (:class:`Hello`, :class:`StateChange`) go to every connection.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from farthing.engine import codec
from farthing.engine.codec import MalformedMessage as MalformedMessage

VERSION = 4
"""Raised when a message changes its meaning. Engine and client of different versions don't work together."""

MAX_LINE = 16 * 1024 * 1024
"""Bytes of the longest message that is read."""

EndReason = Literal["stop", "length", "cancelled", "superseded"]
Urgency = Literal["keystroke", "chat", "prefetch", "warm"]
"""Who waits: work further down the list gives way to all that is further up, and goes on afterwards."""
Role = Literal["system", "user", "assistant"]
State = Literal["idle", "loading", "generating"]


@dataclass(frozen=True)
class Complete:
    """Continue ``prefix`` so that it runs into ``suffix``. A newer one for the same document takes its place, unless it
    is less urgent."""

    tag: ClassVar[str] = "complete"
    id: int
    document: str
    model: str
    """Path of the GGUF file."""
    prefix: str
    suffix: str
    max_tokens: int
    """0 to only fill the KV cache."""
    header: str = ""
    """What stands before everything else: pieces of other files."""
    urgency: Urgency = "keystroke"
    candidates: int = 1
    """Different answers that are wanted, the most likely one first; there may be fewer."""


@dataclass(frozen=True)
class Chat:
    """Answer what was said last. A newer one of the same conversation takes its place."""

    tag: ClassVar[str] = "chat"
    id: int
    document: str
    """The conversation: what was read and said in it stays in the KV cache for its next turn."""
    model: str
    """Path of the GGUF file."""
    messages: tuple[tuple[Role, str], ...]
    """Who said what, in order; at least one."""
    max_tokens: int
    """0 to only fill the KV cache."""
    start: str = ""
    """The answer begins with this, which is not said again."""
    stop: tuple[str, ...] = ()
    """The answer ends before the first of these."""
    draft: str = ""
    """Text that the answer will mostly repeat; it only makes it faster."""
    urgency: Urgency = "chat"


@dataclass(frozen=True)
class Skip:
    """No more is wanted of one of several answers: the next one may begin."""

    tag: ClassVar[str] = "skip"
    id: int
    """Of the completion."""
    answer: int
    """Which one, counted from 0."""


@dataclass(frozen=True)
class Cancel:
    """Give up the request with this id. Answered by that request's own :class:`Done`, or :class:`Failed` for a
    :class:`Load`; unknown ids are ignored."""

    tag: ClassVar[str] = "cancel"
    id: int


@dataclass(frozen=True)
class Load:
    """Load a model ahead of the first request."""

    tag: ClassVar[str] = "load"
    id: int
    model: str


@dataclass(frozen=True)
class GetReport:
    """Ask what the engine is doing."""

    tag: ClassVar[str] = "report"
    id: int


@dataclass(frozen=True)
class Shutdown:
    """Exit now. Running requests are answered as cancelled."""

    tag: ClassVar[str] = "shutdown"
    id: int


@dataclass(frozen=True)
class Hello:
    """First event of every connection."""

    tag: ClassVar[str] = "hello"
    wire: int
    version: str
    pid: int


@dataclass(frozen=True)
class Prefilled:
    """The prompt is in the KV cache; tokens follow."""

    tag: ClassVar[str] = "prefilled"
    id: int
    prompt_tokens: int
    cached_tokens: int


@dataclass(frozen=True)
class Token:
    """Some generated text: whole code points, at least one."""

    tag: ClassVar[str] = "token"
    id: int
    text: str
    output_tokens: int
    """Generated so far, for this text and all before it."""
    logprob: float = 0.0
    """Sum of the logarithms of the probabilities of this answer's tokens."""


@dataclass(frozen=True)
class Ended:
    """One of several answers is complete; the tokens of the next one follow."""

    tag: ClassVar[str] = "ended"
    id: int
    reason: EndReason


@dataclass(frozen=True)
class Done:
    """The end of a completion, whatever its reason."""

    tag: ClassVar[str] = "done"
    id: int
    reason: EndReason
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Tokens of the prompt that were in the KV cache already."""
    output_tokens: int = 0
    first_token_ms: float = 0.0
    """From the arrival of the request; 0 when no token came."""
    total_ms: float = 0.0


@dataclass(frozen=True)
class Failed:
    """The request can't be done."""

    tag: ClassVar[str] = "failed"
    id: int
    kind: str
    """Class name in :mod:`farthing.errors`."""
    message: str
    fix: str = ""


@dataclass(frozen=True)
class Loaded:
    """The model is in memory."""

    tag: ClassVar[str] = "loaded"
    id: int
    seconds: float
    fim: bool
    """Whether it knows fill-in-the-middle; without it the suffix is not used."""


@dataclass(frozen=True)
class Report:
    """What the engine is doing."""

    tag: ClassVar[str] = "status"
    id: int
    pid: int
    state: State
    models: tuple[str, ...]
    """Paths of the models in memory."""
    threads: int
    queued: int


@dataclass(frozen=True)
class StateChange:
    """The engine began or ended something."""

    tag: ClassVar[str] = "state"
    state: State
    model: str = ""


Request = Complete | Chat | Skip | Cancel | Load | GetReport | Shutdown
Event = Hello | Prefilled | Token | Ended | Done | Failed | Loaded | Report | StateChange

_REQUESTS: Mapping[str, Callable[..., Request]] = {
    cls.tag: cls for cls in (Complete, Chat, Skip, Cancel, Load, GetReport, Shutdown)
}
_EVENTS: Mapping[str, Callable[..., Event]] = {
    cls.tag: cls for cls in (Hello, Prefilled, Token, Ended, Done, Failed, Loaded, Report, StateChange)
}


def encode_request(request: Request) -> bytes:
    """One line, newline included."""
    return codec.encode("op", request.tag, request)


def encode_event(event: Event) -> bytes:
    """One line, newline included."""
    return codec.encode("event", event.tag, event)


def decode_request(line: bytes) -> Request:
    """The request of a line.

    Raises:
        MalformedMessage: it is none.
    """
    return codec.decode(line, "op", _REQUESTS)


def decode_event(line: bytes) -> Event:
    """The event of a line.

    Raises:
        MalformedMessage: it is none.
    """
    return codec.decode(line, "event", _EVENTS)
