"""A backend without a model, for tests of what stands in front of one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from farthing.backends import chat
from farthing.backends.base import Ended, EndReason, Event, FimRequest, Finish, Piece, Usage
from farthing.backends.chat import ChatRequest


class FakeBackend:
    """Streams the pieces it was given.

    Args:
        pieces: what to answer, piece by piece.
        error: raised after the pieces instead of finishing.
        hold: awaited before every piece; None answers at once.
        reason: why the stream ends.
        others: further answers, given where several are wanted.
        logprob: of every token.
    """

    is_engine = True

    def __init__(
        self,
        pieces: Sequence[str] = (),
        error: Exception | None = None,
        hold: asyncio.Semaphore | None = None,
        reason: EndReason = "stop",
        others: Sequence[Sequence[str]] = (),
        logprob: float = 0.0,
    ) -> None:
        self.pieces = pieces
        self.error = error
        self.hold = hold
        self.reason = reason
        self.others = others
        self.logprob = logprob
        self.requests: list[FimRequest] = []
        self.given_up = 0

    async def stream(self, request: FimRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.base.CompletionBackend`."""
        self.requests.append(request)
        finished, number = False, 0
        try:
            for answer, pieces in enumerate([self.pieces, *self.others][: request.candidates]):
                if answer:
                    yield Ended(self.reason)
                said = ""
                for count, piece in enumerate(pieces, 1):
                    if self.hold is not None:
                        await self.hold.acquire()
                    number, said = number + 1, said + piece
                    yield Piece(piece, Usage(len(request.prefix), 0, number), count * self.logprob)
                    if request.candidates > 1 and request.enough and request.enough(said):
                        break
            finished = True
            if self.error is not None:
                raise self.error
            yield Finish(self.reason, Usage(len(request.prefix), 0, number), 1.0, 2.0)
        finally:
            if not finished:
                self.given_up += 1


class FakeChat:
    """Answers with the events it was given.

    Args:
        answers: one for each request, in order; the last one stays. An error in it is raised.
        hold: awaited before every event; None answers at once.
    """

    def __init__(self, *answers: Sequence[chat.Event | Exception], hold: asyncio.Semaphore | None = None) -> None:
        self.answers = list(answers)
        self.hold = hold
        self.requests: list[ChatRequest] = []
        self.closed = 0
        """Streams that are over, in whatever way."""
        self.begun = asyncio.Event()
        """Set by the first request."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[chat.Event, None]:
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
