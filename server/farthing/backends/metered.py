"""The only way to a model that costs: nothing is sent that was not reserved before, and nothing ends uncounted.

::

    bound the input -> reserve -> sent, on disk -> stream, watched -> settle   the provider said what it took
                                                                   -> unsettle it did not: charged in full

Whatever happens between ``sent`` and the end (an error, a cancellation, the end of this process) leaves the request
charged in full, except where the provider surely took nothing. A retry is a new reservation.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from farthing import tokens
from farthing.backends.caching.rules import priced
from farthing.backends.chat import NO_CACHING, Caching, ChatBackend, ChatRequest, Delta, End, Prompt, Report
from farthing.backends.gate import Cleared
from farthing.backends.unbroken import unbroken
from farthing.backends.watch import Watch
from farthing.errors import CloudBusy, CloudError, LedgerError
from farthing.ledger import counting
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import Ask, Price, Reservation, Settlement, Usage
from farthing.ledger.sent import Leaving

_logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""Of one job, the first one included."""

LONGEST_WAIT = 30.0
"""Seconds; who wants to be left alone for longer is not asked again."""

USEFUL_OUTPUT = 256
"""Tokens: models that think return nothing at all when they are given less."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be asked, and for whom."""

    workspace: str
    """Canonical path."""
    project: str
    task: str
    """``ask``, ``edit``, …"""
    tier: str
    model: str
    prompt: Cleared
    wanted_output: int
    """Tokens, if there were no cap."""
    useful_output: int = USEFUL_OUTPUT
    """With less the job is refused."""
    lower: Limits | None = None
    """More limits, of the editor's workspace; they only lower."""
    reason: str = ""
    """Why it is sent there, in one line, for the list of what has left."""
    caching: Caching = NO_CACHING


@dataclass(frozen=True, slots=True)
class Finish:
    """The last element of every stream that was not given up, written down in the ledger already."""

    reason: str
    """``stop``, ``length``, the provider's own word, or ``overrun``: it did not honour its limit and was cut off."""
    request: int
    """In the ledger, for :meth:`farthing.ledger.ledger.Ledger.outcome`."""
    usage: Usage
    """What was charged: the provider's count, or the whole reservation where it has none."""
    settled: bool
    """Whether it is the provider's count."""
    cost: int | None
    """Nano-dollars, by a gateway's word where it gives one; None where the price is unknown."""
    overshoot: int
    """Tokens beyond the reservation."""
    blocked: bool
    """The provider went beyond its limit, and gets nothing more until the user says so."""
    model: str
    """That answered."""
    first_token_ms: float
    total_ms: float
    attempts: int


class Metered:
    """One provider, behind the ledger.

    Args:
        provider: its name in the settings and in the ledger.
        backend: sends once for every call.
        price: of a model, for so many tokens of input; None where nobody knows it.
        address: of the provider, for the list of what has left.
    """

    def __init__(
        self, ledger: Ledger, provider: str, backend: ChatBackend, price: Callable[[str, int], Price | None],
        address: str = "",
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._provider = provider
        self._backend = backend
        self._price = price
        self._address = address

    async def stream(self, job: Job) -> AsyncGenerator[Delta | Finish, None]:
        """Answer. Closing the generator closes the connection, and leaves the request charged in full.

        Raises:
            LedgerError: refused, or the ledger can't be used; nothing was sent.
            CloudError: the provider failed. What it may have billed is charged.
        """
        for attempt in range(1, ATTEMPTS + 1):
            answered = False
            try:
                async with contextlib.aclosing(self._attempt(job, attempt)) as events:
                    async for event in events:
                        answered = True
                        yield event
                return
            except CloudBusy as busy:
                wait = busy.retry_after
                if answered or attempt == ATTEMPTS or wait is None or wait > LONGEST_WAIT:
                    raise
                _logger.info("%s is asked again in %.1f s", self._provider, wait)
                await asyncio.sleep(wait)

    async def _attempt(self, job: Job, attempt: int) -> AsyncGenerator[Delta | Finish, None]:
        run = _Run(await self._begin(job, attempt))
        limit = run.reservation.max_output
        watch = Watch(limit, counting.vocabulary(job.model))
        try:
            request = ChatRequest(
                job.model, job.prompt.prompt, limit,
                caching=job.caching, project=job.project, session=run.reservation.session,
            )  # fmt: skip
            async with contextlib.aclosing(self._backend.stream(request)) as events:
                async for event in events:
                    run.take(event)
                    if isinstance(event, Delta):
                        yield event
                        if await watch.over(event.text):
                            run.cut_off(watch.counted)
                    if run.overrun:
                        break  # and the connection is closed before anything else is done
        except CloudError as error:
            run.error = error
            raise
        finally:
            await self._end(run)
        yield run.finish(attempt)

    async def _begin(self, job: Job, attempt: int) -> Reservation:
        """Reserve, and write down that it is about to be sent. Given up meanwhile, it ends with nothing charged."""
        reservation, given_up = await unbroken(lambda: self._reserve(job, attempt))
        if given_up is not None:
            # Not released: it is marked as sent already, although we know better.
            await unbroken(lambda: self._ledger.settle(reservation, Usage(0, 0)))
            raise given_up
        return reservation

    def _reserve(self, job: Job, attempt: int) -> Reservation:
        ledger = self._ledger
        # Loaded now: it takes a moment, in which who floods us would go on.
        tokens.count("", counting.vocabulary(job.model) or "o200k_base")
        margin = ledger.margin(self._provider, job.model)
        remaining = ledger.state(job.workspace, job.lower).remaining
        parts = counting.bound(texts(job.prompt.prompt), job.model, margin, job.wanted_output, remaining)
        ask = Ask(
            workspace=job.workspace,
            project=job.project,
            task=job.task,
            provider=self._provider,
            model=job.model,
            tier=job.tier,
            prompt=parts,
            wanted_output=job.wanted_output,
            useful_output=min(job.useful_output, job.wanted_output),
            attempt=attempt,
            margin=margin,
            price=priced(self._price(job.model, parts.total), job.caching),
        )
        reservation = ledger.reserve(ask, job.lower)
        try:
            ledger.sent(reservation, Leaving(self._address, job.reason, job.prompt.pieces, job.prompt.redacted))
        except LedgerError:
            ledger.release(reservation, "it could not be written down that it was sent")
            raise
        return reservation

    async def _end(self, run: "_Run") -> None:
        """Write down what became of it, also where it was given up."""
        _, given_up = await unbroken(lambda: run.close(self._ledger))
        if run.overrun:
            _logger.error("%s did not honour the output limit that it was sent, and was cut off", self._provider)
        if given_up is not None:
            raise given_up


@dataclass(eq=False)
class _Run:
    """One request, from its first byte to its entry in the ledger."""

    reservation: Reservation
    started: float = field(default_factory=time.monotonic)
    first_ms: float | None = None
    usage: Usage | None = None
    """The provider's last word; None where it has none, or has generated more since."""
    end: End | None = None
    error: CloudError | None = None
    overrun: int = 0
    """Tokens of output that came from a provider which went on beyond its limit; 0 for all others."""
    reported: int = 0
    """The most output that the provider has reported."""
    settlement: Settlement | None = None

    def take(self, event: Delta | Report | End) -> None:
        """Note an event of the stream."""
        match event:
            case Delta():
                self.usage = None
                self.first_ms = self.first_ms or self.elapsed_ms()
                if self.reported > self.reservation.max_output:
                    self.cut_off(self.reported)
            case Report(usage):
                self.usage = usage
                self.reported = max(self.reported, usage.output if usage else 0)
            case End():
                self.end = event

    def cut_off(self, output: int) -> None:
        """So many tokens have come, and the provider still goes on."""
        self.overrun = max(output, self.reported)

    def close(self, ledger: Ledger) -> None:
        """Settle if it is known what the provider took; else charge in full."""
        known = self._known()
        model, billed = (self.end.model, self.end.billed) if self.end else ("", None)
        if known is not None:
            self.settlement = ledger.settle(self.reservation, known, model, self.first_ms, self.elapsed_ms(), billed)
        else:
            ledger.unsettle(self.reservation, self._reason(), self.elapsed_ms())
        if self.error is not None:
            ledger.outcome(self.reservation.id, "failed")

    def _known(self) -> Usage | None:
        if self.overrun:
            return Usage(self.reservation.ask.prompt.total, self.overrun)
        if self.error is not None and self.error.unbilled:
            return Usage(0, 0)
        return self.usage if self.end else None

    def _reason(self) -> str:
        if self.error is not None:
            return "the provider failed"
        return "the provider did not say what it took" if self.end else "given up"

    def finish(self, attempt: int) -> Finish:
        """The stream's last element."""
        ask, known = self.reservation.ask, self._known()
        charged = known or Usage(ask.prompt.total, self.reservation.max_output)
        settlement = self.settlement or Settlement(charged.total, 0, False)
        return Finish(
            "overrun" if self.overrun or self.end is None else self.end.reason,
            self.reservation.id,
            charged,
            known is not None and not self.overrun,
            (self.end.billed if self.end and known else None)
            or (ask.price.cost(charged) if ask.price and known else self.reservation.money),
            settlement.overshoot,
            settlement.blocked,
            (self.end and self.end.model) or ask.model,
            self.first_ms or 0.0,
            self.elapsed_ms(),
            attempt,
        )

    def elapsed_ms(self) -> float:
        """Since it was sent."""
        return round((time.monotonic() - self.started) * 1000, 3)


def texts(prompt: Prompt) -> counting.Texts:
    """A prompt as the ledger counts it."""
    kinds: dict[str, str] = {}
    for part in prompt.parts:
        kinds[part.kind] = f"{kinds[part.kind]}\n\n{part.text}" if part.kind in kinds else part.text
    # Each part is given the room of a message: what stands between those that are sent as one is counted, too.
    return counting.Texts(**kinds, messages=len(prompt.parts))
