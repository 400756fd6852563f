"""How long to wait before an answer is begun."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion.cadence import FACTOR, IDLE_S, LONGEST_S, PAUSE_S, SAMPLES, SHORTEST_S, Cadence


def measured(intervals: Sequence[float], latencies: Sequence[float]) -> Cadence:
    cadence, now = Cadence(), 100.0
    cadence.keystroke(now)
    for interval in intervals:
        now += interval
        cadence.keystroke(now)
    for latency in latencies:
        cadence.answered(latency)
    return cadence


@pytest.mark.parametrize(
    ("intervals", "latencies", "wait"),
    [
        ([], [], 0.0),
        ([0.2] * 5, [], 0.0),
        ([], [5.0], 0.0),
        ([0.2] * 5, [0.1] * 5, 0.0),
        ([0.2] * 5, [0.3] * 5, 0.25),
        ([0.2] * 5, [math.inf] * 5, 0.25),
        ([0.02] * 5, [0.3] * 5, SHORTEST_S),
        ([1.5] * 5, [3.0] * 5, LONGEST_S),
        ([PAUSE_S + 1] * 5, [9.0] * 5, 0.0),
        ([0.2, 9.0, 0.2, 9.0, 9.0], [0.3], 0.25),
        ([0.2] * 5, [0.1, 0.1, 9.0], 0.0),
        ([0.2] * 5, [0.1, math.inf, math.inf], 0.25),
    ],
)
def test_only_a_machine_that_is_slower_than_the_user_waits(
    intervals: list[float], latencies: list[float], wait: float
) -> None:
    found = measured(intervals, latencies).wait("automatic")
    assert found == pytest.approx(wait)


def test_only_the_last_samples_count() -> None:
    assert measured([0.2] * 50, [9.0] * 50 + [0.1] * SAMPLES).wait("automatic") == 0.0
    assert measured([1.9] * 50 + [0.2] * SAMPLES, [0.3]).wait("automatic") == pytest.approx(0.25)


def test_what_the_user_has_set_comes_before_what_was_measured() -> None:
    for cadence in (Cadence(), measured([0.2] * 5, [0.1] * 5), measured([0.2] * 5, [9.0] * 5)):
        assert cadence.wait("idle") == IDLE_S
        assert cadence.wait("manual") is None


seconds = st.floats(0, 5)


@given(st.lists(seconds, max_size=30), st.lists(seconds | st.just(math.inf), max_size=30), st.floats(0, 5))
def test_a_wait_is_none_or_within_its_limits(intervals: list[float], latencies: list[float], slower: float) -> None:
    wait = measured(intervals, latencies).wait("automatic")
    assert wait is not None
    assert wait == 0.0 or SHORTEST_S <= wait <= LONGEST_S
    if typed := [each for each in intervals if each < PAUSE_S]:
        assert wait <= max(FACTOR * max(typed) * 1.001, SHORTEST_S)
    slow = measured(intervals, [latency + slower for latency in latencies]).wait("automatic")
    assert slow is not None and slow >= wait
