"""Reading what a provider says that it counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.chat import Report
from farthing.backends.cloud.usage import Counts, read
from farthing.ledger.model import Usage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details")


def said(input: Any, output: Any, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": input, "completion_tokens": output} | more


def test_what_is_cached_and_reasoned_is_part_of_the_whole() -> None:
    details: dict[str, Any] = {
        "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    assert read(said(100, 20, total_tokens=120, **details)) == Usage(100, 20, cached=60, reasoning=5)


def test_reasoning_that_only_the_total_has_is_output() -> None:
    # 10 are said, 90 were thought beside them.
    usage = read(said(100, 10, total_tokens=200, completion_tokens_details={"reasoning_tokens": 90}))
    assert usage == Usage(100, 100, reasoning=90)


def test_nulls_and_whole_floats_are_taken() -> None:
    assert read(said(3.0, 1, total_tokens=None, prompt_tokens_details=None)) == Usage(3, 1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "12",
        {},
        said(5, None),
        said(-1, 5),
        said(5, -1),
        said(5, True),
        said("5", 5),
        said(1.5, 5),
        said(float("inf"), 5),
        said(10**10, 5),
        said(5, 10**12),
        said(50, 50, total_tokens=99),
        said(5, 5, prompt_tokens_details={"cached_tokens": 6}),
        said(5, 5, completion_tokens_details={"reasoning_tokens": 6}),
    ],
)
def test_nonsense_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        read(value)


@given(st.dictionaries(st.sampled_from(NAMES), JSON | st.integers(0, 1000)))
def test_whatever_is_said_is_refused_or_makes_sense(value: dict[str, Any]) -> None:
    try:
        usage = read(value)
    except ValueError:
        return
    assert 0 <= usage.cached <= usage.input == value["prompt_tokens"]
    assert 0 <= usage.reasoning <= usage.output
    assert usage.output >= value["completion_tokens"]


def test_the_last_report_counts_and_none_is_added() -> None:
    counts = Counts()
    for output in (5, 9, 9):
        counts.generated("x" * 4)
        assert counts.report(said(7, output)) == Report(Usage(7, output))


@pytest.mark.parametrize("second", [said(7, 8), said(6, 9), said(7, -9), None])
def test_what_shrinks_or_is_nonsense_spoils_all_that_follows(second: object) -> None:
    counts = Counts()
    counts.report(said(7, 9))
    assert counts.report(second) == Report(None)
    assert counts.report(said(7, 10)) == Report(None)


@pytest.mark.parametrize("value", [said(0, 9), said(7, 0)])
def test_less_than_what_was_sent_and_came_is_nonsense(value: object) -> None:
    counts = Counts()
    counts.generated("some text")
    assert counts.report(value) == Report(None)


@given(st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30)), min_size=1))
def test_a_report_never_says_less_than_one_before(pairs: list[tuple[int, int]]) -> None:
    counts, most = Counts(), (0, 0)
    for pair in pairs:
        usage = counts.report(said(*pair)).usage
        if usage is not None:
            assert usage == Usage(*pair)
            assert usage.input >= most[0]
            assert usage.output >= most[1]
            most = pair
