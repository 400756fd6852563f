"""How much is sent, by who reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.context.budget import FIXED_TOKENS, LEAST, cloud_budget, local_budget
from farthing.errors import UsageError


@pytest.mark.parametrize(
    ("rate", "window", "patience", "expected"),
    [
        (None, 8192, 6.0, 600),
        (200.0, 8192, 6.0, 1200 - FIXED_TOKENS),
        (200.0, 8192, 2.0, LEAST),
        (20.0, 8192, 6.0, LEAST),
        (5000.0, 4096, 6.0, 2048),
        (None, 512, 6.0, 256),
    ],
)
def test_a_local_budget(rate: float | None, window: int, patience: float, expected: int) -> None:
    assert local_budget(rate, window, patience) == expected


@given(st.none() | st.floats(0, 1e6), st.integers(0, 200_000), st.floats(0, 60))
def test_there_is_always_a_budget_and_room_for_the_answer(rate: float | None, window: int, patience: float) -> None:
    budget = local_budget(rate, window, patience)
    assert 1 <= budget <= max(1, window // 2)


def test_tiers_that_bill() -> None:
    assert [cloud_budget(tier) for tier in ("small", "medium", "frontier")] == [4000, 8000, 16000]
    with pytest.raises(UsageError):
        cloud_budget("local")
