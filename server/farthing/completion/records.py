"""Completions in the ledger: what they computed, written seldom and by a thread, so that a keystroke costs nothing."""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farthing.backends.base import Usage
from farthing.completion.generation import Generation, Outcome
from farthing.engine.models import store
from farthing.errors import LedgerUnavailable

if TYPE_CHECKING:  # it is imported in the thread that writes: the server starts without it
    from farthing.ledger.ledger import Ledger
    from farthing.ledger.model import LocalWork

_logger = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two writes, at least."""

MOST = 1000
"""Generations that are kept while the ledger can't be used; later ones are not recorded."""


@dataclass(frozen=True)
class _Entry:
    folder: str
    model: str
    usage: Usage
    first_ms: float
    total_ms: float


class Records:
    """Takes note of what one window generates. Belongs to one event loop, and never fails: a ledger that can't be used
    holds no completion up.

    Args:
        ledger: opens one, the user's own when None; called in a thread, and again until it succeeds.
        every: seconds between two writes.
    """

    def __init__(self, ledger: "Callable[[], Ledger] | None" = None, every: float = EVERY) -> None:
        self.folder_of: Callable[[str], str] = lambda document: str(Path.home())
        """The workspace's folder that a document belongs to."""
        self._open = ledger or _users_own
        self._every = every
        self._ledger: Ledger | None = None
        self._entries: list[_Entry] = []
        self._writer: asyncio.Task[None] | None = None
        self._complained = False
        self._writing = threading.Lock()

    def generated(self, generation: Generation, outcome: Outcome) -> None:
        """A generation is over. What was given up has been computed as well."""
        finished = outcome.completion
        usage = finished.usage if finished else generation.usage
        if outcome.error is not None or not (usage.input or usage.output) or len(self._entries) >= MOST:
            return
        request = generation.request
        total_ms = finished.total_ms if finished else generation.elapsed_ms()
        folder = self.folder_of(request.document)
        self._entries.append(_Entry(folder, request.model, usage, generation.first_ms, total_ms))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_later())

    async def aclose(self) -> None:
        """Write what is not written yet, and close the ledger."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait({self._writer})
        await asyncio.to_thread(self._write)
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    async def _write_later(self) -> None:
        await asyncio.sleep(self._every)
        await asyncio.to_thread(self._write)

    def _write(self) -> None:
        with self._writing:  # at the end there may be two
            self._write_all()

    def _write_all(self) -> None:
        count = len(self._entries)
        if not count:
            return
        try:
            if self._ledger is None:
                self._ledger = self._open()
        except LedgerUnavailable as exc:
            if not self._complained:
                _logger.warning("completions are not recorded: %s", exc)
            self._complained = True
            return
        # The loop only adds to the end meanwhile.
        entries, self._entries[:count] = self._entries[:count], []
        for entry in entries:
            self._ledger.record_local(_work(entry))


def _users_own() -> "Ledger":
    from farthing.ledger.ledger import Ledger

    return Ledger()


def _work(entry: _Entry) -> "LocalWork":
    from farthing.ledger import model as books
    from farthing.ledger import prices
    from farthing.ledger.places import canonical, project_of
    from farthing.ledger.state import COMPLETION

    folder, usage = Path(entry.folder), entry.usage
    input, output = (max(0, min(number, books.MAX_TOKENS)) for number in (usage.input, usage.output))
    return books.LocalWork(
        workspace=canonical(folder),
        project=project_of(folder),
        task=COMPLETION,
        model=_name(entry.model),
        usage=books.Usage(input, output, cached=max(0, min(usage.cached, input))),
        first_token_ms=round(entry.first_ms, 1),
        total_ms=round(entry.total_ms, 1),
        cost=prices.energy(entry.total_ms),
    )


def _name(model: str) -> str:
    """What a model is called: of a server of the team's own its address, and the model's name there."""
    return model if "://" in model else store.label(Path(model))
