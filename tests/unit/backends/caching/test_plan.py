"""Where breakpoints pay: the arithmetic, by hand and by chance."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.caching.outlook import FOLLOWED, REPAIRED, STAYS, Outlook
from farthing.backends.caching.plan import MESSAGE_TOKENS, Held, gains_of, layout, plan
from farthing.backends.caching.rules import MARKS, Rates, Rules, of, priced, rates
from farthing.backends.chat import Caching, Keep, Part, Prompt
from farthing.ledger.model import NANO, Price

RULES = Rules(marked=True, minimum=1024, reports=True)
SONNET = Price(3 * NANO, 15 * NANO, 300_000_000, 3_750_000_000, "2025-06-01", "user")
KEEPS: tuple[Keep, ...] = get_args(Keep)


def text(tokens: int) -> str:
    """So much that it is estimated to be so many tokens, with those of its message."""
    return "x" * round(3.5 * (tokens - MESSAGE_TOKENS))


def first(tokens: int) -> Prompt:
    """What a first turn says."""
    return Prompt((Part("system", text(200), "system"), Part("files", text(tokens - 200))))


def later(*said: int) -> Prompt:
    """A conversation of so many tokens in each message; the last one is what is said now."""
    history = [
        Part("history", text(size), "assistant" if index % 2 else "user") for index, size in enumerate(said[:-1])
    ]
    return Prompt((Part("system", text(200), "system"), *history, Part("instruction", text(said[-1]))))


@pytest.mark.parametrize(
    ("kind", "model", "minimum"),
    [
        ("anthropic", "claude-opus-5", 512),
        ("anthropic", "claude-sonnet-4-5-20250929", 1024),
        ("anthropic", "claude-opus-4.8", 1024),
        ("anthropic", "anthropic/claude-opus-4.7", 2048),
        ("anthropic", "claude-3-5-haiku-latest", 2048),
        ("anthropic", "claude-haiku-4-5", 4096),
        ("anthropic", "claude-opus-4-6", 4096),
        ("openai", "gpt-5", 1024),
        ("gemini", "gemini-2.5-pro", 2048),
        ("gemini", "gemini-3-pro-preview", 4096),
    ],
)
def test_what_is_kept_at_least_is_as_documented(kind: str, model: str, minimum: int) -> None:
    assert of(kind, model).minimum == minimum


def test_prices_say_what_reading_and_writing_cost() -> None:
    assert rates(SONNET) == Rates(0.1, 1.25, 2.0) == rates(None)
    free = Price(0, 0, 0, 0, "", "user")
    silent = Price(NANO, NANO, NANO, NANO, "", "user")
    assert rates(free) == rates(silent) == Rates()
    half = Price(4 * NANO, NANO, 2 * NANO, 6 * NANO, "", "user")
    assert rates(half) == Rates(0.5, 1.5, 2.0)


def test_what_is_kept_for_an_hour_is_priced_as_such() -> None:
    marked = Caching(breakpoints=(0,), keep="1h")
    found = priced(SONNET, marked)
    assert found is not None
    assert (found.cache_write, found.input, found.cached) == (6 * NANO, SONNET.input, SONNET.cached)
    assert priced(SONNET, Caching(breakpoints=(0,))) is SONNET
    assert priced(SONNET, Caching(keep="1h")) is SONNET
    assert priced(None, marked) is None


def test_the_arithmetic_of_a_first_turn() -> None:
    """10,200 tokens are written, 200 of them what stays whatever happens."""
    outlook = Outlook(further=2)
    (short, long) = (each for each in gains_of(layout(first(10_000)), RULES, Rates(), outlook, None) if each.last == 1)
    followed = FOLLOWED["5m"]
    reads = followed + followed**2
    by_hand = 200 * (0.9 * reads - 0.25) + 9800 * (0.9 * STAYS * reads - 0.25)
    assert short.keep == "5m"
    assert short.tokens == pytest.approx(by_hand, abs=1)
    reads = FOLLOWED["1h"] + FOLLOWED["1h"] ** 2
    by_hand = 200 * (0.9 * reads - 1) + 9800 * (0.9 * STAYS * reads - 1)
    assert long.keep == "1h"
    assert long.tokens == pytest.approx(by_hand, abs=1)


def test_the_arithmetic_of_what_is_kept_already() -> None:
    """3,200 tokens are read at a tenth and stay kept; 600 are said before what is said now, which are 1,000."""
    prompt = later(3000, 600, 1000)
    outlook = Outlook(gaps=(60.0,) * 8, further=1)
    reads = (1 * FOLLOWED["5m"] + 8) / 9
    kept = 3200 * 0.9 * (1 + reads)
    short = {
        gain.last: gain.tokens
        for gain in gains_of(layout(prompt), RULES, Rates(), outlook, Held(1, "5m"))
        if gain.keep == "5m"
    }
    assert sorted(short) == [1, 2, 3]
    assert short[1] == pytest.approx(kept, abs=2)
    assert short[2] == pytest.approx(kept + 600 * (0.9 * reads - 0.25), abs=2)
    assert short[3] == pytest.approx(short[2] + 1000 * (0.9 * STAYS * reads - 0.25), abs=2)


def test_breakpoints_stand_after_what_stays_and_at_the_end() -> None:
    made = plan(later(3000, 600, 500, 400, 1000), RULES, Rates(), Outlook(), Held(3, "5m"))
    assert made == Caching(breakpoints=(1, 3, 4, 5), keep="5m")


def test_one_question_on_the_command_line_is_not_kept() -> None:
    assert plan(first(20_000), RULES, Rates(), Outlook(further=0)) == Caching()


def test_one_edit_on_the_command_line_is_kept_only_where_repairs_are_likely_enough() -> None:
    reads = REPAIRED + REPAIRED**2
    assert 0.9 * reads < 0.25
    assert plan(first(20_000), RULES, Rates(), Outlook(repairs=2, further=0)) == Caching()
    assert plan(first(20_000), RULES, Rates(write=1.2), Outlook(repairs=2, further=0)).breakpoints == (1,)


def test_a_conversation_that_rests_longer_is_kept_longer() -> None:
    assert plan(first(9000), RULES, Rates(), Outlook()).keep == "5m"
    assert plan(first(9000), RULES, Rates(), Outlook(gaps=(420.0, 500.0))).keep == "1h"
    assert plan(first(9000), RULES, Rates(), Outlook(gaps=(60.0, 45.0))).keep == "5m"
    assert plan(first(9000), RULES, Rates(), Outlook(gaps=(90_000.0,) * 8)) == Caching()


def test_too_little_is_not_marked() -> None:
    assert plan(first(1023), RULES, Rates(), Outlook()) == Caching()
    assert plan(first(1030), RULES, Rates(), Outlook()).breakpoints == (1,)


def test_who_keeps_prompts_unasked_gets_no_breakpoints() -> None:
    assert plan(first(50_000), of("openai", "gpt-5"), Rates(), Outlook()) == Caching()


sizes = st.integers(5, 20_000)
talks = st.integers(1, 6).flatmap(lambda turns: st.lists(sizes, min_size=2 * turns + 1, max_size=2 * turns + 1))
prompts = st.one_of(sizes.map(lambda size: first(size + 300)), talks.map(lambda said: later(*said)))
outlooks = st.builds(
    Outlook,
    st.lists(st.floats(0, 1e5), max_size=10).map(tuple),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 9),
)
prices = st.builds(Rates, st.floats(0.05, 1), st.floats(1, 1.5), st.floats(1.5, 3))


def expected_cost(prompt: Prompt, made: Caching, price: Rates, outlook: Outlook, held: Held | None) -> float:
    """Of this request and of all that read what it leaves, in tokens of plain input: told as a story, turn by turn."""
    ends = layout(prompt).ends
    total, said = ends[-1], layout(prompt).said
    if not made.breakpoints:
        return total
    last = made.breakpoints[-1]
    read = 0
    if held and held.keep == made.keep and held.index in made.breakpoints:
        read = ends[held.index]
    cost = read * price.read + (ends[last] - read) * price.writing(made.keep) + total - ends[last]
    stays = max(read, ends[min(last, said)] if said >= 0 else 0)
    saved = 1 - price.read

    def repairs(attempts: int) -> float:
        return REPAIRED * (1 + repairs(attempts - 1)) if attempts else 0.0

    def turns(left: int) -> float:
        return outlook.followed(made.keep) * (1 + turns(left - 1)) if left else 0.0

    following = turns(outlook.further) * (1 + repairs(outlook.later))
    cost -= ends[last] * saved * repairs(outlook.repairs)
    return cost - saved * following * (stays + STAYS * (ends[last] - stays))


@given(prompts, outlooks, prices, st.none() | st.builds(Held, st.integers(0, 12), st.sampled_from(KEEPS)))
def test_a_plan_never_costs_more_than_none(prompt: Prompt, outlook: Outlook, price: Rates, held: Held | None) -> None:
    ends = layout(prompt).ends
    if held and (held.index >= len(ends) or ends[held.index] < RULES.minimum):
        held = None
    made = plan(prompt, RULES, price, outlook, held)
    assert len(made.breakpoints) <= MARKS
    assert list(made.breakpoints) == sorted(set(made.breakpoints))
    assert all(ends[at] >= RULES.minimum for at in made.breakpoints)
    none = expected_cost(prompt, Caching(), price, outlook, None)
    assert expected_cost(prompt, made, price, outlook, held) <= none + 1e-6
    # And no other last breakpoint would have been better.
    for keep in KEEPS:
        for last in {layout(prompt).said, len(ends) - 1} - {-1}:
            marks = tuple(sorted({last, *([held.index] if held and held.index <= last else [])}))
            if ends[last] >= RULES.minimum:
                other = Caching(breakpoints=marks, keep=keep)
                cost = expected_cost(prompt, made, price, outlook, held)
                assert cost <= expected_cost(prompt, other, price, outlook, held) + 1e-6
