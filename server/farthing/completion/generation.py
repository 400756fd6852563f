"""One piece of work for a document, running or finished, and what it means to a document that has changed since."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Any

from farthing.backends.base import Piece, Usage
from farthing.completion.confidence import Confidence
from farthing.errors import FarthingError

PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`", "<": ">"}
"""What editors close by themselves when it is opened."""


@dataclass(frozen=True)
class CompletionRequest:
    """A cursor in a document."""

    document: str
    """URI or path: what the newest request is the newest of."""
    text: str
    offset: int
    """Code points before the cursor."""
    language: str
    """LSP language id."""
    model: str
    """Path of the GGUF file."""
    multiline: bool = False
    """The user asked for a completion outright, so several lines are welcome anywhere, and any answer is."""
    candidates: int = 1
    """Different answers that are wanted."""
    path: str = ""
    """Of the file, absolute; empty for what is none."""
    before: str = ""
    """What the model sees above the document's text: the cells above, in a notebook."""
    notebook: str = ""
    """URI of the notebook that the document is a cell of. Its cells share what the model has read."""

    @property
    def line(self) -> int:
        """The cursor's, counted from 1."""
        return self.text.count("\n", 0, self.offset) + 1


@dataclass(frozen=True)
class Completion:
    """A suggestion to be inserted at the request's offset."""

    id: str
    text: str
    """Empty only in an answer that says what it cost to have nothing to suggest."""
    usage: Usage
    first_token_ms: float
    """From the start of its generation to the first piece of text; 0 when none came."""
    total_ms: float
    partial: bool = False
    """The model still writes: there will be more, or something else."""
    remembered: bool = False
    """Nothing was computed for it: an earlier answer still holds."""
    others: tuple[str, ...] = ()
    """Other texts that may be inserted in place of this one, the better ones first."""
    withheld: bool = False
    """There was an answer, but the model was not sure enough of it; the text is empty."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that may be inserted."""
        return (self.text, *self.others)

    def rest(self, typed: str) -> "Completion":
        """What is left of it when the first part of one of its texts was typed: those that begin so."""
        left = [text[len(typed) :] for text in self.texts if text.startswith(typed) and text != typed]
        return replace(self, text="".join(left[:1]), others=tuple(left[1:]))


@dataclass(frozen=True)
class Outcome:
    """How a generation ended: with a completion, an error, or neither as it was given up."""

    completion: Completion | None = None
    error: FarthingError | None = None
    contradicted: bool = False
    """What the model wrote is not what the user has typed meanwhile."""
    given_up: bool = False
    """Newer work took its place, the document went away, or the engine was told to stop."""


@dataclass(eq=False)
class Generation:
    """Work for one document."""

    request: CompletionRequest
    done: "asyncio.Future[Outcome]"
    id: str = ""
    text: str = ""
    """What the model wrote so far; at the end, what is suggested. With the document's own line breaks."""
    usage: Usage = field(default_factory=Usage)
    first_ms: float = 0.0
    typed: str = ""
    """What the user typed since it began."""
    task: "asyncio.Task[None] | None" = None
    shown: str = ""
    """What somebody was shown of it before it was done."""
    others: tuple[str, ...] = ()
    """Other answers, once all are written."""
    header: str = ""
    """What stood before the document in the prompt."""
    context: int = 0
    """Which header that was; see :class:`farthing.completion.headers.Header`."""
    ahead_of: CompletionRequest | None = None
    """The request whose answer, once accepted, makes the document what this one is for: nobody waited for it when it
    began."""
    begun: bool = False
    """The backend was asked."""
    confidence: Confidence = field(default_factory=Confidence)
    started: float = field(default_factory=time.monotonic)
    grown: "asyncio.Event" = field(default_factory=asyncio.Event)
    """Set whenever there is more text; whoever waits clears it."""

    def typed_in(self, text: str, offset: int | None = None) -> str | None:
        """What was typed at the cursor to make the document this text; None if it changed in any other way. What the
        editor closed by itself, behind the cursor, counts as not typed.

        Args:
            offset: the cursor now, where that is known.
        """
        return typed_between(self.request.text, self.request.offset, text, offset)

    def agrees(self, typed: str | None) -> bool:
        """Whether the answer says, or may still come to say, what was typed."""
        if typed is None:
            return False
        if self.done.done():
            return any(text.startswith(typed) for text in (self.text, *self.others))
        return self.text.startswith(typed) or typed.startswith(self.text)

    def begin(self) -> None:
        """The backend is asked now: all times are counted from here."""
        self.begun, self.started = True, time.monotonic()

    def write(self, text: str, piece: Piece) -> None:
        """The model has written more.

        Args:
            text: all that there is of the answer.
            piece: what is new, as the backend gave it.
        """
        self.first_ms = self.first_ms or self.elapsed_ms()
        self.text, self.usage = text, piece.usage
        self.confidence.add(piece.text, piece.usage.output, piece.logprob)
        self.grown.set()

    def end(self, outcome: Outcome) -> None:
        """Answer all who wait and stop the work."""
        if not self.done.done():
            self.done.set_result(outcome)
        if self.task is not None:
            self.task.cancel()

    async def progress(self, replaced: "asyncio.Future[None]", seconds: float | None) -> None:
        """Until there is more text or the end, until a future is done, or for so many seconds."""
        self.grown.clear()
        growth = asyncio.ensure_future(self.grown.wait())
        either: set[asyncio.Future[Any]] = {self.done, replaced, growth}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            growth.cancel()

    def leads_here(self, text: str, cursor: int | None = None) -> bool:
        """Whether the text that it is for comes from this one by typing at one place.

        Args:
            cursor: that place, if it is known.
        """
        wanted, at = self.request.text, self.request.offset
        place = len(text) - (len(wanted) - at) if cursor is None else cursor
        return 0 <= place <= at and text[place:] == wanted[at:] and wanted.startswith(text[:place])

    def elapsed_ms(self) -> float:
        """Since it began."""
        return (time.monotonic() - self.started) * 1000


def typed_between(before: str, at: int, now: str, cursor: int | None) -> str | None:
    """What was typed at a place of a text to make it another one; None if it changed in any other way.

    Args:
        before: the text, and ``at`` the place.
        now: the text that it became, and ``cursor`` where the cursor stands in it, if that is known.
    """
    if cursor is None:
        cursor = len(now) - (len(before) - at)
    if cursor < at or not now.startswith(before[:at]):
        return None
    typed, behind = now[at:cursor], len(now) - cursor - (len(before) - at)
    if behind < 0 or not now.endswith(before[at:]):
        return None
    closed = now[cursor : cursor + behind]
    return typed if not closed or closes(typed, closed) else None


def closes(typed: str, closed: str) -> bool:
    """Whether an editor may have put this behind the cursor for what was typed: the closing brackets and quotes."""
    wanted = ""
    for character in typed:
        if wanted.startswith(character):
            wanted = wanted[1:]
        elif character in PAIRS:
            wanted = PAIRS[character] + wanted
    return closed == wanted
