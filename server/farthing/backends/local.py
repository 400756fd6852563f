"""The engine on this machine, seen from a client: found or started on demand, and started again after a crash."""

import asyncio
import contextlib
import itertools
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

from farthing import __version__, paths
from farthing.backends.base import Activity, Ended, Event, FimRequest, Finish, Piece, Usage
from farthing.backends.engine_connection import Connection
from farthing.backends.engine_process import EngineProcess
from farthing.engine import wire
from farthing.errors import EngineCrashed, EngineError, EngineUnavailable, FarthingError, ModelError, ModelUnusable
from farthing.settings import EngineSettings

START_TIMEOUT = 20.0
"""Seconds that a new engine may need until its socket is there."""

CRASHES, CRASH_WINDOW = 3, 60.0
"""This many crashes within this many seconds, and no new engine is started until the window has passed."""

_logger = logging.getLogger(__name__)
_KINDS: dict[str, type[FarthingError]] = {cls.__name__: cls for cls in (ModelUnusable, ModelError, EngineError)}


class LocalBackend:
    """A client of the user's engine. Belongs to one event loop.

    Args:
        settings: asked for at every start of an engine.
        on_activity: told what the engine is doing.
    """

    def __init__(
        self,
        settings: Callable[[], EngineSettings] = EngineSettings,
        on_activity: Callable[[Activity], None] | None = None,
    ) -> None:
        self._settings = settings
        self._on_activity = on_activity or (lambda _activity: None)
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._complaint = ""

    is_engine = True

    async def stream(self, request: FimRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.base.CompletionBackend`."""
        usage, said, number = Usage(), "", 0
        async with contextlib.aclosing(self.exchange(lambda id: _complete(id, request))) as events:
            async for event in events:
                match event:
                    case wire.Prefilled(_, prompt_tokens, cached_tokens):
                        usage = Usage(prompt_tokens, cached_tokens)
                    case wire.Token(id, text, output_tokens, logprob):
                        usage = replace(usage, output=output_tokens)
                        yield Piece(text, usage, logprob)
                        said += text
                        if request.candidates > 1 and request.enough and request.enough(said):
                            self._send(wire.Skip(id, number))
                    case wire.Ended(_, reason):
                        said, number = "", number + 1
                        yield Ended(reason)
                    case wire.Done() as done:
                        usage = Usage(done.prompt_tokens, done.cached_tokens, done.output_tokens)
                        yield Finish(done.reason, usage, done.first_token_ms, done.total_ms)

    async def exchange(self, make: Callable[[int], wire.Request]) -> AsyncGenerator[wire.Event, None]:
        """Send a request and hear of it until it is done. Closing the generator cancels it.

        Args:
            make: the request with this id; asked again where an engine died before it said anything.

        Raises:
            EngineError: the engine can't be reached, or died.
            ModelError: the model can't be used.
        """
        said = False
        try:
            async with contextlib.aclosing(self._attempt(make)) as events:
                async for event in events:
                    said = said or not isinstance(event, wire.Prefilled)
                    yield event
        except EngineCrashed:
            # Most often it was gone before we asked. A request that kills a fresh engine as well is reported.
            if said:
                raise
            async with contextlib.aclosing(self._attempt(make)) as events:
                async for event in events:
                    yield event

    async def _attempt(self, make: Callable[[int], wire.Request]) -> AsyncGenerator[wire.Event, None]:
        connection = await self._connect()
        message = make(next(self._ids))
        ended = False
        events = connection.open(message.id)
        try:
            connection.send(message)
            while not ended:
                event = await self._next(connection, events)
                ended = isinstance(event, wire.Done | wire.Failed)
                if isinstance(event, wire.Failed):
                    raise _KINDS.get(event.kind, EngineError)(event.message, event.fix)
                yield event
        finally:
            connection.forget(message.id)
            if not ended:
                connection.send(wire.Cancel(message.id))

    def _send(self, message: wire.Request) -> None:
        if self._connection is not None:
            self._connection.send(message)

    async def load(self, model: str) -> wire.Loaded:
        """Have a model in memory before the first request needs it."""
        answer = await self._ask(lambda id: wire.Load(id, model))
        assert isinstance(answer, wire.Loaded)
        return answer

    async def report(self) -> wire.Report:
        """What the engine is doing; starts one if there is none."""
        answer = await self._ask(wire.GetReport)
        assert isinstance(answer, wire.Report)
        return answer

    async def _ask(self, make: Callable[[int], wire.Request]) -> wire.Event:
        connection = await self._connect()
        message = make(next(self._ids))
        events = connection.open(message.id)
        try:
            connection.send(message)
            answer = await self._next(connection, events)
            if isinstance(answer, wire.Failed):
                raise _KINDS.get(answer.kind, EngineError)(answer.message, answer.fix)
            return answer
        finally:
            connection.forget(message.id)

    async def _next(self, connection: Connection, events: "asyncio.Queue[wire.Event | None]") -> wire.Event:
        event = await events.get()
        if event is None:
            if not connection.mourned:  # one crash, however many requests it cost
                connection.mourned = True
                self._crashes.append(time.monotonic())
            raise EngineCrashed("the engine died while it worked", "It is started again when it is needed")
        return event

    async def stop_engine(self) -> None:
        """End the user's engine, if one runs. Returns when it is gone.

        Raises:
            EngineUnavailable: it does not end.
        """
        connection = None
        with contextlib.suppress(OSError, EngineError):
            connection = await Connection.open_to(_socket_path(), self._show)
        await self.aclose()
        if connection is not None:
            await self._end(connection)

    async def aclose(self) -> None:
        """Leave the engine; it lives on for others."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _show(self, change: wire.StateChange) -> None:
        match change.state:
            case "idle":
                self._on_activity(Activity("ready"))
            case "loading" | "generating":
                self._on_activity(Activity(change.state, Path(change.model).name))

    async def _connect(self) -> Connection:
        async with self._connecting:
            if self._connection is not None and not self._connection.closed.is_set():
                return self._connection
            path = _socket_path()
            connection = await self._find(path) or await self._start(path)
            if connection.hello.version != __version__ or connection.hello.wire != wire.VERSION:
                _logger.info("replacing an engine of version %s", connection.hello.version)
                await self._end(connection)
                connection = await self._start(path)
            self._connection = connection
            return connection

    async def _end(self, connection: Connection) -> None:
        connection.send(wire.Shutdown(next(self._ids)))
        try:
            await asyncio.wait_for(connection.closed.wait(), START_TIMEOUT)
        except TimeoutError as exc:
            connection.close()
            pid = connection.hello.pid
            raise EngineUnavailable(f"the engine (process {pid}) does not end", f"Run `kill {pid}`") from exc

    async def _find(self, path: Path) -> Connection | None:
        try:
            return await Connection.open_to(path, self._show)
        except OSError:
            return None

    async def _start(self, path: Path) -> Connection:
        recent = [crash for crash in self._crashes if time.monotonic() - crash < CRASH_WINDOW]
        if len(recent) == CRASHES:
            last = f": {self._complaint}" if self._complaint else ""
            raise EngineUnavailable(
                f"the engine died {CRASHES} times within {CRASH_WINDOW:.0f} s, so it is left alone for a while{last}",
                "Run `farthing doctor`, or choose another model",
            )
        self._on_activity(Activity("loading", "starting the engine"))
        process = EngineProcess(path, self._settings())
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if connection := await self._find(path):
                self._complaint = ""
                return connection
            if process.returncode:
                self._crashes.append(time.monotonic())
                self._complaint = process.complaint()
                raise EngineUnavailable(self._complaint, "Run `farthing doctor`")
            if process.returncode == 0:
                # Another engine holds the lock: one that was faster, or one that is about to exit.
                process = EngineProcess(path, self._settings())
            await asyncio.sleep(0.02)
        raise EngineUnavailable(f"the engine did not come up within {START_TIMEOUT:.0f} s", "Run `farthing doctor`")


def _complete(id: int, request: FimRequest) -> wire.Complete:
    return wire.Complete(
        id,
        request.document,
        request.model,
        request.prefix,
        request.suffix,
        request.max_tokens,
        request.header,
        request.urgency,
        request.candidates,
    )


def _socket_path() -> Path:
    return paths.engine_dir() / "engine.sock"
