"""HTTP/2 as it must be where what streams is billed.

httpcore 1.0 forgets a stream that is given up, and tells nobody: the provider would go on generating and billing, and
what still comes of it would use up the connection's window. It notices a connection that was closed while nobody used
it only when a request has left on it, and sends a request again by itself when the provider says that it did not look
at it. Here a stream that is given up is reset, a connection is looked at before it is used again, and nothing is sent
twice. tests/unit/backends/cloud/test_http2.py asks a real server.
"""

import asyncio
import contextlib

import h2.errors
import h2.events
import h2.exceptions
import httpcore
from httpcore._async import http2

LOOK = 0.2
"""Seconds that an unused connection is read before it is given up: what it has to say is there already."""


class Connection(httpcore.AsyncHTTP2Connection):
    """One connection, for many streams."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """See httpcore. ConnectionNotAvailable has the pool take another connection; nothing was sent then."""
        if self._sent_connection_init:
            async with self._init_lock:
                if self.is_idle() and self._network_stream.get_extra_info("is_readable"):
                    await self._catch_up(request)
        return await super().handle_async_request(request)

    async def _catch_up(self, request: httpcore.Request) -> None:
        """Read what has come while nobody listened.

        Raises:
            ConnectionNotAvailable: it was that the connection ends.
        """
        try:
            async with asyncio.timeout(LOOK):
                await self._receive_events(request)
            alive = self._connection_terminated is None
        except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
            alive = False
        if not alive:
            await self.aclose()
            raise httpcore.ConnectionNotAvailable

    async def _receive_events(self, request: httpcore.Request, stream_id: int | None = None) -> None:
        try:
            await super()._receive_events(request, stream_id)
        except httpcore.ConnectionNotAvailable as exc:
            # The pool would send it again, which is for who has reserved the money to decide.
            raise httpcore.ConnectError("the request was not looked at") from exc
        except h2.exceptions.ProtocolError as exc:
            raise httpcore.RemoteProtocolError(exc) from exc

    async def _response_closed(self, stream_id: int) -> None:
        unread = sum(
            event.flow_controlled_length or 0
            for event in self._events.get(stream_id, ())
            if isinstance(event, h2.events.DataReceived)
        )
        with contextlib.suppress(h2.exceptions.ProtocolError):  # the stream or the connection has ended by itself
            if unread:
                self._h2_state.acknowledge_received_data(unread, stream_id)
            self._h2_state.reset_stream(stream_id, h2.errors.ErrorCodes.CANCEL)
            with contextlib.suppress(httpcore.NetworkError):
                await self._write_outgoing_data(httpcore.Request("POST", "https://reset/"))
        await super()._response_closed(stream_id)


def install() -> None:
    """Have httpcore use it, in this process."""
    http2.AsyncHTTP2Connection = Connection  # type: ignore[misc]  # connections are made where it is looked up
