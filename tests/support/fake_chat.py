"""A chat without a model, and a server in this process that has it."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from farthing import server
from farthing.chat.model import Event, Finished, Instruction, Proposed, Started
from farthing.chat.preview import Preview
from farthing.context.model import Context
from farthing.edit.apply import Target, plan
from farthing.edit.model import Document, Hunk, Result
from farthing.errors import FarthingError
from farthing.ledger.model import Usage
from tests.support import lsp

STARTED = Started("local", "small", "edits are done here", Context((), None, 1000))
PREVIEW = Preview("small", "work", "https://x.example/v1", "s", "you chose it", "[user]\nhi", 9, 100, "$0.01")


class Hold:
    """Waits until :meth:`FakeChat.release`."""


class FakeChat:
    """Gives the events that it was told to give."""

    def __init__(self) -> None:
        self.script: Sequence[Event | Hold | FarthingError] = ()
        self.by_tier: dict[str, Sequence[Event | Hold | FarthingError]] = {}
        """Other scripts, for instructions that name a tier."""
        self.asked: list[tuple[str, str, Instruction]] = []
        """Folder, conversation and instruction of each turn."""
        self.closed: list[str] = []
        self.given_up = 0
        self.warmed: list[str] = []
        self._folder = ""
        self._held: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def of(self, folder: str) -> "FakeChat":
        """The chat of a folder."""
        self._folder = folder
        return self

    def release(self) -> None:
        """Let the next :class:`Hold` go."""
        assert self._loop and self._held
        self._loop.call_soon_threadsafe(self._held.release)

    async def turn(self, conversation: str, instruction: Instruction) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.handlers.turns.Chat`."""
        self.asked.append((self._folder, conversation, instruction))
        self._loop, self._held = asyncio.get_running_loop(), self._held or asyncio.Semaphore(0)
        finished = False
        try:
            for each in self.by_tier.get(instruction.tier, self.script):
                if isinstance(each, FarthingError):
                    raise each
                if isinstance(each, Hold):
                    await self._held.acquire()
                else:
                    yield each
            finished = True
        finally:
            self.given_up += not finished

    async def preview(self, conversation: str, instruction: Instruction) -> Started:
        """See :class:`farthing.handlers.turns.Chat`."""
        self.asked.append((self._folder, conversation, instruction))
        return STARTED

    async def preview_request(self, conversation: str, instruction: Instruction) -> Preview:
        """See :class:`farthing.handlers.turns.Chat`."""
        self.asked.append((self._folder, conversation, instruction))
        return PREVIEW

    async def warm(self, conversation: str, instruction: Instruction) -> None:
        """See :class:`farthing.handlers.turns.Chat`."""
        self.warmed.append(conversation)

    def close(self, conversation: str) -> None:
        """See :class:`farthing.handlers.turns.Chat`."""
        self.closed.append(conversation)


def proposal(path: str, text: str | None, *hunks: Hunk) -> Result:
    """What the applier makes of hunks for one file; None where there is none yet."""
    target = Target(path, None if text is None else Document(text))
    return plan(hunks, {path: target}, partial=True, errors=lambda *_: None)


def replaced(path: str, old: str, new: str) -> Hunk:
    """A hunk that puts lines in the place of others."""
    return Hunk(path, tuple(old.splitlines()), tuple(new.splitlines()), creates=not old)


def asks() -> list[Event | Hold | FarthingError]:
    """A turn in which nobody was asked but the user."""
    reason, note = "a test goes to small by your rules", "about 900 tokens would be sent to work"
    return [STARTED, finished(reason, ending="asks", escalation="small", escalation_note=note, attempts=0)]


def edits(result: Result) -> list[Event | Hold | FarthingError]:
    """A turn that comes to a result."""
    return [STARTED, Proposed(result, False), finished("Done.", result=result)]


def finished(message: str, answer: str = "", result: Result | None = None, **more: Any) -> Finished:
    """The end of a turn."""
    values: dict[str, Any] = {
        "ending": "done",
        "usage": Usage(input=90, cached=30, output=12),
        "cost": 0,
        "attempts": 1,
        **more,
    }
    return Finished(message=message, answer=answer, result=result, **values)


@contextmanager
def serving(chat: FakeChat) -> Iterator[lsp.Connection]:
    """A server with a chat, in a thread; the client that it talks to has yet to shake hands."""
    theirs, ours = os.pipe()
    back, forth = os.pipe()
    served = server.build(chat.of)
    source, sink = os.fdopen(theirs, "rb"), os.fdopen(forth, "wb")
    thread = threading.Thread(target=served.start_io, args=(source, sink), daemon=True)
    thread.start()
    client = lsp.Connection(os.fdopen(back, "rb"), os.fdopen(ours, "wb"))
    try:
        yield client
        client.ask("shutdown")
    finally:
        client.notify("exit")
        thread.join(lsp.TIMEOUT)
        for stream in (source, sink):
            stream.close()
        client.close()
