"""Waiting for a process of somebody else's: nothing tells when it is ready, so it is asked again and again."""

import asyncio
import contextlib
import os
import select
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

START_TIMEOUT = 180.0


def until(process: "subprocess.Popen[bytes]", log: Path, ready: Callable[[], bool]) -> None:
    """Until it is ready; an AssertionError with the end of its log when it ends before, or takes too long."""
    ended = os.pidfd_open(process.pid)
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if ready():
                return
            if select.select([ended], [], [], 0.1)[0]:
                break
        raise AssertionError(f"{process.args!r} did not come up:\n{log.read_text(errors='replace')[-4000:]}")
    finally:
        os.close(ended)


def listens(port: int) -> bool:
    """Whether somebody listens on a port of 127.0.0.1."""
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1.0).close()
        return True
    return False


async def eventually(ask: Callable[[], T | None], seconds: float = 60.0) -> T:
    """What another process has, when it has it; asked for again and again."""
    async with asyncio.timeout(seconds):
        while (found := await asyncio.to_thread(ask)) is None:  # noqa: ASYNC110  nothing of ours tells
            await asyncio.sleep(0.2)
    return found
