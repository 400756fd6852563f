"""The model of a provider's cache, and that the plan is worth its while on it."""

import random

import caching
import pytest

from farthing.backends.caching.miss import remembered
from farthing.backends.caching.rules import of
from farthing.backends.chat import NO_CACHING, Caching, Keep, Part, Prompt
from farthing.ledger.model import NANO, Price

PRICE = Price(3 * NANO, 15 * NANO, 300_000_000, 3_750_000_000, "2025-06-01", "user")


def prompt(*words: str) -> Prompt:
    """Messages of some 1,150 tokens each."""
    return Prompt(
        tuple(Part("history", word * 4000, "assistant" if at % 2 else "user") for at, word in enumerate(words))
    )


def ask(cache: caching.Cache, words: str, at: float, *marks: int, keep: Keep = "5m") -> tuple[int, int]:
    """Messages that are read, and that are written."""
    request = remembered("lab", caching.MODEL, prompt(*words), at)
    usage = cache.ask(request, Caching(breakpoints=marks, keep=keep))
    size = request.ends[0]
    return round(usage.cached / size), round(usage.cache_write / size)


@pytest.fixture
def cache() -> caching.Cache:
    return caching.Cache(of("anthropic", caching.MODEL))


def test_what_is_marked_is_read_later_and_kept_by_being_read(cache: caching.Cache) -> None:
    assert ask(cache, "ab", 0, 1) == (0, 2)
    assert ask(cache, "abc", 299, 2) == (2, 1)
    assert ask(cache, "abd", 598, 2) == (2, 1)  # another end
    assert ask(cache, "abc", 1000, 2) == (0, 3)


def test_an_hour_is_an_hour_and_no_other_time(cache: caching.Cache) -> None:
    assert ask(cache, "ab", 0, 1, keep="1h") == (0, 2)
    assert ask(cache, "abc", 3500, 1, keep="5m") == (0, 2)
    assert ask(cache, "abc", 3600, 1, keep="1h") == (2, 0)


def test_nothing_is_read_without_a_breakpoint_or_too_far_behind_one(cache: caching.Cache) -> None:
    assert ask(cache, "ab", 0, 1) == (0, 2)
    assert ask(cache, "ab", 1) == (0, 0)
    long = "ab" + "cd" * 10
    assert ask(cache, long, 2, 21) == (0, 22)
    assert ask(cache, "ab" + "xy" * 9, 3, 19) == (2, 18)


def test_too_little_is_not_kept(cache: caching.Cache) -> None:
    short = remembered("lab", caching.MODEL, Prompt((Part("instruction", "Hello."),)), 0)
    assert cache.ask(short, Caching(breakpoints=(0,))).cache_write == 0
    assert not cache.entries


def test_the_plan_pays_in_a_conversation_and_learns_to_leave_it() -> None:
    chance = random.Random(7)
    quick = caching.conversation([90.0] * 9, chance)
    none, _ = caching.cost(quick, PRICE, lambda _: NO_CACHING)
    planned, read = caching.cost(quick, PRICE, None)
    assert planned < none / 3
    assert read > 0.8
    slow = caching.conversation([600.0] * 9, chance)
    always, _ = caching.cost(slow, PRICE, caching.always("5m"))
    planned, _ = caching.cost(slow, PRICE, None)
    assert planned < always / 2
