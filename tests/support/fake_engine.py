"""An engine without a model, behind the same socket: it keeps what it is asked and answers what it is told to."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farthing import __version__
from farthing.engine import wire
from tests.support.engine import TIMEOUT, socket_path

PID = 4_000_000


class FakeEngine:
    """Answers every completion with ``text``; while ``held`` is set, not before :meth:`release`.

    Args:
        home: the state directory of those who are to find it.
    """

    def __init__(self, home: Path, text: str = "done()", held: bool = False) -> None:
        self.home = home
        self.text = text
        self.held = held
        self.requests: list[Any] = []
        """Completions that were asked for."""
        self.cancelled: list[int] = []
        """Ids of those that were given up."""
        self._waiting: dict[int, Callable[[wire.Event], None]] = {}
        self._changed = threading.Condition(threading.RLock())
        path = socket_path(home)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._listener = socket.create_server(str(path), family=socket.AF_UNIX)
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        def send(event: wire.Event) -> None:
            try:
                connection.sendall(wire.encode_event(event))
            except OSError:
                return  # whoever asked is gone

        send(wire.Hello(wire.VERSION, __version__, PID))
        with connection.makefile("rb") as lines:
            try:
                for line in lines:
                    self._take(json.loads(line), send)
            except OSError:
                return

    def _take(self, message: Any, send: Callable[[wire.Event], None]) -> None:
        with self._changed:
            match message["op"]:
                case "complete" | "chat":
                    self.requests.append(message)
                    self._waiting[message["id"]] = send
                    send(wire.StateChange("generating", message["model"]))
                    if not self.held:
                        self.release()
                case "cancel":
                    self.cancelled.append(message["id"])
                    if waiting := self._waiting.pop(message["id"], None):
                        waiting(wire.Done(message["id"], "cancelled"))
                case "load":
                    send(wire.Loaded(message["id"], 0.0, True))
                case "report":
                    send(wire.Report(message["id"], PID, "idle", (), 1, 0))
            self._changed.notify_all()

    def release(self) -> None:
        """Answer all that wait."""
        with self._changed:
            for id, send in self._waiting.items():
                send(wire.Prefilled(id, 10, 4))
                send(wire.Token(id, self.text, 3))
                send(wire.Done(id, "stop", 10, 4, 3, 1.0, 2.0))
                send(wire.StateChange("idle"))
            self._waiting.clear()

    def say(self, make: Callable[[int], list[wire.Event]]) -> None:
        """Tell all that wait these events, made with the id of each; they go on waiting."""
        with self._changed:
            for id, send in self._waiting.items():
                for event in make(id):
                    send(event)

    def wait_for(self, condition: Callable[["FakeEngine"], bool]) -> None:
        """Until something about it is true."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), TIMEOUT), (self.requests, self.cancelled)

    def close(self) -> None:
        """Gone, as after a crash."""
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(TIMEOUT)


@contextmanager
def fake_engine(home: Path, text: str = "done()", held: bool = False) -> Iterator[FakeEngine]:
    """An engine that is gone afterwards."""
    engine = FakeEngine(home, text, held)
    try:
        yield engine
    finally:
        engine.close()
        socket_path(home).unlink(missing_ok=True)
