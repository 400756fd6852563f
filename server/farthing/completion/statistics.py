"""Local statistics of inline completion: how fast it answers, and how much of it the user keeps.

Counted in memory by the event loop, written to disk in batches off it (:mod:`farthing.completion.daybook`), and sent
nowhere. There is no code in them and no name of a file. What is known of the screen is inferred, and
:mod:`farthing.completion.seen` says how.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from farthing.completion import daybook
from farthing.completion.daybook import Counts
from farthing.completion.generation import Completion, Generation, Outcome
from farthing.completion.seen import Watcher
from farthing.text import Edit

WRITE_S = 5.0
"""A batch is what happened in this time."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Percentiles:
    """Of durations, in milliseconds; None where there are none yet."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class Summary:
    """What the user is told. None where there is nothing to say yet."""

    days: int
    """How many days it is the sum of, today included."""
    shown: int
    accepted: int
    """Suggestions of which the user accepted all or a part."""
    accepted_full: int
    accepted_line: int
    accepted_word: int
    accepted_chars: int
    retained_30s: int | None
    """Accepted characters that were still in the document 30 seconds later."""
    retained_30s_share: float | None
    """Of those that had a chance to: their document was open for so long."""
    retained_5m: int | None
    retained_5m_share: float | None
    first_token_ms: Percentiles
    """Of generations; answers from the cache are not among them."""
    total_ms: Percentiles
    kv_hit_share: float | None
    """Share of the prompts' tokens that needed no computing."""
    prompt_tokens: int
    prefilled_tokens: int
    """Tokens of prompts that were computed."""
    prefilled_per_generation: Percentiles
    answers: int
    cache_hits: int
    """Answers that nothing was computed for."""
    cache_hit_share: float | None
    generations: int
    cancelled: int
    """Generations that were given up."""
    withheld: int
    """Generations whose answer was not shown, as the model was not sure of it."""

    @classmethod
    def of(cls, counts: Counts, days: int) -> "Summary":
        """The summary of what happened in so many days."""
        return cls(
            days=days,
            shown=counts.shown,
            accepted=counts.accepted_full + counts.accepted_line + counts.accepted_word,
            accepted_full=counts.accepted_full,
            accepted_line=counts.accepted_line,
            accepted_word=counts.accepted_word,
            accepted_chars=counts.accepted_chars,
            retained_30s=counts.kept_30s if counts.due_30s else None,
            retained_30s_share=_share(counts.kept_30s, counts.due_30s),
            retained_5m=counts.kept_5m if counts.due_5m else None,
            retained_5m_share=_share(counts.kept_5m, counts.due_5m),
            first_token_ms=_percentiles(counts.first_token_ms),
            total_ms=_percentiles(counts.total_ms),
            kv_hit_share=_share(counts.cached_tokens, counts.prompt_tokens),
            prompt_tokens=counts.prompt_tokens,
            prefilled_tokens=max(counts.prompt_tokens - counts.cached_tokens, 0),
            prefilled_per_generation=_percentiles(counts.prefilled),
            answers=counts.answers,
            cache_hits=counts.cache_hits,
            cache_hit_share=_share(counts.cache_hits, counts.answers),
            generations=counts.generations,
            cancelled=counts.cancelled,
            withheld=counts.withheld,
        )


def summary(days: int = daybook.KEPT_DAYS, folder: Path | None = None) -> Summary:
    """What all windows have written down.

    Raises:
        OSError: the files can't be read.
    """
    days = min(days, daybook.KEPT_DAYS)
    return Summary.of(daybook.read(folder or daybook.directory(), days, date.today()), days)


class Statistics:
    """Takes note of what happens in one window. Belongs to one event loop, and never fails: a disk that is full loses
    statistics only.

    Args:
        folder: where they are kept; Farthing's own directory by default.
        clock: seconds that never go back.
    """

    def __init__(self, folder: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder or daybook.directory()
        self._clock = clock
        self._watcher = Watcher()
        self._writer: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._complained = False

    def by_keystroke(self) -> None:
        """The editor tells of each keystroke by itself, so an accepted word can be told from a typed one."""
        self._watcher.by_keystroke = True

    def generated(self, generation: Generation, outcome: Outcome) -> None:
        """A generation is over."""
        if outcome.error is not None:
            return
        counts, finished = self._watcher.counts, outcome.completion
        usage = finished.usage if finished else generation.usage
        counts.generations += 1
        counts.cancelled += outcome.given_up or outcome.contradicted
        counts.prompt_tokens += usage.input
        counts.cached_tokens += min(usage.cached, usage.input)
        if usage.input:
            counts.prefilled.append(max(usage.input - usage.cached, 0))
        if generation.first_ms > 0:
            counts.first_token_ms.append(round(generation.first_ms, 1))
        if finished:
            counts.withheld += finished.withheld
            counts.total_ms.append(finished.total_ms)
        self._wake()

    def asked(self, document: str) -> int:
        """The editor asks for a suggestion. Returns what :meth:`answered` wants."""
        return self._watcher.asked(document)

    def answered(self, question: int, offset: int, completion: Completion | None) -> None:
        """The editor gets a suggestion, or none."""
        if completion:
            self._watcher.counts.answers += 1
            self._watcher.counts.cache_hits += completion.remembered
        id, text = (completion.id, completion.text) if completion else ("", "")
        self._watcher.answered(question, offset, id, text, self._clock(), completion.others if completion else ())
        self._wake()

    def edited(self, document: str, edits: Sequence[Edit]) -> None:
        """A document was changed."""
        self._watcher.edited(document, edits, self._clock())
        self._wake()

    def moved(self, document: str, offset: int) -> None:
        """The cursor stands somewhere."""
        self._watcher.moved(document, offset, self._clock())
        self._wake()

    def accepted(self, id: str) -> None:
        """The user accepted all of a suggestion."""
        self._watcher.accepted(id, self._clock())
        self._wake()

    def closed(self, document: str) -> None:
        """A document was closed."""
        self._watcher.closed(document, self._clock())
        self._wake()

    async def today(self) -> Summary:
        """Today's numbers, of all windows."""
        await self.flush()
        try:
            counts = await asyncio.to_thread(daybook.read, self._folder, 1, date.today())
        except OSError as exc:
            self._complain(exc)
            counts = Counts()
        counts.add(self._watcher.unfinished())
        return Summary.of(counts, 1)

    async def flush(self) -> None:
        """Write down what happened."""
        self._watcher.settle(self._clock())
        if not self._watcher.counts:
            return
        batch, self._watcher.counts = self._watcher.counts, Counts()
        try:
            async with self._writing:
                await asyncio.to_thread(daybook.append, self._folder, batch, date.today())
        except OSError as exc:
            self._complain(exc)

    async def aclose(self) -> None:
        """Write down what is left: the editor goes away."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        self._watcher.leave(self._clock())
        await self.flush()

    def _wake(self) -> None:
        if (self._watcher.counts or self._watcher.waits()) and (self._writer is None or self._writer.done()):
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._watcher.counts or self._watcher.waits():
            await asyncio.sleep(WRITE_S)
            await self.flush()

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            _logger.warning("the statistics in %s are not kept: %s", self._folder, error.strerror or error)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _percentiles(values: Sequence[float]) -> Percentiles:
    if not values:
        return Percentiles(None, None)
    ranked = sorted(values)
    p50, p95 = (ranked[max(-(-len(ranked) * rank // 100) - 1, 0)] for rank in (50, 95))
    return Percentiles(p50, p95)
