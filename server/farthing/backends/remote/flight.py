"""A request on its way, and what the user of the stream will see of it."""

import asyncio
import time
from dataclasses import dataclass, field

from farthing.backends.base import EndReason, FimRequest, Finish, Piece, Usage
from farthing.backends.remote.dialect import Chunk

_URGENCIES = ("keystroke", "prefetch", "warm")


@dataclass(eq=False)
class Flight:
    """Events are put in by the task that talks to the server, and taken out by the stream."""

    request: FimRequest
    events: "asyncio.Queue[Piece | Finish | BaseException]" = field(default_factory=asyncio.Queue)
    usage: Usage = field(default_factory=Usage)
    answered: float = 0.0
    """When the first text came; 0 before."""
    task: "asyncio.Task[None] | None" = None
    started: float = field(default_factory=time.monotonic)

    def gives_way_to(self, request: FimRequest) -> bool:
        """Whether a newer request takes its place. What is less urgent does not: it is worked on beside this one."""
        ours, theirs = (_URGENCIES.index(each.urgency) for each in (self.request, request))
        return self.request.document == request.document and theirs <= ours

    def launch(self, task: "asyncio.Task[None]") -> None:
        """Let a task put events in. However it fails, the stream hears of it."""
        self.task = task
        task.add_done_callback(self._landed)

    def _landed(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.events.put_nowait(error)

    def put(self, text: str) -> None:
        """Some text of the answer."""
        if text:
            self.answered = self.answered or time.monotonic()
            self.events.put_nowait(Piece(text, self.usage))

    def count(self, chunk: Chunk) -> None:
        """Take the server's numbers; where it has none, every chunk with text is a token."""
        usage = self.usage
        self.usage = Usage(
            usage.input if chunk.input is None else chunk.input,
            usage.cached if chunk.cached is None else chunk.cached,
            usage.output + bool(chunk.text) if chunk.output is None else chunk.output,
        )

    def finish(self, reason: EndReason) -> None:
        """The end of the stream."""
        now = time.monotonic()
        first = (self.answered - self.started) * 1000 if self.answered else 0.0
        self.events.put_nowait(Finish(reason, self.usage, first, (now - self.started) * 1000))

    def give_up(self) -> None:
        """Stop the task, which closes its connection."""
        # Once: a second cancellation would strike while the library closes, and the connection would stay open.
        if self.task is not None and not self.task.cancelling():
            self.task.cancel()
