"""A proxy before the engine's socket that holds every answer back, as a slow machine would."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_HELD = frozenset({"token", "done"})


class _SlowEngine:
    """Requests pass at once; tokens and ends come ``delay_s`` later, in order."""

    def __init__(self, listen: Path, engine: Path, delay_s: float) -> None:
        self._listen, self._engine, self._delay_s = listen, engine, delay_s
        self._tasks: set[asyncio.Task[None]] = set()
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.stop = asyncio.Event()
        self.held = 0

    async def run(self) -> None:
        server = await asyncio.start_unix_server(self._connection, str(self._listen), limit=2**24)
        self.ready.set()
        await self.stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(str(self._engine), limit=2**24)
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        pumps = (
            self._pass_on(reader, engine_writer),
            self._hold_back(engine_reader, due),
            self._release(due, writer),
        )
        for pump in pumps:
            task = asyncio.ensure_future(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()

    async def _hold_back(self, reader: asyncio.StreamReader, due: "asyncio.Queue[tuple[float, bytes]]") -> None:
        while line := await reader.readline():
            held = json.loads(line).get("event") in _HELD
            self.held += held
            await due.put((self.loop.time() + (self._delay_s if held else 0.0), line))
        await due.put((0.0, b""))

    async def _release(self, due: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError):
            while True:
                when, line = await due.get()
                if not line:
                    return
                await asyncio.sleep(max(0.0, when - self.loop.time()))
                writer.write(line)
                await writer.drain()


@contextmanager
def slow_engine(listen: Path, engine: Path, delay_s: float) -> Iterator[_SlowEngine]:
    """Listen at ``listen`` for clients of the engine at ``engine``.

    Args:
        listen: the socket that clients know.
        engine: the socket of the real engine.
        delay_s: how long each token and each end of a completion is held back, in seconds.
    """
    proxy = _SlowEngine(listen, engine, delay_s)

    def work() -> None:
        asyncio.set_event_loop(proxy.loop)
        proxy.loop.run_until_complete(proxy.run())
        proxy.loop.close()

    thread = threading.Thread(target=work, name="slow-engine")
    thread.start()
    assert proxy.ready.wait(10)
    try:
        yield proxy
    finally:
        proxy.loop.call_soon_threadsafe(proxy.stop.set)
        thread.join(10)
