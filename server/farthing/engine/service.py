"""The engine's process: a Unix socket that only the user can open, in front of the scheduler.

One engine serves all windows and the command line of a user. A lock that the kernel drops with the process, however it
ends, decides which of two starting engines stays; the other one exits with 0, and its client finds the first.
"""

import argparse
import asyncio
import contextlib
import logging
import logging.handlers
import os
import signal
import socket
import stat
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from farthing import __version__, paths
from farthing.engine import wire
from farthing.engine.scheduler import Job, Scheduler
from farthing.errors import EngineUnavailable, FarthingError

_logger = logging.getLogger(__name__)


class Service:
    """Connections on one side, the scheduler on the other.

    Args:
        idle_seconds: exit after this long without work.
    """

    def __init__(self, socket_path: Path, n_ctx: int, threads: int, idle_seconds: float) -> None:
        self._socket_path = socket_path
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._scheduler = Scheduler(n_ctx, threads, self._broadcast)
        self._writers: set[asyncio.StreamWriter] = set()
        self._last_work = time.monotonic()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to stop, or until idle for long enough."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stopping.set)
        server = await asyncio.start_unix_server(self._connected, sock=_bind(self._socket_path), limit=wire.MAX_LINE)
        watch = asyncio.create_task(self._exit_when_idle())
        _logger.info("listening on %s", self._socket_path)
        await self._stopping.wait()
        watch.cancel()
        server.close()
        # The name goes first: a client that comes now starts a new engine instead of meeting a dying one.
        self._socket_path.unlink(missing_ok=True)
        self._scheduler.close()
        await asyncio.sleep(0)  # the answers of what was ended are still to be written
        for writer in list(self._writers):
            writer.close()

    async def _exit_when_idle(self) -> None:
        while True:
            idle = time.monotonic() - self._last_work
            if self._scheduler.busy:
                self._last_work = time.monotonic()
            elif idle >= self._idle_seconds:
                _logger.info("exiting after %.0f s without work", idle)
                self._stopping.set()
            elif not self._socket_path.exists():
                _logger.info("exiting: the socket was removed, so nobody new can reach this engine")
                self._stopping.set()
            await asyncio.sleep(min(5.0, self._idle_seconds / 4))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        writer.write(wire.encode_event(wire.Hello(wire.VERSION, __version__, os.getpid())))
        try:
            while line := await reader.readline():
                self._receive(line, writer)
                await writer.drain()
        except (ConnectionError, ValueError) as exc:
            # ValueError: a line longer than any message. What follows it can't be told apart from its rest.
            _logger.warning("a connection ended: %s", exc)
        finally:
            self._scheduler.cancel(writer)
            self._writers.discard(writer)
            writer.close()

    def _receive(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request = wire.decode_request(line)
        except wire.MalformedMessage as exc:
            _logger.warning("%s", exc)
            writer.write(wire.encode_event(wire.Failed(exc.id, type(exc).__name__, exc.message)))
            return
        match request:
            case wire.Cancel(id):
                self._scheduler.cancel(writer, id)
            case wire.Skip(id, answer):
                self._scheduler.skip(writer, id, answer)
            case wire.GetReport(id):
                writer.write(wire.encode_event(self._scheduler.report(id)))
            case wire.Shutdown():
                self._stopping.set()
            case wire.Complete() | wire.Chat() | wire.Load():
                self._last_work = time.monotonic()
                self._scheduler.submit(Job(request, writer, lambda event: self._send(writer, event)))

    def _send(self, writer: asyncio.StreamWriter, event: wire.Event) -> None:
        # From the compute thread, or from the loop while it cancels: in both cases in the order of the calls.
        self._loop.call_soon_threadsafe(self._write, writer, event)

    def _write(self, writer: asyncio.StreamWriter, event: wire.Event) -> None:
        self._last_work = time.monotonic()
        if not writer.is_closing():
            writer.write(wire.encode_event(event))

    def _broadcast(self, event: wire.StateChange) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody listens any more
            self._loop.call_soon_threadsafe(self._write_to_all, event)

    def _write_to_all(self, event: wire.StateChange) -> None:
        for writer in self._writers:
            self._write(writer, event)


def _bind(path: Path) -> socket.socket:
    """Bind with the lock held, so that whatever socket has this name belongs to no living engine."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise EngineUnavailable(f"{path} is taken by something that is no socket", "Remove it")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # born with 0600: there is no moment in which another user could connect
    try:
        listener.bind(os.fspath(path))
    except OSError as exc:
        listener.close()
        raise EngineUnavailable(f"the engine's socket {path} can't be made: {exc.strerror or exc}") from exc
    finally:
        os.umask(before)
    return listener


def main(argv: list[str]) -> int:
    """Entry point of ``farthing engine``."""
    parser = argparse.ArgumentParser(
        prog="farthing engine", description="Run the inference process (started on demand)."
    )
    parser.add_argument("--socket", type=Path, help="path of the socket")
    parser.add_argument("--threads", type=int, default=0, help="compute threads; 0 for what is measured as fastest")
    parser.add_argument("--context-tokens", type=int, default=4096, help="size of the context window")
    parser.add_argument("--idle-minutes", type=float, default=15.0, help="exit after this long without work")
    options = parser.parse_args(argv)
    try:
        path = options.socket or paths.engine_dir() / "engine.sock"
        _start_log(paths.log_dir() / "engine.log")
        with FileLock(path.with_suffix(".lock"), timeout=0):
            asyncio.run(_serve(path, options))
    except Timeout:
        return 0
    except FarthingError as exc:
        sys.stderr.write(f"farthing: {exc}\n")
        return exc.exit_code
    except OSError as exc:
        sys.stderr.write(f"farthing: the engine can't start: {exc}\n")
        return 1
    return 0


async def _serve(path: Path, options: argparse.Namespace) -> None:
    await Service(path, options.context_tokens, options.threads, options.idle_minutes * 60).run()


def _start_log(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1)
    except OSError:
        handler = logging.NullHandler()  # a full or read-only disk must not keep the engine from working
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
