"""An editor, and one who types in it: in real time, and whatever the system behind it does."""

import asyncio
import time
from dataclasses import dataclass, field

from completion_assistant import Answer, Assistant, Token
from completion_document import Document, Place
from completion_screen import Accept, Screen, acceptable
from completion_statistics import CACHE_MS, NEVER, Keystroke, Line, Rest

PATIENCE = 30.0
"""Seconds after the last keystroke that late answers are waited for."""


@dataclass(frozen=True)
class Habits:
    """How the user types."""

    cps: float = 5.0
    """Characters a second."""
    accept: Accept = "whole"
    pause: float = 2.0
    """Seconds between opening a file and the first keystroke in it."""


@dataclass
class _Press:
    """A keystroke, and what became of the request that it made."""

    accepted: bool
    at: float = field(default_factory=time.monotonic)
    token: Token = field(default_factory=Token)
    first: Answer | None = None
    latency_ms: float = NEVER
    shown_ms: float = NEVER
    on_screen: bool = False
    asking: bool = False
    grew: bool = False
    """The system had more while a request was under way."""

    def since(self) -> float:
        """Milliseconds since the key went down."""
        return (time.monotonic() - self.at) * 1000

    def record(self) -> Keystroke:
        """For the statistics."""
        answer = self.first
        fast = answer is not None and bool(answer.text) and self.latency_ms < CACHE_MS
        cached = fast if answer is None or answer.cached is None else answer.cached and bool(answer.text)
        prefilled = None if answer is None else answer.prefilled
        return Keystroke(self.accepted, self.latency_ms, self.shown_ms, self.on_screen, cached, prefilled)


class Editor:
    """Types lines with the help of one system."""

    def __init__(self, assistant: Assistant, habits: Habits) -> None:
        self.assistant = assistant
        self._habits = habits
        self._screen = Screen()
        self._presses: list[_Press] = []
        self._document: Document | None = None
        self._shown: Answer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        """Requests of the present line."""
        assistant.grew = self._grew

    async def retype(self, place: Place) -> Line:
        """Open the file, press Enter where the line is missing, and type it."""
        self._presses, self._document = [], place.document
        self._screen.clear()
        await self.assistant.open(self._document)
        await asyncio.sleep(self._habits.pause)
        rest = place.text
        self._press(place.enter, accepted=False)
        while rest:
            await self._until_next()
            if taken := acceptable(self._screen.ghost, rest, place.tail, self._habits.accept):
                # The document gets no more than the line: what the suggestion repeats of the lines below is let go.
                taken = taken[: len(rest)]
                self._press(taken, accepted=True)
            else:
                taken = rest[0]
                self._press(taken, accepted=False)
            rest = rest[len(taken) :]
        await self._until_next()
        self._presses[-1].token.cancel()
        await self._drain()
        await self.assistant.close(self._document)
        self._document = None
        return Line(
            place.name, place.number, place.language, len(place.text), [each.record() for each in self._presses]
        )

    async def rest(self, place: Place) -> Rest:
        """Have the rest of the line told, a third of it typed."""
        self._presses, self._document = [], place.document
        await self.assistant.open(self._document)
        third = len(place.text) // 3
        start = place.enter + place.text[:third]
        self.assistant.change(self._document, start)
        document = self._document.typed(start)
        answer = await self.assistant.finish(document)
        await self.assistant.close(document)
        told = answer.text.replace("\r\n", "\n").partition("\n")[0].rstrip()
        return Rest(place.name, place.number, place.language, place.text[third:], told)

    async def _until_next(self) -> None:
        """Sleep until the next key goes down; what is on the screen then is what the user saw. Who was kept waiting by
        a busy machine does not catch up: nobody types faster for it."""
        press = self._presses[-1]
        await asyncio.sleep(max(0.0, 1 / self._habits.cps - press.since() / 1000))
        press.on_screen = bool(self._screen.ghost)

    async def _drain(self) -> None:
        """Wait for late answers; raises what went wrong in any request."""
        done, pending = await asyncio.wait(self._tasks, timeout=PATIENCE)
        self._tasks = []
        for task in pending:
            task.cancel()
        for task in done:
            task.result()

    def _press(self, text: str, accepted: bool) -> None:
        if self._presses:
            self._presses[-1].token.cancel()
        assert self._document is not None
        before, self._document = self._document, self._document.typed(text)
        press = _Press(accepted)
        self._presses.append(press)
        self.assistant.change(before, text)
        if accepted:
            self._screen.clear()
            if self._shown is not None:
                self.assistant.accept(self._shown)
        else:
            self._screen.type(text)
        if self._screen.ghost:
            press.shown_ms = 0.0
        self._ask(press)

    def _ask(self, press: _Press) -> None:
        press.asking, press.grew = True, False
        self._tasks.append(asyncio.create_task(self._asked(press)))

    async def _asked(self, press: _Press) -> None:
        assert self._document is not None
        answer = await self.assistant.ask(self._document, press.token)
        press.asking = False
        late = press.token.cancelled
        if answer is None or (late and not answer.text):
            return  # given up, which is no answer
        if press.first is None:
            press.first, press.latency_ms = answer, press.since()
        if late:
            return
        self._screen.show(answer.text)
        self._shown = answer
        if answer.text:
            press.shown_ms = min(press.shown_ms, press.since())
        if press.grew:
            self._ask(press)

    def _grew(self) -> None:
        press = self._presses[-1] if self._presses else None
        if press is None or press.token.cancelled:
            return
        if press.asking:
            press.grew = True
        else:
            self._ask(press)
