"""Run a helper process, hear its lines, end it when the user cancels."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from farthing.errors import Cancelled

_TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Result:
    """How the process ended."""

    code: int
    """Exit code; negative for a signal."""
    errors: str
    """All that it wrote to stderr."""


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    cancelled: Callable[[], bool],
    on_line: Callable[[str], None] = lambda line: None,
    on_tick: Callable[[], None] = lambda: None,
) -> Result:
    """Run a command to its end.

    The process gets its own group, so that Ctrl-C in a terminal reaches this process only, which then ends the whole
    group. Its stdin is a pipe that closes when this process dies, however it dies.

    Args:
        command: program and arguments.
        env: the environment, whole.
        cancelled: polled ten times a second.
        on_line: called with every line of stdout.
        on_tick: called ten times a second.

    Raises:
        Cancelled: ``cancelled`` said so; the process is gone.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True, errors="replace", start_new_session=True
    ) as process:
        lines: queue.Queue[str | None] = queue.Queue()
        errors: list[str] = []
        readers = [
            threading.Thread(target=_pump, args=(process.stdout, lines.put), daemon=True),
            threading.Thread(target=_pump, args=(process.stderr, errors.append), daemon=True),
        ]
        try:
            for reader in readers:
                reader.start()
            while readers[0].is_alive() or not lines.empty():
                if cancelled():
                    raise Cancelled("the download was cancelled", "What has arrived is kept for the next time")
                with contextlib.suppress(queue.Empty):
                    on_line(lines.get(timeout=_TICK_SECONDS) or "")
                on_tick()
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            for reader in readers:
                reader.join()
    return Result(code, "".join(errors))


def _pump(stream: IO[str], put: Callable[[str], None]) -> None:
    for line in stream:
        put(line)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
