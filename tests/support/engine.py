"""The engine seen from a test: ask it, kill it, wait for its end."""

import json
import os
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any

TIMEOUT = 60.0


def socket_path(home: Path) -> Path:
    """Where the engine of a state directory listens."""
    return home / "engine" / "engine.sock"


class Engine:
    """A connection to a running engine.

    Raises:
        OSError: none runs.
    """

    def __init__(self, home: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT)
        try:
            self._socket.connect(os.fspath(socket_path(home)))
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rwb")
        self.pid: int = self.next()["pid"]

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()
        self._socket.close()

    def next(self) -> Any:
        """The next event; None when the engine is gone."""
        line = self._file.readline()
        return json.loads(line) if line else None

    def send(self, op: str, **fields: object) -> None:
        """A request."""
        self._file.write(json.dumps({"op": op, "id": 1, **fields}).encode() + b"\n")
        self._file.flush()

    def wait_state(self, state: str) -> float:
        """Wait for the next time that the engine changes to a state; returns ``time.monotonic()`` then."""
        while event := self.next():
            if event["event"] == "state" and event["state"] == state:
                return time.monotonic()
        raise AssertionError(f"the engine ended before it was {state}")

    def report(self) -> Any:
        """What it is doing."""
        self.send("report")
        while event := self.next():
            if event["event"] == "status":
                return event
        raise AssertionError("the engine ended")

    def kill(self) -> None:
        """As the kernel's out-of-memory killer would; returns when it is gone."""
        with_pid = os.pidfd_open(self.pid)
        try:
            os.kill(self.pid, signal.SIGKILL)
            assert select.select([with_pid], [], [], TIMEOUT)[0], "the engine outlived SIGKILL"
        finally:
            os.close(with_pid)

    def wait_end(self) -> None:
        """Until the process is gone."""
        with_pid = os.pidfd_open(self.pid)
        try:
            assert select.select([with_pid], [], [], TIMEOUT)[0], "the engine did not end"
        finally:
            os.close(with_pid)


def stop(home: Path) -> None:
    """End the engine of a state directory, if one runs; returns when it is gone."""
    try:
        engine = Engine(home)
    except OSError:
        return
    with engine:
        engine.send("shutdown")
        engine.wait_end()
