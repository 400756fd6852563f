"""Numbers that hold together, and money that is never too little."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from farthing.ledger.model import MAX_TOKENS, Ask, Price, PromptParts, Usage
from tests.support.ledger import ASK, PRICE

COUNTS = st.integers(0, MAX_TOKENS // 8)
RATES = st.integers(0, 10**12)


@pytest.mark.parametrize(
    "numbers",
    [(-1, 0), (0, -1), (MAX_TOKENS + 1, 0), (5, 5, 6), (5, 5, 3, 3), (5, 5, 0, 0, 6), (True, 1), (1.5, 1), ("3", 1)],
)
def test_absurd_usage_is_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be|cached|reasoned"):
        Usage(*numbers)


def test_usage_counts_cache_reads_and_reasoning_in_full() -> None:
    assert Usage(100, 50, cached=90, cache_write=10, reasoning=50).total == 150


@given(st.lists(COUNTS, min_size=6, max_size=6), st.integers(0, MAX_TOKENS))
def test_scaled_parts_have_the_wanted_sum_and_keep_their_shares(numbers: list[int], total: int) -> None:
    parts = PromptParts(*numbers)
    scaled = parts.scaled(total)
    assert scaled.total == total
    if parts.total:
        assert abs(scaled.files - Fraction(parts.files * total, parts.total)) < 1


@given(RATES, RATES, RATES, RATES, COUNTS, COUNTS, COUNTS, COUNTS)
def test_no_usage_within_a_bound_costs_more_than_the_bound(
    input: int, output: int, cached: int, write: int, plain: int, read: int, written: int, said: int
) -> None:
    price = Price(input, output, cached, write, "", "user")
    usage = Usage(plain + read + written, said, read, written)
    assert 0 <= price.cost(usage) <= price.bound(usage.input, usage.output)


@given(RATES, RATES, COUNTS, st.integers(0, 10**14))
def test_what_is_affordable_is_paid_with_the_money_and_one_more_token_is_not(
    rate: int, output: int, input: int, money: int
) -> None:
    price = Price(rate, output, 0, 0, "", "user")
    tokens = price.affordable_output(money, input)
    assume(0 <= tokens <= MAX_TOKENS)
    assert price.bound(input, tokens) <= money
    if output:
        assert price.bound(input, tokens + 1) > money


def test_prices_are_those_of_the_articles() -> None:
    assert PRICE.cost(Usage(1_000_000, 0)) == 3 * 10**9
    assert PRICE.cost(Usage(200_000, 0, cache_write=200_000)) == 750_000_000
    assert PRICE.cost(Usage(1_000_000, 1_000_000, cached=1_000_000)) == 15_300_000_000
    assert PRICE.cost(Usage(1, 0)) == 3000


@pytest.mark.parametrize(
    "change", [{"useful_output": 0}, {"useful_output": 401}, {"attempt": -1}, {"wanted_output": -5}]
)
def test_an_ask_that_makes_no_sense_is_refused(change: dict[str, int]) -> None:
    values = {name: getattr(ASK, name) for name in Ask.__dataclass_fields__}
    with pytest.raises(ValueError, match="must be"):
        Ask(**{**values, **change})


def test_a_price_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="no price"):
        Price(-1, 0, 0, 0, "", "user")
