"""A working day, and what it comes to."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from day import SCENARIOS, DayError, home, joined, replay, size_of
from day_report import Spent, added, report, right
from day_trace import HOURS, MIX, WITHOUT_CHECK, Row, make, read
from router_tasks import load

from farthing.ledger.model import Usage
from farthing.routing.model import TaskKind
from tests.support.provider import Provider, provider
from tests.unit.lab.test_router_policies import BROKEN, PRICES, RIGHT, TEST, WRONG

ROUTER, _, TESTED = SCENARIOS[2:]


def row(kind: TaskKind, talk: int = 0, turn: int = 0) -> Row:
    return Row("09:00:00", kind, "a", talk, turn)


def test_the_trace_is_a_day_of_the_tasks_that_there_are() -> None:
    trace, tasks = read(), {task.id: task for task in load()}
    assert len(trace) == 400 and Counter(each.kind for each in trace) == MIX
    assert [each.at for each in trace] == sorted(each.at for each in trace)
    assert all(_working(each.at) for each in trace)
    assert all(tasks[each.task].kind == each.kind for each in trace if each.kind not in WITHOUT_CHECK)


def test_turns_of_a_conversation_follow_each_other() -> None:
    talks: dict[int, list[int]] = {}
    for each in read():
        assert bool(each.talk) == (each.kind != "complete")
        talks.setdefault(each.talk, []).append(each.turn)
    del talks[0]
    assert all(turns == list(range(1, len(turns) + 1)) for turns in talks.values())
    assert max(map(len, talks.values())) == 5


def test_the_trace_can_be_made_again() -> None:
    assert make(load(), 11) == read() and make(load(), 12) != read()


def _working(at: str) -> bool:
    hours, minutes, seconds = map(int, at.split(":"))
    second = 3600 * hours + 60 * minutes + seconds
    return any(first <= second < last + 600 for first, last in HOURS)


async def test_the_router_sends_what_failed_and_what_its_table_says(farthing_home: Path) -> None:
    rows = [(row("edit"), RIGHT), (row("edit", 1, 1), BROKEN), (row("edit", 1, 2), WRONG), (row("test"), TEST),
            (row("design"), RIGHT), (row("explain"), RIGHT), (row("complete"), RIGHT)]  # fmt: skip
    with provider() as paid:
        spent = await replay(rows, ROUTER, farthing_home, PRICES, paid)
        assert [each.tier for each in spent] == ["local", "small", "local", "small", "frontier", "local", "local"]
        assert [each.passed for each in spent] == [True, False, False, True, None, None, True]
        assert spent[1].local == 390 and spent[3].local == 0 and not any(each.tokens for each in spent[5:])
        with home(farthing_home, "again") as other:
            again = await replay(rows, TESTED, other, PRICES, paid)
    assert [each.tier for each in again] == ["local", "small", "small", "small", "frontier", "local", "local"]
    # What was said before is sent again.
    assert again[2].input - again[1].input == 160
    assert abs(spent[1].input - 4000) < 20 and spent[1].output == 100
    assert spent[1].cost == PRICES["small"].cost(Usage(spent[1].input, 100))


async def test_a_bill_that_is_not_ours_is_told(farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Provider, "bill", lambda self: {})
    said = r"router: 4,\d{3} tokens here, 4,\d{3} in the ledger, 0 billed"
    with provider() as paid, pytest.raises(DayError, match=said):
        await replay([(row("test"), TEST)], ROUTER, farthing_home, PRICES, paid)


def test_tasks_without_an_outcome_are_left_out() -> None:
    measured = [RIGHT, replace(RIGHT, task="b", model="n", kind="complete")]
    trace = [row("edit"), replace(row("complete"), task="b"), replace(row("edit"), task="b"), row("complete")]
    assert joined(trace, measured, "m", "n") == [(trace[0], measured[0]), (trace[1], measured[1])]


def test_sizes_are_measured_or_assumed() -> None:
    assert size_of(row("edit"), RIGHT) == (4000, 100)
    assert size_of(row("complete"), RIGHT) == (300, 100)
    assert size_of(row("design"), RIGHT) == (4000, 1200)


def test_sums_are_against_the_same_tasks_in_the_cloud() -> None:
    cloud = [Spent("edit", "small", 0, 900, 100, 5, True), Spent("edit", "small", 0, 2900, 100, 15, False)]
    own = [Spent("edit", "local", 50, passed=True), Spent("edit", "small", 70, 2900, 100, 15, False)]
    found = added(own, cloud)
    assert (found.local, found.local_tokens, found.whole) == (1, 1000, 4000)
    assert (found.requests, found.tokens, found.money, found.wasted) == (1, 3000, 15, 70)
    assert right(own, 0.6) == pytest.approx(0.8) and right(cloud, 0.6) == pytest.approx(0.6)
    text = report({"all cloud, small": cloud, "all cloud, medium": cloud, "router": own, "router with tests": own})
    assert "| router | 2 | 50.0% | 25.0% | 1 | 3,000 | 0.0000 | 70 | -25.0 %, -25.0 % |" in text
