"""A provider that speaks HTTP/2 behind TLS, and tells what came; and a proxy on the way to it."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import trustme

Chunk = bytes | Literal["hold", "reset", "refuse"]
"""``hold``: wait until the server is released. ``reset``: break the stream off. ``refuse``: say that nothing was done
of it."""


@dataclass(eq=False)
class Connection:
    """One that a client has opened."""

    writer: asyncio.StreamWriter
    state: h2.connection.H2Connection
    asked: dict[int, Any] = field(default_factory=dict)
    """Bodies, by stream."""
    tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever the client lets more be sent."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more is read from it."""

    def flush(self) -> None:
        """Send what is to be sent."""
        self.writer.write(self.state.data_to_send())

    def leave(self, last: int, close: bool = True) -> None:
        """Say that the connection ends, and that streams up to one were looked at."""
        self.state.close_connection(last_stream_id=last)
        self.flush()
        if close:
            self.writer.close()


class Http2Server:
    """On a free port of this machine. Belongs to one event loop.

    Args:
        authority: signs its certificate.
        host: that the certificate is for.
        protocols: that it offers.
    """

    def __init__(self, authority: trustme.CA, host: str = "127.0.0.1") -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.set_alpn_protocols(["h2"])
        authority.issue_cert(host).configure_cert(self._context)
        self.replies: list[Sequence[Chunk]] = []
        """Used up one by one; the last one stays."""
        self.connections: list[Connection] = []
        self.holding = asyncio.Semaphore(0)
        """Released whenever an answer begins to be held."""
        self.resets: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        """Connection, by number, and stream of what a client has given up."""
        self.released = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> "Http2Server":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.released.set()
        self._server.close()
        for connection in self.connections:
            connection.writer.transport.abort()
        await asyncio.gather(*self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        connection = Connection(writer, state)
        self.connections.append(connection)
        connection.flush()
        with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
            while data := await reader.read(65536):
                for event in state.receive_data(data):
                    self._take(connection, event)
                connection.flush()
        for each in connection.tasks.values():
            each.cancel()
        await asyncio.gather(*connection.tasks.values(), return_exceptions=True)
        writer.close()
        connection.ended.set()

    def _take(self, connection: Connection, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived(stream_id=id) if id:
                connection.asked[id] = b""
            case h2.events.DataReceived(stream_id=id, data=data) if id:
                connection.asked[id] += data or b""
                connection.state.acknowledge_received_data(event.flow_controlled_length or 0, id)
            case h2.events.StreamEnded(stream_id=id) if id:
                connection.asked[id] = json.loads(connection.asked[id])
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                connection.tasks[id] = asyncio.ensure_future(self._answer(connection, id, reply))
            case h2.events.StreamReset(stream_id=id) if id:
                self.resets.put_nowait((self.connections.index(connection), id))
                connection.tasks[id].cancel()
            case h2.events.WindowUpdated():
                connection.room.set()

    async def _answer(self, connection: Connection, id: int, reply: Sequence[Chunk]) -> None:
        state, begun = connection.state, False
        for part in reply:
            if part == "hold":
                self.holding.release()
                await self.released.wait()
            elif isinstance(part, bytes):
                if not begun:
                    state.send_headers(id, [(":status", "200"), ("content-type", "text/event-stream")])
                begun = True
                await self._send(connection, id, part)
            else:
                code = h2.errors.ErrorCodes.REFUSED_STREAM if part == "refuse" else h2.errors.ErrorCodes.INTERNAL_ERROR
                state.reset_stream(id, code)
                connection.flush()
                return
        state.end_stream(id)
        connection.flush()

    async def _send(self, connection: Connection, id: int, data: bytes) -> None:
        while data:
            room = min(connection.state.local_flow_control_window(id), 16_384)
            if not room:
                connection.room.clear()
                await connection.room.wait()
                continue
            connection.state.send_data(id, data[:room])
            data = data[room:]
            connection.flush()
            await asyncio.sleep(0)  # others of the connection have their turn


@contextlib.asynccontextmanager
async def proxy(target: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy for HTTP, which leads every tunnel to a port of this machine.

    Returns:
        Its address, and the first lines of what it was asked.
    """
    asked: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
        asked.append(head.partition("\r\n")[0])
        inner, outer = await asyncio.open_connection("127.0.0.1", target)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
        server.close()
        await asyncio.gather(*tasks)
