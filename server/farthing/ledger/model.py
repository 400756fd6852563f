"""The values of the ledger.

Tokens are whole numbers. Money is whole nano-dollars (1e-9 USD): a cached token of a cheap model costs 10 of them, and
whole numbers add up to the same sum in every order.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from typing import Literal

MAX_TOKENS = 10**9
"""More than this in one request is no count that anybody means."""

MAX_MONEY = 10**15
"""A million dollars: no request costs that, so what says so is wrong."""

NANO = 10**9
"""Nano-dollars in a dollar."""

State = Literal["reserved", "sent", "settled", "unsettled", "released"]
"""Of a request. ``reserved`` and ``sent`` are open; the others are final, but that an ``unsettled`` one may still be
corrected in the reports."""

Outcome = Literal["unknown", "accepted", "rejected", "failed"]


def _check(number: object, name: str) -> None:
    if type(number) is not int or not 0 <= number <= MAX_TOKENS:
        raise ValueError(f"{name} must be a whole number from 0 to {MAX_TOKENS}, not {number!r}")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request by type, as its provider counted them.

    Raises:
        ValueError: a number is negative, no whole number or absurdly large, or the parts are more than the whole.
    """

    input: int
    """All of the prompt; what was read from or written to the provider's cache is part of it."""
    output: int
    """All that was generated; reasoning is part of it."""
    cached: int = 0
    """Of the input, what was read from the provider's cache."""
    cache_write: int = 0
    """Of the input, what was written to the provider's cache."""
    reasoning: int = 0
    """Of the output, what was thought and not said."""

    def __post_init__(self) -> None:
        for each in fields(self):
            _check(getattr(self, each.name), each.name)
        if self.cached + self.cache_write > self.input:
            raise ValueError("more input was cached than there was")
        if self.reasoning > self.output:
            raise ValueError("more was reasoned than was generated")

    @property
    def total(self) -> int:
        """What counts towards a cap in tokens: everything, 1:1."""
        return self.input + self.output


@dataclass(frozen=True, slots=True)
class PromptParts:
    """Tokens of a prompt by what they are for; bounds before it is sent.

    Raises:
        ValueError: a number is negative, no whole number or absurdly large.
    """

    system: int = 0
    tools: int = 0
    files: int = 0
    history: int = 0
    instruction: int = 0
    overhead: int = 0
    """What the wire format adds: roles, separators, special tokens."""

    def __post_init__(self) -> None:
        for each in fields(self):
            _check(getattr(self, each.name), each.name)

    @property
    def total(self) -> int:
        """All of the prompt."""
        return sum(astuple(self))

    def scaled(self, total: int) -> "PromptParts":
        """The same shares of another total: what a provider counted, spread as our bounds are. The sum is exact."""
        parts, whole = astuple(self), self.total
        if not whole:
            return PromptParts(instruction=total)
        scaled = [part * total // whole for part in parts]
        by_remainder = sorted(range(len(parts)), key=lambda i: (-(parts[i] * total % whole), i))
        for index in by_remainder[: total - sum(scaled)]:
            scaled[index] += 1
        return PromptParts(*scaled)


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in nano-dollars for a million tokens.

    Raises:
        ValueError: a price is negative, or above a thousand dollars for a thousand tokens.
    """

    input: int
    output: int
    cached: int
    cache_write: int
    date: str
    """Day of the price, ``2025-06-01``, or the version of the library that it is from."""
    source: str
    """``user`` or the name of the library."""

    def __post_init__(self) -> None:
        for name in ("input", "output", "cached", "cache_write"):
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value <= MAX_MONEY:
                raise ValueError(f"{name} is no price: {value!r}")

    def cost(self, usage: Usage) -> int:
        """Nano-dollars of a request, rounded up."""
        plain = usage.input - usage.cached - usage.cache_write
        millionths = (
            plain * self.input
            + usage.cached * self.cached
            + usage.cache_write * self.cache_write
            + usage.output * self.output
        )
        return min(-(-millionths // 1_000_000), MAX_MONEY)

    def saved(self, usage: Usage) -> int:
        """Nano-dollars that a request costs less than it would without any cache; negative where it costs more."""
        plain = Usage(usage.input, usage.output, reasoning=usage.reasoning)
        return self.cost(plain) - self.cost(usage)

    def bound(self, input: int, output: int) -> int:
        """The most that so many tokens can cost: nothing cached, all of it written to the cache."""
        dearest = max(self.input, self.cached, self.cache_write)
        return min(-(-(input * dearest + output * self.output) // 1_000_000), MAX_MONEY)

    def affordable_output(self, money: int, input: int) -> int:
        """Output tokens that can be paid with so many nano-dollars after so many of input; may be negative."""
        dearest = max(self.input, self.cached, self.cache_write)
        left = money * 1_000_000 - input * dearest
        if not self.output:
            return MAX_TOKENS if left >= 0 else -1
        return left // self.output


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request to a model that costs wants to reserve.

    Raises:
        ValueError: a number makes no sense.
    """

    workspace: str
    """Canonical path of the workspace: see :func:`farthing.ledger.places.canonical`."""
    project: str
    task: str
    """Kind of task: ``ask``, ``edit``, …"""
    provider: str
    """Its name in the user's settings."""
    model: str
    """The model that is asked."""
    tier: str
    """``small``, ``medium`` or ``frontier``."""
    prompt: PromptParts
    """Safe upper bounds of the input, by part."""
    wanted_output: int
    """Output tokens that would be asked for if there were no cap."""
    useful_output: int
    """With fewer output tokens than this the request is useless, and is refused instead."""
    attempt: int = 1
    """Counts from 1; every retry is an ask of its own."""
    margin: float = 1.0
    """What the bounds were multiplied with: :meth:`farthing.ledger.ledger.Ledger.margin`."""
    price: Price | None = None
    """None where it is unknown: shown as "?", and refused where there is a budget in money."""

    def __post_init__(self) -> None:
        _check(self.wanted_output, "wanted_output")
        _check(self.useful_output, "useful_output")
        _check(self.attempt, "attempt")
        if not 1 <= self.useful_output <= self.wanted_output:
            raise ValueError("the least useful output must be from 1 to the wanted one")


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens and money that are set aside. Nothing may be sent without one, nor twice with the same."""

    id: int
    """Of the request, for good."""
    session: int
    ask: Ask
    max_output: int
    """The output limit that must be sent to the provider, reasoning included: ``ask.wanted_output`` or less."""
    money: int | None
    """Nano-dollars set aside; None where the price is unknown."""

    @property
    def tokens(self) -> int:
        """Tokens set aside."""
        return self.ask.prompt.total + self.max_output


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a request after its answer came."""

    charged: int
    """Tokens."""
    overshoot: int
    """Of these, those beyond the reservation: what a provider charged against the limit that it was sent."""
    blocked: bool
    """The provider went beyond its limit and gets nothing more until the user says so."""


@dataclass(frozen=True, slots=True)
class LocalWork:
    """A request that a model on the user's own machine, or of the team's own, answered."""

    workspace: str
    project: str
    task: str
    model: str
    usage: Usage
    first_token_ms: float
    total_ms: float
    prompt: PromptParts = PromptParts()
    """What the input was for; scaled to ``usage.input``. Empty: all of it instruction."""
    attempt: int = 1
    cost: int = 0
    """Nano-dollars of energy, by the user's settings; 0 by default."""


Listener = Callable[[], None]
"""Told, on the thread that wrote, that the ledger has changed."""
