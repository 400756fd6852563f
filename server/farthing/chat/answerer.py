"""Who answers: the engine on this machine, or a provider behind the ledger. Both are asked and counted the same way."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from farthing.backends.caching.miss import note
from farthing.backends.caching.trail import Asked, Step, Trail
from farthing.backends.chat import NO_HINTS, ChatBackend, ChatRequest, Delta, End, Hints, Prompt, Report
from farthing.backends.cloud.connect import Pool
from farthing.backends.cloud.providers import Provider
from farthing.backends.gate import Cleared, Gate, Piece
from farthing.backends.metered import Finish, Job, texts
from farthing.chat.offers import Size
from farthing.ledger import prices
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import LocalWork, PromptParts, Usage
from farthing.routing.alarm import is_other
from farthing.routing.model import Features, Route
from farthing.tokens import count

FormatName = Literal["rewrite", "blocks"]
"""``rewrite``: the model writes the whole symbol, the diff is made here. ``blocks``: SEARCH/REPLACE."""


@dataclass(frozen=True)
class Question:
    """What is sent once."""

    task: str
    """For the ledger."""
    prompt: Prompt
    max_output: int
    """Tokens; 0 to only have it read, by the engine on this machine."""
    hints: Hints = NO_HINTS
    attempt: int = 1
    tries: int = 1
    """Attempts that the turn may have."""
    pieces: tuple[Piece, ...] = ()
    """All of the repository that is in the prompt, also in what was said before."""


@dataclass(frozen=True)
class Replied:
    """The end of a reply."""

    reason: str
    """``stop``, ``length``, or the provider's own word."""
    model: str
    usage: Usage
    cost: int | None
    """Nano-dollars; None where the price is unknown."""
    settled: bool = True
    """Whether that was counted; else it is all that was reserved."""
    notes: tuple[str, ...] = ()
    """What else the user should know, one line each."""
    confidence: float | None = None
    """Mean logarithm of the probability of the answer's tokens; None where the backend does not say."""


class Answerer(Protocol):
    """A model that can be asked."""

    tier: str
    model: str
    """Its id, for people."""
    format: FormatName
    """In which this model edits best, by measurement."""
    budget: int
    """Tokens of context that it is sent."""
    alone: bool
    """Whether it edits better when it sees little but what it is to change, by measurement."""
    window: int
    """Tokens of prompt and answer together."""
    tries: int
    """Replies to one instruction at most."""
    here: bool
    """Whether it runs on this machine."""

    def stream(self, question: Question) -> AsyncGenerator[str | Replied, None]:
        """The answer in pieces, and its end. Closing the generator gives it up at once.

        Raises:
            FarthingError: it can't be asked, or failed.
        """
        ...


@dataclass(frozen=True)
class Choice:
    """Who answers, and why."""

    answerer: Answerer
    reason: str
    route: Route | None = None
    """How the router came to it; None for this machine."""

    @property
    def asks(self) -> bool:
        """Whether nothing may be sent before the user has said so."""
        return self.route is not None and self.route.decision == "ask"


class Answerers(Protocol):
    """The models that can be asked."""

    async def choose(self, features: Features, size: Size | None = None) -> Choice:
        """By the user's word, or for the task.

        Args:
            size: of what would be sent, once that is known.

        Raises:
            FarthingError: there is no such model, or it can't be used, or nothing may be sent to it.
        """
        ...

    def warm(self, conversation: str) -> str:
        """The provider in whose cache a conversation's beginning stands; empty where in none."""
        ...

    async def instead(self, choice: Choice, size: Size) -> Choice | None:
        """Who else may answer without the user being asked, where a provider could not; None where there is nobody."""
        ...


@dataclass
class LocalAnswerer:
    """A model that costs nothing: of the engine on this machine, or of a server of the team's own."""

    backend: ChatBackend
    path: str
    """Of the GGUF file."""
    model: str
    workspace: str
    project: str
    record: Callable[[LocalWork], object]
    """Takes note of what was computed."""
    budget: int
    window: int
    alone: bool = True
    tier: str = "local"
    format: FormatName = "rewrite"
    tries: int = 2
    here: bool = True
    """On this machine, whose energy is counted."""

    async def stream(self, question: Question) -> AsyncGenerator[str | Replied, None]:
        """See :class:`Answerer`."""
        run = _Run()
        request = ChatRequest(self.path, question.prompt, question.max_output, question.hints)
        try:
            async with contextlib.aclosing(self.backend.stream(request)) as events:
                async for event in events:
                    if run.take(event):
                        yield run.last
        finally:
            self._record(question, run)
        yield Replied(run.reason, self.model, run.usage or Usage(0, 0), self._cost(run), confidence=run.confidence)

    def _cost(self, run: "_Run") -> int:
        return prices.energy(run.elapsed_ms()) if self.here else 0

    def _record(self, question: Question, run: "_Run") -> None:
        usage = run.usage or run.guessed(question.prompt)
        if not usage.output:
            return  # nothing was answered
        self.record(
            LocalWork(
                self.workspace, self.project, question.task, self.model, usage, run.first_ms, run.elapsed_ms(),
                _parts(question.prompt), question.attempt, self._cost(run),
            )
        )  # fmt: skip


class _Run:
    """One reply of the engine."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.usage: Usage | None = None
        self.first_ms = 0.0
        self.reason = "stop"
        self.confidence: float | None = None
        self.last = ""
        self._said = ""

    def take(self, event: Delta | Report | End) -> bool:
        """Note an event; whether there is text to pass on."""
        match event:
            case Delta(text) if text:
                self.first_ms = self.first_ms or self.elapsed_ms()
                self.last = text
                self._said += text
                return True
            case Report(usage):
                self.usage = usage
            case End(reason, confidence=confidence):
                self.reason, self.confidence = reason, confidence
        return False

    def guessed(self, prompt: Prompt) -> Usage:
        """What a reply that was given up took, as far as it is known here; nothing before its first text."""
        return Usage(_parts(prompt).total, count(self._said)) if self._said else Usage(0, 0)

    def elapsed_ms(self) -> float:
        """Since it was asked."""
        return round((time.monotonic() - self._began) * 1000, 1)


def _parts(prompt: Prompt) -> PromptParts:
    found = texts(prompt)
    return PromptParts(
        **{name: count(getattr(found, name)) for name in ("system", "tools", "files", "history", "instruction")}
    )


@dataclass
class CloudAnswerer:
    """A model that costs. It is asked only through the ledger."""

    pool: Pool
    ledger: Ledger
    provider: Provider
    model: str
    tier: str
    workspace: str
    project: str
    budget: int
    trail: Trail
    """Of the workspace."""
    gate: Gate
    """Before all that is sent."""
    reason: str = ""
    """Why this model is asked, in one line."""
    alone: bool = False
    window: int = 128_000
    format: FormatName = "blocks"
    tries: int = 3
    here: bool = False

    async def stream(self, question: Question) -> AsyncGenerator[str | Replied, None]:
        """See :class:`Answerer`."""
        cleared = await asyncio.to_thread(self.gate.clear, question.prompt, question.pieces)
        restorer = cleared.restorer()
        step = await self._planned(question, cleared)
        job = Job(
            self.workspace, self.project, question.task, self.tier, self.model, cleared, question.max_output,
            reason=self.reason, caching=step.caching,
        )  # fmt: skip
        async with (
            self.pool.connected(self.ledger, self.provider) as metered,
            contextlib.aclosing(metered.stream(job)) as events,
        ):
            async for event in events:
                if isinstance(event, Finish):
                    if rest := restorer.end():
                        yield rest
                    notes = self._notes(event) + (note(self.trail.ended(step, event.usage)) if event.settled else ())
                    yield Replied(event.reason, event.model, event.usage, event.cost, event.settled, notes)
                elif event.kind == "answer" and (said := restorer.feed(event.text)):
                    yield said

    async def _planned(self, question: Question, cleared: Cleared) -> Step:
        where = self.provider
        # In a thread: prices take a moment to be loaded.
        price = await asyncio.to_thread(prices.lookup, where.kind, where.endpoint.base, where.name, self.model, 0)
        name, prompt = question.hints.conversation, cleared.prompt
        asked = Asked(name, where.kind, where.name, self.model, prompt, question.attempt, question.tries)
        return self.trail.plan(asked, price)

    def _notes(self, finish: Finish) -> tuple[str, ...]:
        notes = []
        if not finish.settled and finish.reason != "overrun":
            notes.append(f"{self.provider.name} did not say what it took, so all that was reserved is charged")
        if finish.overshoot or finish.blocked:
            notes.append(
                f"{self.provider.name} went {finish.overshoot:,} tokens beyond what it was allowed and is blocked. "
                "farthing cap reset gives it another chance"
            )
        if finish.reason == "length":
            notes.append("the answer was cut off at the limit of its tokens")
        if is_other(self.model, finish.model):
            notes.append(f"{self.provider.name} was asked for {self.model}, but another model answered: {finish.model}")
        return tuple(notes)
