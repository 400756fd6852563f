"""A backend without a model, for tests of what stands in front of one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from farthing.backends.base import EndReason, FimRequest, Finish, Piece, Usage
from farthing.backends.chat import ChatRequest, Event


class FakeBackend:
    """Streams the pieces it was given.

    Args:
        pieces: what to answer, piece by piece.
        error: raised after the pieces instead of finishing.
        hold: awaited before every piece; None answers at once.
        reason: why the stream ends.
    """

    def __init__(
        self,
        pieces: Sequence[str] = (),
        error: Exception | None = None,
        hold: asyncio.Semaphore | None = None,
        reason: EndReason = "stop",
    ) -> None:
        self.pieces = pieces
        self.error = error
        self.hold = hold
        self.reason = reason
        self.requests: list[FimRequest] = []
        self.given_up = 0

    async def stream(self, request: FimRequest) -> AsyncGenerator[Piece | Finish, None]:
        """See :class:`farthing.backends.base.CompletionBackend`."""
        self.requests.append(request)
        finished = False
        try:
            for number, piece in enumerate(self.pieces, 1):
                if self.hold is not None:
                    await self.hold.acquire()
                yield Piece(piece, Usage(len(request.prefix), 0, number))
            finished = True
            if self.error is not None:
                raise self.error
            yield Finish(self.reason, Usage(len(request.prefix), 0, len(self.pieces)), 1.0, 2.0)
        finally:
            if not finished:
                self.given_up += 1


class FakeChat:
    """Answers with the events it was given.

    Args:
        answers: one for each request, in order; the last one stays. An error in it is raised.
        hold: awaited before every event; None answers at once.
    """

    def __init__(self, *answers: Sequence[Event | Exception], hold: asyncio.Semaphore | None = None) -> None:
        self.answers = list(answers)
        self.hold = hold
        self.requests: list[ChatRequest] = []
        self.closed = 0
        """Streams that are over, in whatever way."""
        self.begun = asyncio.Event()
        """Set by the first request."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`."""
        self.requests.append(request)
        self.begun.set()
        try:
            for event in self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]:
                if self.hold is not None:
                    await self.hold.acquire()
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed += 1
