"""From the bytes of an answer to the messages of its stream, however they are cut."""

import codecs
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import httpx
import httpx_sse

MAX_MESSAGE = 1 << 20
"""Bytes from one message to the next. Nothing comes near this."""


class NoStream(Exception):
    """These are no messages: they have no end, or there is none."""


class _Page(httpx.Response):
    """An answer as the parser wants it; it comes from elsewhere."""

    def __init__(self, chunk: Callable[[], Awaitable[bytes | None]]) -> None:
        super().__init__(200, headers={"content-type": "text/event-stream"})
        self._chunk = chunk
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._finished = False
        self.unread = 0
        """Bytes since the last message."""

    def aiter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """All of it."""
        return self

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        if self._finished:
            raise StopAsyncIteration
        if self.unread > MAX_MESSAGE:
            raise NoStream
        data = await self._chunk()
        if data is None:
            self._finished = True
            return "\n\n"  # some leave out the empty line behind the last message
        self.unread += len(data)
        return self._utf8.decode(data)


async def messages(chunk: Callable[[], Awaitable[bytes | None]]) -> AsyncGenerator[tuple[str, str], None]:
    """Name and data of each message; the name is empty where it has none.

    Args:
        chunk: the next bytes; None at the end. What it raises is passed on.

    Raises:
        NoStream: a message does not end, or the bytes hold none at all.
    """
    page, found = _Page(chunk), False
    async with contextlib.aclosing(httpx_sse.EventSource(page).aiter_sse()) as events:
        async for event in events:
            found, page.unread = True, 0
            if event.data:
                yield "" if event.event == "message" else event.event, event.data
    if page.unread and not found:
        raise NoStream
