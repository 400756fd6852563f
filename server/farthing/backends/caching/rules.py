"""What providers keep of a prompt, from how much on, for how long, and what that costs. Pure.

From what the documentation of Anthropic, OpenAI and Google said in the autumn of 2026, of DeepSeek and Mistral from
what others quote of it. Pages disagree on some minimum lengths.
"""

from dataclasses import dataclass, replace

from farthing.backends.chat import Caching, Keep
from farthing.ledger.model import Price

SECONDS: dict[Keep, float] = {"5m": 300.0, "1h": 3600.0}
"""For how long, after each use."""

MARKS = 4
"""Breakpoints that one request may have."""

LOOK_BACK = 20
"""Blocks before a breakpoint in which what is kept is looked for."""

READ, WRITE, WRITE_LONG = 0.1, 1.25, 2.0
"""Anthropic's prices of reading and of writing for 5 minutes and for an hour, as shares of the input's."""

_MINIMA: tuple[tuple[str, tuple[tuple[str, int], ...], int], ...] = (
    (
        "anthropic",
        (
            *((name, 512) for name in ("opus-5", "fable-5", "mythos-5")),
            *((name, 4096) for name in ("opus-4-5", "opus-4-6", "haiku-4-5")),
            *((name, 2048) for name in ("opus-4-7", "3-5-haiku", "haiku-3-5", "3-haiku")),
        ),
        1024,
    ),
    (
        "gemini",
        (*((name, 2048) for name in ("gemini-2.5", "gemini-2.0")), ("gemini-", 4096)),
        4096,
    ),
)
"""Tokens by kind of provider, by what a model's name holds (the first that fits), and of all others."""

_ELSEWHERE = 1024
"""OpenAI's, and of those who do as OpenAI does."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one model of one provider."""

    marked: bool
    """Only what is marked is kept, and writing it costs; else what is long enough is kept unasked, at no price."""
    minimum: int
    """Tokens; what is shorter is silently not kept."""
    reports: bool
    """It is known to say how much it has read. Others show it when they first have read something."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices of a token of input, as shares of the price of one that is neither read nor written."""

    read: float = READ
    write: float = WRITE
    write_long: float = WRITE_LONG

    def writing(self, keep: Keep) -> float:
        """For so long."""
        return self.write if keep == "5m" else self.write_long


def of(kind: str, model: str) -> Rules:
    """The rules of a kind of provider, as in ``[cloud.NAME]``, for a model."""
    name = model.lower().replace("_", "-")
    if kind == "anthropic":
        name = name.replace(".", "-")
    special, others = next(((found, rest) for each, found, rest in _MINIMA if each == kind), ((), _ELSEWHERE))
    minimum = next((tokens for part, tokens in special if part in name), others)
    return Rules(kind == "anthropic", minimum, kind in ("anthropic", "openai", "openai-responses", "gemini"))


def rates(price: Price | None) -> Rates:
    """What a price says of caching; Anthropic's own where it says nothing."""
    if price is None or not price.input:
        return Rates()
    read = price.cached / price.input if price.cached < price.input else READ
    write = price.cache_write / price.input if price.cache_write > price.input else WRITE
    return Rates(read, write, max(write, WRITE_LONG))


def priced(price: Price | None, caching: Caching) -> Price | None:
    """The price of a request: what is kept for an hour is dearer to write than prices say."""
    if price is None or not caching.breakpoints or caching.keep == "5m":
        return price
    return replace(price, cache_write=max(price.cache_write, round(WRITE_LONG * price.input)))
