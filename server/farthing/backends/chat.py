"""What every backend that converses can do. :mod:`farthing.backends.metered` stands before each one that costs."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from farthing.ledger.model import Usage

PartKind = Literal["system", "tools", "files", "history", "instruction"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a prompt."""

    kind: PartKind
    """What it is for: the ledger keeps them apart."""
    text: str
    role: Role = "user"


@dataclass(frozen=True, slots=True)
class Message:
    """What the provider gets as one message."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a model is shown, in order."""

    parts: tuple[Part, ...]

    def messages(self) -> list[Message]:
        """Neighbours of one role become one message; a blank line stands between them."""
        messages: list[Message] = []
        for part in self.parts:
            if messages and messages[-1].role == part.role:
                messages[-1] = Message(part.role, f"{messages[-1].text}\n\n{part.text}")
            else:
                messages.append(Message(part.role, part.text))
        return messages


@dataclass(frozen=True, slots=True)
class Hints:
    """What the engine on this machine can do besides; nobody else is given any."""

    conversation: str = ""
    """Whose turns begin with what was said before, so that it need not be read again."""
    start: str = ""
    """The answer begins with this; it is part of what the model reads, and no part of what is streamed."""
    stop: tuple[str, ...] = ()
    """The answer ends before the first of these; none of them is streamed."""
    draft: str = ""
    """Text that the answer will mostly repeat: its tokens are guessed and only verified, which is faster."""


NO_HINTS = Hints()


Keep = Literal["5m", "1h"]


@dataclass(frozen=True, slots=True)
class Caching:
    """What the provider should keep of a prompt, for the next one that begins the same."""

    key: str = ""
    """The same for requests that begin the same; says nothing about who asks."""
    breakpoints: tuple[int, ...] = ()
    """Indices into ``Prompt.messages()``: what ends with one of these is worth being kept, in rising order."""
    keep: Keep = "5m"
    """For how long after each use."""


NO_CACHING = Caching()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is sent."""

    model: str
    prompt: Prompt
    max_output: int
    """Tokens of the answer, reasoning included; 1 at least."""
    hints: Hints = NO_HINTS
    caching: Caching = NO_CACHING
    project: str = ""
    """What the work is for. Only a gateway that adds up by it is told."""
    session: int = 0
    """The ledger's number of the session, for the same; 0 for none."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Something that was generated."""

    text: str
    kind: Literal["answer", "thought", "other"] = "answer"
    """``other`` is generated and billed, and nothing that we asked for: calls of tools, second answers."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says that it counted so far. The last one counts; they are never added."""

    usage: Usage | None
    """None where it makes no sense, as it is negative, absurd, or less than before: nothing more is believed then."""


@dataclass(frozen=True, slots=True)
class End:
    """The last element of every stream that came to its end."""

    reason: str
    """``stop``, ``length``, ``refusal`` (the model won't), ``filtered`` (the provider won't), or the provider's own
    word."""
    model: str
    """That answered; empty where the provider does not say."""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of the answer, with names in lower case."""
    confidence: float | None = None
    """Mean logarithm of the probability of the answer's tokens; None where the backend does not say."""
    billed: int | None = None
    """Nano-dollars, above 0, that a gateway says it has charged for this answer; None where nobody says so."""


Event = Delta | Report | End


class ChatBackend(Protocol):
    """Streams answers. Only :mod:`farthing.backends.metered` calls one that costs."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """Send, once. Closing the generator closes the connection at once.

        Raises:
            CloudError: see its attributes for what was billed and whether to ask again.
        """
        ...
