"""A server of the team as a backend of completion."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable

from farthing.backends.base import Activity, FimRequest, Finish, Piece
from farthing.backends.remote import address, probe
from farthing.backends.remote.conversation import Refused, Server, converse
from farthing.backends.remote.flight import Flight
from farthing.backends.remote.link import Link, Patience, linked
from farthing.errors import FarthingError
from farthing.settings import RemoteSettings


class RemoteBackend:
    """A client of one server. Belongs to one event loop, and opens nothing before the first request.

    Args:
        settings: which server. They stay as they are; new ones want a new backend.
        on_activity: told what it is doing.
        patience: how long to wait for what.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        on_activity: Callable[[Activity], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.settings = settings
        self._on_activity = on_activity or (lambda _activity: None)
        self._patience = patience or Patience()
        self._flights: set[Flight] = set()
        self._busy = 0
        """Requests that the server works on."""
        self._link: Link | None = None
        self._finding: asyncio.Task[Server | FarthingError] | None = None
        self._error: tuple[float, FarthingError] | None = None
        """Until when an error is repeated without asking again."""

    is_engine = False

    async def stream(self, request: FimRequest) -> AsyncGenerator[Piece | Finish, None]:
        """See :class:`farthing.backends.base.CompletionBackend`. The settings say which model; the request's is not
        used."""
        flight = Flight(request)
        for older in self._flights:
            if older.gives_way_to(request):
                older.give_up()
                older.finish("superseded")
        self._flights.add(flight)
        flight.launch(asyncio.create_task(self._fly(flight)))
        try:
            while True:
                event = await flight.events.get()
                if isinstance(event, BaseException):
                    raise event
                yield event
                if isinstance(event, Finish):
                    return
        finally:
            self._flights.discard(flight)
            await self._land(flight)

    async def describe(self) -> str:
        """What answers there, for people.

        Raises:
            FarthingError: nothing that can be used.
        """
        server = await self._server()
        model = f", model {server.dialect.model}" if server.dialect.model else ""
        return f"{server.dialect.label} at {server.link.address}{model}"

    async def aclose(self) -> None:
        """Give everything up and close the connections."""
        for flight in list(self._flights):
            flight.give_up()
            flight.finish("cancelled")
            await self._land(flight)
        if self._finding is not None:
            self._finding.cancel()
            await asyncio.wait({self._finding})
            self._finding = None
        if self._link is not None:
            await self._link.aclose()
            self._link = None

    async def _land(self, flight: Flight) -> None:
        """Returns when the connection of a flight is closed or free again."""
        flight.give_up()
        if flight.task is not None:
            await asyncio.wait({flight.task})

    async def _fly(self, flight: Flight) -> None:
        server = await self._server()
        if not flight.request.max_tokens and not server.dialect.warms:
            flight.finish("length")
            return
        self._busy += 1
        self._on_activity(Activity("generating", str(server.link.address)))
        try:
            await converse(server, flight)
        except Refused as no:
            self._remember(no.error, no.retry_after)
            raise no.error from None
        except FarthingError as exc:
            if not flight.answered:
                self._remember(exc)
            raise
        finally:
            self._busy -= 1
            if not self._busy:
                self._on_activity(Activity("ready"))

    def _remember(self, error: FarthingError, seconds: float = 0.0) -> None:
        """Leave the server alone for a moment, and then look anew at what it is."""
        self._error = time.monotonic() + max(seconds, self._patience.again), error
        self._finding = None

    async def _server(self) -> Server:
        if self._error is not None:
            until, error = self._error
            if time.monotonic() < until:
                raise type(error)(error.message, error.fix)
            self._error = None
        if self._finding is None:
            self._finding = asyncio.create_task(self._find())
        # Not cancelled with the request: who types fast would never find a server that is slow to answer.
        found = await asyncio.shield(self._finding)
        if isinstance(found, FarthingError):
            raise type(found)(found.message, found.fix)
        return found

    async def _find(self) -> Server | FarthingError:
        try:
            where = address.parse(self.settings.url)
            self._on_activity(Activity("loading", f"looking at {where}"))
            if self._link is None:
                self._link = await linked(self.settings, self._patience)
            dialect = await probe.find(self._link, self.settings)
            self._on_activity(Activity("ready"))
            return Server(self._link, dialect, self.settings)
        except FarthingError as exc:
            self._remember(exc)
            return exc
