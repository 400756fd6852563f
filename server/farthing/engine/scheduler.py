"""One compute thread for the whole engine: the newest request of a document wins, and it wins at once."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from farthing.engine import wire
from farthing.engine.generate import generate
from farthing.engine.runtime import AbortFlag, Runtime
from farthing.errors import Cancelled, EngineError, FarthingError, ModelUnusable

MAX_LOADED = 2
"""Models kept in memory: one for completion, one for edits. The one unused for longest makes room."""

_logger = logging.getLogger(__name__)

Emit = Callable[[wire.Event], None]


@dataclass
class Job:
    """A request in the queue or at work. ``emit`` may be called from any thread and must not block."""

    request: wire.Complete | wire.Load
    owner: object
    """Whose request it is: ids are unique within an owner."""
    emit: Emit
    arrived: float = field(default_factory=time.monotonic)
    ended_early: wire.EndReason | None = None

    @property
    def document(self) -> tuple[object, str] | None:
        """What this completion belongs to; None for a load, which is never superseded."""
        return (self.owner, self.request.document) if isinstance(self.request, wire.Complete) else None


class Scheduler:
    """Owns the models and the thread that computes.

    Args:
        n_ctx: tokens of each model's context window.
        threads: compute threads of llama.cpp.
        on_state: called from the compute thread when it begins or ends something.
    """

    def __init__(self, n_ctx: int, threads: int, on_state: Callable[[wire.StateChange], None]) -> None:
        self.threads = threads
        self._n_ctx = n_ctx
        self._on_state = on_state
        self._abort = AbortFlag()
        self._condition = threading.Condition()
        self._queue: deque[Job] = deque()
        self._running: Job | None = None
        self._closed = False
        self._runtimes: dict[str, Runtime] = {}
        self._state: wire.State = "idle"
        self._thread = threading.Thread(target=self._work, name="compute", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job. An older completion of the same document is answered as superseded, now, and stops."""
        with self._condition:
            older = [queued for queued in (*self._queue, self._running) if queued and queued.document == job.document]
            for each in older:
                if each.document is not None:
                    self._end(each, "superseded")
            self._queue.append(job)
            self._condition.notify()

    def cancel(self, owner: object, id: int | None = None) -> None:
        """End the request with this id, or all of the owner's, as cancelled: answered now, stopped within a batch."""
        with self._condition:
            for job in [*self._queue, *([self._running] if self._running else [])]:
                if job.owner is owner and (id is None or job.request.id == id):
                    self._end(job, "cancelled")

    def _end(self, job: Job, reason: wire.EndReason) -> None:
        # With the lock held. The answer does not wait for llama.cpp to stop.
        if job.ended_early:
            return
        job.ended_early = reason
        if isinstance(job.request, wire.Complete):
            job.emit(wire.Done(job.request.id, reason, total_ms=round((time.monotonic() - job.arrived) * 1000, 1)))
        else:
            job.emit(wire.Failed(job.request.id, Cancelled.__name__, "the loading was given up"))
        if job is self._running:
            self._abort.raise_()
        else:
            self._queue.remove(job)

    def report(self, id: int) -> wire.Report:
        """What is in memory and under way."""
        with self._condition:
            return wire.Report(id, os.getpid(), self._state, tuple(self._runtimes), self.threads, len(self._queue))

    @property
    def busy(self) -> bool:
        """Whether anything is queued or running."""
        with self._condition:
            return self._running is not None or bool(self._queue)

    def close(self) -> None:
        """End everything and give the models' memory back."""
        with self._condition:
            for job in [*self._queue, *([self._running] if self._running else [])]:
                self._end(job, "cancelled")
            self._closed = True
            self._condition.notify()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    break
                job = self._running = self._queue.popleft()
                self._abort.lower()
            event = self._run(job)
            with self._condition:
                self._running = None
                if not job.ended_early:
                    job.emit(event)
            self._change_state("idle", job.request.model)
        for runtime in self._runtimes.values():
            runtime.close()

    def _run(self, job: Job) -> wire.Event:
        request = job.request
        try:
            runtime = self._runtime(request.model)
            if isinstance(request, wire.Load):
                return wire.Loaded(request.id, round(time.monotonic() - job.arrived, 3), runtime.fim is not None)
            self._change_state("generating", request.model)
            return generate(runtime, request, job.arrived, self._abort, lambda event: self._pass_on(job, event))
        except FarthingError as exc:
            return wire.Failed(request.id, type(exc).__name__, exc.message, exc.fix)
        except Exception as exc:  # whatever it is: without this thread every later request would hang
            _logger.exception("request %s failed", request.id)
            return wire.Failed(request.id, EngineError.__name__, f"the engine failed ({exc})", "See its log")

    def _pass_on(self, job: Job, event: wire.Event) -> None:
        with self._condition:
            if not job.ended_early:
                job.emit(event)

    def _runtime(self, model: str) -> Runtime:
        runtime = self._runtimes.pop(model, None)
        if runtime is None:
            if not Path(model).is_file():
                raise ModelUnusable(f"there is no model file {model}", "Run `farthing models list`")
            while len(self._runtimes) >= MAX_LOADED:
                self._runtimes.pop(next(iter(self._runtimes))).close()
            self._change_state("loading", model)
            runtime = Runtime(Path(model), self._n_ctx, self.threads, self._abort)
        self._runtimes[model] = runtime  # last used goes last
        return runtime

    def _change_state(self, state: wire.State, model: str) -> None:
        if state != self._state:
            self._state = state
            self._on_state(wire.StateChange(state, model))
