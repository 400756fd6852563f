"""A socket to an engine, seen from a client."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from farthing.engine import wire

HELLO_TIMEOUT = 5.0
"""Seconds until what listens but does not greet is taken for no engine."""

_logger = logging.getLogger(__name__)


class Connection:
    """One socket to an engine. Events go to the queue of their request; None in a queue means that the engine died."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hello: wire.Hello) -> None:
        self.hello = hello
        """Its greeting."""
        self.closed = asyncio.Event()
        """Set when the engine is gone, or we have hung up."""
        self.mourned = False
        """Whether its end was counted as a crash."""
        self._reader = reader
        self._writer = writer
        self._queues: dict[int, asyncio.Queue[wire.Event | None]] = {}
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open_to(cls, path: Path, on_state: Callable[[wire.StateChange], None]) -> "Connection":
        """Connect and take the engine's greeting.

        Raises:
            OSError: nobody listens there, or something that is no engine.
        """
        reader, writer = await asyncio.open_unix_connection(path, limit=wire.MAX_LINE)
        try:
            hello = wire.decode_event(await asyncio.wait_for(reader.readline(), HELLO_TIMEOUT))
        except (wire.MalformedMessage, TimeoutError, ValueError):  # ValueError: a line without an end
            hello = None
        if not isinstance(hello, wire.Hello):
            writer.close()
            raise ConnectionError(f"what listens on {path} is no engine")
        connection = cls(reader, writer, hello)
        connection._task = asyncio.create_task(connection._read(on_state))
        return connection

    def open(self, id: int) -> "asyncio.Queue[wire.Event | None]":
        """Where the events of a request come; a None when there will be none any more."""
        queue = self._queues[id] = asyncio.Queue()
        if self.closed.is_set():
            queue.put_nowait(None)
        return queue

    def forget(self, id: int) -> None:
        """Nobody waits for this request any longer."""
        self._queues.pop(id, None)

    def send(self, message: wire.Request) -> None:
        """Nothing happens where the engine is gone: whoever waits hears of that."""
        if not self._writer.is_closing():
            self._writer.write(wire.encode_request(message))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def _read(self, on_state: Callable[[wire.StateChange], None]) -> None:
        try:
            while line := await self._reader.readline():
                event = wire.decode_event(line)
                if isinstance(event, wire.StateChange):
                    on_state(event)
                elif not isinstance(event, wire.Hello) and (queue := self._queues.get(event.id)):
                    queue.put_nowait(event)
        except (OSError, ValueError, wire.MalformedMessage) as exc:
            _logger.warning("lost the engine: %s", exc)
        finally:
            self.closed.set()
            self._writer.close()
            for queue in self._queues.values():
                queue.put_nowait(None)
