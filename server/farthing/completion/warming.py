"""Lets the model read a place where something may be asked next, so that the first keystroke finds it read."""

import asyncio
import contextlib

from farthing.backends.base import CompletionBackend, Finish
from farthing.completion.context import Context
from farthing.completion.generation import CompletionRequest
from farthing.completion.headers import AT_ONCE_S, PAUSE_S, Headers
from farthing.completion.prompt import context_of, fim_request
from farthing.completion.writer import GIVEN_UP
from farthing.errors import FarthingError
from farthing.settings import CompletionSettings


class Warming:
    """Reads one place at a time: the newest counts, and whatever somebody waits for comes first.

    Args:
        backend: what reads.
        headers: of the documents; in a pause, that of the newest place is made and read.
    """

    def __init__(self, backend: CompletionBackend, headers: Headers) -> None:
        self._backend = backend
        self._headers = headers
        self._tasks: set[asyncio.Task[None]] = set()
        self._document = ""

    def warm(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        """Begin with a place."""
        self.stop()
        self._document = request.document
        task = asyncio.create_task(self._read(request, settings))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def closed(self, document: str) -> None:
        """The document was closed: nothing of it is to be read, nor a header remembered."""
        if document == self._document:
            self.stop()

    def stop(self) -> None:
        """Leave what was begun."""
        for task in self._tasks:
            task.cancel()

    async def aclose(self) -> None:
        """Leave what was begun; returns when it has ended."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        context, headers = context_of(request, settings), self._headers
        with contextlib.suppress(FarthingError):  # who asks will meet it again, and show it
            if headers.pay and headers.missing(request) and (header := await headers.make(request, context, AT_ONCE_S)):
                headers.use(request.document, header)
            if not await self._fill(request, context, headers.current(request.document).text):
                return
            if not headers.pay or not headers.improvable(request):
                return
            header = await headers.make(request, context, PAUSE_S)
            # Until it is read whole, keystrokes go on with the one that is read already.
            if header and await self._fill(request, context, header.text):
                headers.use(request.document, header)

    async def _fill(self, request: CompletionRequest, context: Context, header: str) -> bool:
        """Have a prompt read; returns whether it was, to its end."""
        fim = fim_request(request, context, 0, "warm", header)
        async with contextlib.aclosing(self._backend.stream(fim)) as events:
            async for event in events:
                if isinstance(event, Finish):
                    self._headers.was_read(event.usage, event.total_ms / 1000)
                    return event.reason not in GIVEN_UP
        return False
