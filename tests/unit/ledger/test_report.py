"""What reports say, and that verification sees what is wrong."""

import csv
import dataclasses
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from farthing.errors import UsageError
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import Usage
from farthing.ledger.report import EXPORTED, Grouping, cost, export, usage
from farthing.ledger.state import Totals
from farthing.ledger.verify import verify
from tests.support.ledger import ASK, DAY, WORK, WORKSPACE, Clock, open_ledger


@pytest.fixture
def busy(ledger: Ledger, clock: Clock) -> Ledger:
    """Two days, two projects, two models, and a bit of everything."""
    for each in (ASK, dataclasses.replace(ASK, model="=cmd()", project="p", task="edit", workspace="/p", price=None)):
        for end in ("settle", "unsettle", "release"):
            reservation = ledger.reserve(each)
            ledger.sent(reservation) if end != "release" else None
            ledger.settle(reservation, Usage(90, 10, 50, 5, 3)) if end == "settle" else None
            ledger.unsettle(reservation, "cut") if end == "unsettle" else None
            ledger.release(reservation, "no") if end == "release" else None
    clock.pass_by(DAY // 3)
    ledger.outcome(1, "accepted")
    ledger.record_local(WORK)
    clock.pass_by(DAY)
    ledger.record_local(WORK)
    ledger.reserve(ASK)
    return ledger


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("model", [("=cmd()", False, 2), ("big", False, 2), ("small", True, 2)]),
        ("task", [("ask", True, 2), ("ask", False, 2), ("edit", False, 2)]),
        ("project", [("p", False, 2), ("w", True, 2), ("w", False, 2)]),
        ("day", [("2025-06-15", True, 1), ("2025-06-15", False, 4), ("2025-06-16", True, 1)]),
        ("session", [("1", True, 1), ("1", False, 2), ("2", False, 2), ("3", True, 1)]),
    ],
)
def test_usage_by_everything(
    busy: Ledger, by: Grouping, rows: list[tuple[str, bool, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(row.key, row.local, row.totals.requests) for row in usage(busy.store, by)] == rows


def test_the_sums(busy: Ledger) -> None:
    strange, big, small = (row.totals for row in usage(busy.store, "model"))
    assert (big.input, big.cached, big.cache_write, big.output, big.reasoning) == (190, 50, 5, 410, 3)
    assert (big.unsettled, big.accepted) == (1, 1)
    assert cost(big) == pytest.approx((35 * 3 + 50 * 0.3 + 5 * 3.75 + 10 * 15 + 100 * 3.75 + 400 * 15) / 1e6)
    assert (strange.unpriced, cost(strange)) == (2, None)
    assert cost(small) == 0
    # 50 were read at a tenth of their price, 5 were written for a quarter more.
    assert (big.saved, strange.saved, small.saved) == (50 * 2700 - 5 * 750, 0, 0)
    assert (big.cached_share, Totals().cached_share) == (50 / 190, None)


def test_writing_that_nobody_reads_has_cost_more(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    ledger.unsettle(reservation, "cut")
    ledger.settle(reservation, Usage(90, 10, 0, 80))  # what is late is counted, too
    assert ledger.state(WORKSPACE).cloud.saved == -80 * 750
    assert verify(ledger.store).ok


def test_usage_since_a_day(busy: Ledger) -> None:
    assert [row.key for row in usage(busy.store, "day", "2025-06-16")] == ["2025-06-16"]
    with pytest.raises(UsageError, match="no date"):
        usage(busy.store, "day", "yesterday")


def test_every_request_is_exported_in_both_formats(busy: Ledger) -> None:
    objects = [json.loads(line) for line in export(busy.store, "jsonl")]
    rows = list(csv.DictReader(export(busy.store, "csv")))
    assert [each["id"] for each in objects] == list(range(1, 10))
    assert [set(each) for each in objects] == [set(EXPORTED)] * 9
    assert [row["state"] for row in rows] == [each["state"] for each in objects]
    assert objects[0]["workspace"] == WORKSPACE and objects[0]["outcome"] == "accepted"
    assert rows[3]["model"] == "'=cmd()"  # no formula of a spreadsheet


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET spent = spent - 1",
        "UPDATE sessions SET explicit_cap = 10",
        "UPDATE periods SET money_spent = 0 WHERE workspace = ''",
        "UPDATE rollup SET output = output + 1",
        "UPDATE requests SET state = 'released' WHERE id = 1",
        "UPDATE requests SET charged = 0 WHERE id = 1",
        "DELETE FROM requests WHERE id = 2",
        "DELETE FROM rollup",
        "INSERT INTO blocked VALUES ('work', 'x')",
        "INSERT INTO margins VALUES ('work', 'm', 1.5)",
        "DROP TRIGGER events_stay; DELETE FROM events WHERE id = 5",
        "DROP TRIGGER events_are_final; UPDATE events SET data = '{' WHERE id = 1",
        "DROP TRIGGER events_are_final; UPDATE events SET kind = 'odd' WHERE id = 1",
    ],
)
def test_what_does_not_add_up_is_found(farthing_home: Path, change: str) -> None:
    ledger = open_ledger(farthing_home)
    for _ in range(3):
        reservation = ledger.reserve(ASK)
        ledger.sent(reservation)
        ledger.settle(reservation, Usage(90, 10))
    assert verify(ledger.store).ok
    with closing(sqlite3.connect(farthing_home / "ledger.sqlite")) as db:
        db.executescript(change)
    found = verify(ledger.store)
    assert not found.ok and found.differences
    assert all("\n" not in line for line in found.differences)
    ledger.close()
