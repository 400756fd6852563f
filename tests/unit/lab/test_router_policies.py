"""Who is asked, what comes of it, what it costs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from router_policies import (
    Policy,
    Step,
    always_cloud,
    always_local,
    at_random,
    auc,
    by_doubt,
    by_length,
    interval,
    oracle,
    result,
    router,
)
from router_report import policies, report
from router_run import Outcome, outcomes, save
from router_tasks import load

from farthing.ledger.model import NANO, Price
from farthing.routing.model import CloudTier

SMALL = Price(NANO, 5 * NANO, 0, 0, "", "user")
MEDIUM = Price(3 * NANO, 15 * NANO, 0, 0, "", "user")
PRICES: dict[CloudTier, Price] = {"small": SMALL, "medium": MEDIUM, "frontier": MEDIUM}

RIGHT = Outcome(
    "a", "m", "edit", "described", "edit", 1, 10, 400, 80, 300, 90, 4000, 100, 1, (), True, True, True, True, -0.1, 1.0
)
WRONG = replace(RIGHT, task="b", passed=False, tests=False, half=False, lines=30, confidence=-0.4)
HIDDEN = replace(WRONG, task="c", half=True)
BROKEN = replace(WRONG, task="d", applied=False, failed=("it breaks the syntax",))
TEST = replace(RIGHT, task="e", kind="test", way="test", routed="test")
ALL = [RIGHT, WRONG, HIDDEN, BROKEN, TEST]

REQUEST = (4000 * 1 + 100 * 5) / 1e6
"""Dollars of one to the small tier."""


def sent(policy: Policy) -> list[float]:
    return [step.cloud for step in policy(ALL)]


def test_the_router_escalates_what_a_check_sees() -> None:
    assert sent(router(PRICES, "none")) == [0, 0, 0, 1, 1]
    assert sent(router(PRICES, "half")) == [0, 1, 0, 1, 1]
    assert sent(router(PRICES, "all")) == [0, 1, 1, 1, 1]
    assert [step.tried for step in router(PRICES, "none")(ALL)] == [True, True, True, True, False]


def test_a_refactoring_of_many_files_goes_to_the_medium_tier_at_once() -> None:
    (step,) = router(PRICES, "none")([replace(RIGHT, routed="refactor", files=2)])
    assert (step.tier, step.cloud, step.tried) == ("medium", 1.0, False)
    assert step.money(PRICES) == pytest.approx(3 * REQUEST)


def test_a_policy_comes_to_rate_cost_precision_and_recall() -> None:
    found = result(router(PRICES, "none")(ALL), PRICES, 0.5)
    assert found.rate == pytest.approx((1 + 0 + 0 + 0.5 + 0.5) / 5)
    assert found.cost == pytest.approx(2 * REQUEST / 5)
    assert (found.share, found.precision) == (0.4, 0.5) and found.recall == pytest.approx(1 / 3)
    assert found.cost_per_pass == pytest.approx(found.cost / found.rate)


def test_the_ends_of_the_scale() -> None:
    local, cloud = result(always_local(ALL), PRICES, 0.9), result(always_cloud("medium")(ALL), PRICES, 0.9)
    assert (local.rate, local.cost, local.precision, local.recall) == (0.4, 0, None, 0)
    assert cloud.rate == pytest.approx(0.9) and cloud.cost == pytest.approx(3 * REQUEST) and cloud.recall == 1
    assert result(always_local([WRONG]), PRICES, 0.9).cost_per_pass is None
    assert result(oracle(ALL), PRICES, 1.0).rate == 1 and result(oracle(ALL), PRICES, 0.6).precision == 1


def test_the_longest_are_taken_first_and_those_of_one_length_alike() -> None:
    assert sent(by_length(0.4)) == pytest.approx([0, 2 / 3, 2 / 3, 2 / 3, 0])
    assert sent(by_length(0.8)) == pytest.approx([0.5, 1, 1, 1, 0.5])


def test_the_least_sure_answers_are_taken_first() -> None:
    silent = replace(BROKEN, confidence=None)
    found = by_doubt(0.5)([RIGHT, WRONG, silent, TEST])
    assert [(step.cloud, step.tried) for step in found] == [(0, True), (1, True), (1, True), (0, True)]


@given(st.lists(st.sampled_from(ALL), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_shares_are_matched_and_rates_are_rates(some: list[Outcome], share: float, success: float) -> None:
    for policy in (at_random(share), by_length(share), by_doubt(share)):
        found = result(policy(some), PRICES, success)
        assert found.share == pytest.approx(share)
        assert 0 <= found.rate <= 1
    best = result(oracle(some), PRICES, success).rate
    assert best >= result(router(PRICES, "all")(some), PRICES, success).rate - 1e-9


@given(st.lists(st.tuples(st.floats(-5, 0), st.booleans())))
def test_the_area_is_that_of_pairs(scores: list[tuple[float, bool]]) -> None:
    found, turned = auc(scores), auc([(-score, passed) for score, passed in scores])
    if len({passed for _, passed in scores}) < 2:
        assert found is None
    else:
        assert found is not None and turned is not None and found + turned == pytest.approx(1)


def test_the_area_of_what_tells_all_is_one() -> None:
    assert auc([(-0.1, True), (-0.2, True), (-0.3, False)]) == 1.0


def test_an_interval_holds_the_figure_and_is_the_same_again() -> None:
    values = [1.0] * 30 + [0.0] * 70

    def mean(chosen: Sequence[int]) -> float:
        return sum(values[number] for number in chosen) / len(chosen)

    low, high = interval(mean, len(values))
    assert 0.15 < low < 0.3 < high < 0.45 and (low, high) == interval(mean, len(values))


def test_outcomes_are_kept(tmp_path: Path) -> None:
    save(ALL, tmp_path / "o.jsonl")
    assert outcomes(tmp_path / "o.jsonl") == ALL


def test_the_report_has_every_policy_in_every_table() -> None:
    text = report(ALL, PRICES, "m")
    for name in policies(ALL, PRICES):
        assert text.count(f"\n| {name} |") == (3 if name.startswith("router") else 4), name
    assert "| all | m | 5 | 40% |" in text


def test_expected_money_is_that_of_the_share() -> None:
    assert Step(RIGHT, 0.25).money(PRICES) == pytest.approx(REQUEST / 4)


def test_the_outcomes_are_of_tasks_that_there_are() -> None:
    tasks = {task.id: task for task in load()}
    found = outcomes()
    assert len({(each.task, each.model) for each in found}) == len(found)
    assert all((each.kind, each.way) == (tasks[each.task].kind, tasks[each.task].way) for each in found)
    assert all(each.applied or not each.passed for each in found)
