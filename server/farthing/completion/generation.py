"""One piece of work for a document, running or finished, and what it means to a document that has changed since."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Any

from farthing.backends.base import Usage
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
    """The user asked for a completion outright, so several lines are welcome anywhere."""
    before: str = ""
    """What the model sees above the document's text: the cells above, in a notebook."""
    notebook: str = ""
    """URI of the notebook that the document is a cell of. Its cells share what the model has read."""


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

    def rest(self, typed: str) -> "Completion":
        """What is left of it when its first part was typed."""
        return replace(self, text=self.text[len(typed) :])


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
            return self.text.startswith(typed)
        return self.text.startswith(typed) or typed.startswith(self.text)

    def write(self, text: str, usage: Usage) -> None:
        """The model has written more."""
        self.first_ms = self.first_ms or self.elapsed_ms()
        self.text, self.usage = text, usage
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
