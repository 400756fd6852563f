"""Which backend completes: the engine on this machine, or the team's own server. One setting decides."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

from farthing.backends.base import Activity, CompletionBackend, Event, FimRequest
from farthing.settings import RemoteSettings

if TYPE_CHECKING:
    from farthing.backends.remote.backend import RemoteBackend


class SelectedBackend:
    """The backend that the settings name now. A change of them takes effect with the next request.

    Args:
        local: the engine on this machine.
        settings: asked for at every request.
        on_activity: told what a remote backend is doing.
    """

    def __init__(
        self,
        local: CompletionBackend,
        settings: Callable[[], RemoteSettings],
        on_activity: Callable[[Activity], None] | None = None,
    ) -> None:
        self._local = local
        self._settings = settings
        self._on_activity = on_activity
        self._remote: RemoteBackend | None = None

    @property
    def is_engine(self) -> bool:
        """See :class:`farthing.backends.base.CompletionBackend`."""
        return not self._settings().url.strip() and self._local.is_engine

    async def stream(self, request: FimRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.base.CompletionBackend`."""
        backend = await self.choose()
        async with contextlib.aclosing(backend.stream(request)) as events:
            async for event in events:
                yield event

    async def choose(self) -> CompletionBackend:
        """The backend for the settings as they are now. One that they no longer name is closed."""
        settings = self._settings()
        if self._remote is not None and self._remote.settings != settings:
            await self.aclose()
        if not settings.url.strip():
            return self._local
        if self._remote is None:
            # Imported late: whoever completes on this machine need not wait for an HTTP library.
            from farthing.backends.remote.backend import RemoteBackend

            self._remote = RemoteBackend(settings, self._on_activity)
        return self._remote

    async def aclose(self) -> None:
        """Close the remote backend, if there is one. The local one belongs to who made it."""
        remote, self._remote = self._remote, None
        if remote is not None:
            await remote.aclose()
