"""Runs the launcher, hears what it and its command say, and ends both in time."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import farthing
from farthing.verify.model import Limits
from farthing.verify.plan import Plan

# Isolated, so that neither the environment nor the current directory says which modules it loads.
_LAUNCH = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from farthing.verify import launcher; sys.exit(launcher.main(sys.argv[2]))"
)
_CHUNK = 1 << 16
_MARGIN = 5.0
"""Seconds, beyond the grace, after which the launcher itself is killed."""


@dataclass(frozen=True)
class Ran:
    """How it went."""

    code: int
    seconds: float
    tail: bytes
    late: bool
    """It was ended, as its time was up."""
    flooded: bool
    """It was ended, as it wrote too much."""
    how: str = ""
    """What the launcher said of how the command was closed in."""


async def execute(plan: Plan, env: Mapping[str, str], seconds: float, limits: Limits) -> Ran:
    """Run a plan, except for its ``status``, which is set here. Cancelling ends all processes before it returns.

    Raises:
        OSError: no process can be started.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as status:
        try:
            process = await _launch(replace(plan, status=writing), env)
        finally:
            os.close(writing)
        ran = await _watch(process, seconds, limits)
        return replace(ran, how=status.read())


async def _watch(process: asyncio.subprocess.Process, seconds: float, limits: Limits) -> Ran:
    began = time.monotonic()
    tail = _Tail(limits)
    ended, listening = asyncio.create_task(process.wait()), asyncio.create_task(tail.listen(process))
    try:
        watched: set[asyncio.Future[Any]] = {ended, tail.full}
        await asyncio.wait(watched, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        late = not ended.done() and not tail.full.done()
        took = time.monotonic() - began
    finally:
        await _end(process, ended, limits.grace)
        # A process that has got away may hold the other end for ever.
        await asyncio.wait({listening}, timeout=_MARGIN)
        listening.cancel()
        tail.full.cancel()
    return Ran(ended.result(), took, bytes(tail.content), late, tail.flooded)


async def _launch(plan: Plan, env: Mapping[str, str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    where = str(Path(farthing.__file__).parents[1])
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-c", _LAUNCH, where, plan.to_json()),
        cwd=plan.scratch,
        env=env,
        stdin=pipe,
        stdout=pipe,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        pass_fds=(plan.status,),
    )


async def _end(process: asyncio.subprocess.Process, ended: "asyncio.Task[int]", grace: float) -> None:
    """Have the launcher end everything, and kill it where it can't."""
    if process.stdin:
        process.stdin.close()
    await asyncio.wait({ended}, timeout=grace + _MARGIN)
    if not ended.done():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.wait({ended})


class _Tail:
    """The end of the output."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.content = bytearray()
        self.flooded = False
        self.full: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once too much has come."""

    async def listen(self, process: asyncio.subprocess.Process) -> None:
        """Read to the end. What comes after too much is thrown away, so that nobody waits for room to write."""
        total = 0
        while process.stdout and (data := await process.stdout.read(_CHUNK)):
            total += len(data)
            self.content += data
            del self.content[: -self._limits.tail_bytes]
            if total > self._limits.output_bytes and not self.full.done():
                self.flooded = True
                self.full.set_result(None)
