"""Lets the model read a place where something may be asked next, so that the first keystroke finds it read."""

import asyncio
import contextlib

from farthing.backends.base import CompletionBackend
from farthing.completion.generation import CompletionRequest
from farthing.completion.prompt import context_of, fim_request
from farthing.errors import FarthingError
from farthing.settings import CompletionSettings


class Warming:
    """Reads one place at a time: the newest counts, and whatever somebody waits for comes first.

    Args:
        backend: what reads.
    """

    def __init__(self, backend: CompletionBackend) -> None:
        self._backend = backend
        self._tasks: set[asyncio.Task[None]] = set()

    def warm(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        """Begin with a place."""
        self.stop()
        task = asyncio.create_task(self._read(request, settings))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Leave what was begun."""
        for task in self._tasks:
            task.cancel()

    async def aclose(self) -> None:
        """Leave what was begun; returns when it has ended."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        fim = fim_request(request, context_of(request, settings), 0, "warm")
        with contextlib.suppress(FarthingError):  # who asks will meet it again, and show it
            async with contextlib.aclosing(self._backend.stream(fim)) as events:
                async for _ in events:
                    pass
