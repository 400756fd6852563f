"""When the model is sure enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion.confidence import LEAST_MEAN, Confidence


def grown(*pieces: tuple[str, float]) -> Confidence:
    """Of an answer of such pieces, each a token with the logarithm of its probability."""
    confidence, total = Confidence(), 0.0
    for count, (text, logprob) in enumerate(pieces, 1):
        total += logprob
        confidence.add(text, count, total)
    return confidence


@pytest.mark.parametrize(
    ("pieces", "enough"),
    [
        ([], True),
        ([("a", 0.0)], True),
        ([("a", LEAST_MEAN)], True),
        ([("a", LEAST_MEAN - 0.01)], False),
        ([("a", LEAST_MEAN * 3), ("b", 0.0), ("c", 0.0)], True),
        ([("a", LEAST_MEAN * 3), ("b", LEAST_MEAN)], False),
        ([("a", -0.1), ("\n", -0.1), ("b", -90.0)], True),
        ([("a", -0.1), (")\n", -9.0)], False),
        ([("\n", -0.1), ("    ", -0.1), ("b", -9.0)], False),
    ],
)
def test_the_mean_of_the_first_line_decides(pieces: list[tuple[str, float]], enough: bool) -> None:
    assert grown(*pieces).enough() is enough


def test_the_limit_can_be_another_one() -> None:
    assert grown(("a", -2.0)).enough(-2.0)
    assert not grown(("a", -2.0)).enough(-1.9)


def test_several_tokens_may_make_one_piece() -> None:
    confidence = Confidence()
    confidence.add("é", 3, -6.0)
    assert confidence.mean == -2.0


def test_a_blank_line_is_not_the_first_one() -> None:
    assert not grown(("\n", -1.0), ("  \n", -1.0), ("x", -1.0)).line_ended
    assert grown(("\n", -1.0), ("x", -1.0), ("\n", -1.0)).line_ended


@given(st.lists(st.tuples(st.text("ab \n", min_size=1, max_size=3), st.floats(-20, 0)), max_size=8), st.floats(-20, 0))
def test_what_is_surer_is_never_withheld_before_what_is_less_so(pieces: list[tuple[str, float]], least: float) -> None:
    surer = [(text, logprob / 2) for text, logprob in pieces]
    assert grown(*surer).enough(least) >= grown(*pieces).enough(least)
    assert -20 <= grown(*pieces).mean <= 0
