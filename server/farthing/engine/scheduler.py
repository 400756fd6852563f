"""One compute thread for the whole engine: what is most urgent goes on, and at once.

A job is a generator that yields wherever another one may come between. A more urgent job raises the abort flag, which
stops llama.cpp within milliseconds; what was interrupted stays in the queue and goes on when it is its turn again.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from farthing.engine import wire
from farthing.engine.chat import NAME, converse
from farthing.engine.generate import generate
from farthing.engine.memory import AbortFlag
from farthing.engine.runtime import Runtime
from farthing.engine.threads import physical_cores
from farthing.errors import Cancelled, EngineError, FarthingError, ModelUnusable

MAX_LOADED = 2
"""Models kept in memory: one for completion, one for edits. The one unused for longest makes room."""

REFRESH_S = 1.0
"""Seconds without work after which moved cells are computed anew."""

TUNE_S = 5.0
"""Seconds without work after which the number of threads is measured, where it is not known."""

ALL_CHORES = 2
"""What is done in idle time: both of these."""

_URGENCIES: tuple[wire.Urgency, ...] = get_args(wire.Urgency)

_logger = logging.getLogger(__name__)

Emit = Callable[[wire.Event], None]


@dataclass(eq=False)
class Job:
    """A request in the queue or at work. ``emit`` may be called from any thread and must not block."""

    request: wire.Complete | wire.Chat | wire.Load
    owner: object
    """Whose request it is: ids are unique within an owner."""
    emit: Emit
    arrived: float = field(default_factory=time.monotonic)
    ended_early: wire.EndReason | None = None
    skipped: int = 0
    """So many of its answers, the first ones, are no longer wanted."""
    steps: Generator[None, None, wire.Event] | None = None
    """What is left of it, once it has begun."""

    @property
    def document(self) -> tuple[object, str] | None:
        """What this belongs to; None for a load, which is never superseded."""
        match self.request:
            case wire.Complete(document=document):
                return self.owner, document
            case wire.Chat(document=document):
                return self.owner, NAME + document
            case _:
                return None

    @property
    def urgency(self) -> int:
        """0 for the most urgent one."""
        return 0 if isinstance(self.request, wire.Load) else _URGENCIES.index(self.request.urgency)

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for it."""
        return self.urgency <= _URGENCIES.index("chat")


class Scheduler:
    """Owns the models and the thread that computes.

    Args:
        n_ctx: tokens of each model's context window.
        threads: compute threads of llama.cpp; 0 for what is measured as fastest.
        on_state: called from the compute thread when it begins or ends something.
    """

    def __init__(self, n_ctx: int, threads: int, on_state: Callable[[wire.StateChange], None]) -> None:
        self._threads = threads
        self._n_ctx = n_ctx
        self._on_state = on_state
        self._abort = AbortFlag()
        self._condition = threading.Condition()
        self._jobs: list[Job] = []
        self._given_up: list[Job] = []
        """Ended early, and still to be closed by the thread that computes."""
        self._running: Job | None = None
        self._closed = False
        self._runtimes: dict[str, Runtime] = {}
        self._state: wire.State = "idle"
        self._thread = threading.Thread(target=self._work, name="compute", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job. Older ones of the same document or conversation that are no more urgent are answered as
        superseded, now, and stop; less urgent work is interrupted."""
        with self._condition:
            for each in list(self._jobs):
                if each.document is not None and each.document == job.document and each.urgency >= job.urgency:
                    self._end(each, "superseded")
            self._jobs.append(job)
            if self._running is None or self._running.urgency > job.urgency:
                self._abort.raise_()  # whatever runs, be it a refresh that nobody asked for
            self._condition.notify()

    def cancel(self, owner: object, id: int | None = None) -> None:
        """End the request with this id, or all of the owner's, as cancelled: answered now, stopped within a batch."""
        with self._condition:
            for job in list(self._jobs):
                if job.owner is owner and (id is None or job.request.id == id):
                    self._end(job, "cancelled")

    def skip(self, owner: object, id: int, answer: int) -> None:
        """Write no more of one of the answers of a completion, counted from 0, nor of those before it."""
        with self._condition:
            for job in self._jobs:
                if job.owner is owner and job.request.id == id:
                    job.skipped = max(job.skipped, answer + 1)

    def _end(self, job: Job, reason: wire.EndReason) -> None:
        # With the lock held. The answer does not wait for llama.cpp to stop.
        job.ended_early = reason
        self._jobs.remove(job)
        self._given_up.append(job)
        if not isinstance(job.request, wire.Load):
            job.emit(wire.Done(job.request.id, reason, total_ms=round((time.monotonic() - job.arrived) * 1000, 1)))
        else:
            job.emit(wire.Failed(job.request.id, Cancelled.__name__, "the loading was given up"))
        if job is self._running:
            self._abort.raise_()

    def report(self, id: int) -> wire.Report:
        """What is in memory and under way."""
        with self._condition:
            queued = len(self._jobs) - (self._running is not None)
            runtimes = list(self._runtimes.values())
            threads = runtimes[-1].threads.decode if runtimes else self._threads or physical_cores()
            return wire.Report(id, os.getpid(), self._state, tuple(self._runtimes), threads, max(0, queued))

    @property
    def busy(self) -> bool:
        """Whether anything is queued or running."""
        with self._condition:
            return bool(self._jobs)

    def close(self) -> None:
        """End everything and give the models' memory back."""
        with self._condition:
            for job in list(self._jobs):
                self._end(job, "cancelled")
            self._closed = True
            self._abort.raise_()
            self._condition.notify()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        chores = ALL_CHORES
        while True:
            with self._condition:
                self._running = None
                some = self._condition.wait_for(
                    lambda: self._jobs or self._given_up or self._closed,
                    None if chores == ALL_CHORES else TUNE_S - REFRESH_S if chores else REFRESH_S,
                )
                given_up, self._given_up = self._given_up, []
                if self._jobs:
                    # Of equals the oldest: they are in the order of their arrival.
                    self._running = min(self._jobs, key=lambda job: job.urgency)
                if not self._closed:
                    self._abort.lower()
            for job in given_up:
                if job.steps is not None:
                    job.steps.close()
                if self._running is None or not self._running.awaited:
                    self._change_state("idle", job.request.model)
            if self._closed:
                break
            if self._running is not None:
                self._step(self._running)
                chores = 0
            elif not some:
                chores += self._use_idle_time(chores)
        for runtime in self._runtimes.values():
            runtime.close()

    def _step(self, job: Job) -> None:
        """Go on with a job until it yields or ends."""
        try:
            if job.steps is None:
                job.steps = self._begin(job)
            next(job.steps)
            return
        except StopIteration as end:
            event: wire.Event = end.value
        except FarthingError as exc:
            event = wire.Failed(job.request.id, type(exc).__name__, exc.message, exc.fix)
        except Exception as exc:  # whatever it is: without this thread every later request would hang
            _logger.exception("request %s failed", job.request.id)
            event = wire.Failed(job.request.id, EngineError.__name__, f"the engine failed ({exc})", "See its log")
        with self._condition:
            if not job.ended_early:
                self._jobs.remove(job)
                job.emit(event)
            idle = not any(each.awaited for each in self._jobs)
        if idle:  # whatever else is done, nobody waits for it
            self._change_state("idle", job.request.model)

    def _begin(self, job: Job) -> Generator[None, None, wire.Event]:
        request = job.request
        runtime = self._runtime(request.model)
        if isinstance(request, wire.Load):
            return wire.Loaded(request.id, round(time.monotonic() - job.arrived, 3), runtime.fim is not None)
        self._change_state("generating" if job.awaited else "idle", request.model)

        def emit(event: wire.Event) -> None:
            self._pass_on(job, event)

        if isinstance(request, wire.Chat):
            return (yield from converse(runtime, request, job.arrived, emit))
        return (yield from generate(runtime, request, job.arrived, emit, lambda answer: answer < job.skipped))

    def _use_idle_time(self, chores: int) -> bool:
        """Compute moved cells anew, or measure, by what is done already; returns whether that is done."""
        try:
            for runtime in self._runtimes.values():
                for _ in runtime.tune() if chores else runtime.cache.refresh():
                    with self._condition:
                        if self._jobs or self._given_up or self._closed:
                            return False
        except EngineError as exc:
            _logger.warning("idle time could not be used: %s", exc)
        return True

    def _pass_on(self, job: Job, event: wire.Event) -> None:
        with self._condition:
            if not job.ended_early:
                job.emit(event)

    def _runtime(self, model: str) -> Runtime:
        runtime = self._runtimes.pop(model, None)
        if runtime is None:
            if not Path(model).is_file():
                raise ModelUnusable(f"there is no model file {model}", "Run `farthing models list`")
            with self._condition:
                needed = {job.request.model for job in self._jobs if job.steps is not None}
            unused = [name for name in self._runtimes if name not in needed]
            while len(self._runtimes) >= MAX_LOADED and unused:
                self._runtimes.pop(unused.pop(0)).close()
            self._change_state("loading", model)
            runtime = Runtime(Path(model), self._n_ctx, self._threads, self._abort)
        self._runtimes[model] = runtime  # last used goes last
        return runtime

    def _change_state(self, state: wire.State, model: str) -> None:
        if state != self._state:
            self._state = state
            self._on_state(wire.StateChange(state, model))
