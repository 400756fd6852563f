"""Whether the running totals are what the events say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from farthing.ledger import rebuild
from farthing.ledger.store import Connection, Store

MAX_DIFFERENCES = 100
"""More are counted and not told."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a comparison came to."""

    ok: bool
    events: int
    differences: list[str]
    """One line each; empty where it is ok."""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    def kept(self, db: Connection) -> Iterator[tuple[Any, ...]]:
        yield from db.execute(f"SELECT {', '.join(self.key + self.columns)} FROM {self.name}")


_COUNTS = ("input", "cached", "cache_write", "output", "reasoning")
_TABLES = (
    (
        _Table(
            "sessions",
            ("id",),
            ("workspace", "explicit_cap", "paused", "ended", "spent", "reserved", "unsettled", "overshoot"),
        ),
        rebuild.session_rows,
    ),
    (
        _Table(
            "periods",
            ("workspace", "period"),
            ("tokens_spent", "tokens_reserved", "money_spent", "money_reserved"),
        ),
        rebuild.period_rows,
    ),
    (
        _Table(
            "rollup",
            ("session", "day", "local", "provider", "model", "task", "project"),
            ("requests", *_COUNTS, "money", "unpriced", "unsettled", "accepted", "rejected", "failed", "saved"),
        ),
        rebuild.rollup_rows,
    ),
    (
        _Table("requests", ("id",), ("state", "outcome", *_COUNTS, "money", "saved", "charged", "overshoot")),
        rebuild.request_rows,
    ),
)


def verify(store: Store) -> Verification:
    """Make all totals again from the events, and compare.

    Raises:
        LedgerUnavailable: the ledger can't be read.
    """
    with store.snapshot() as db:
        checks = [text for (text,) in db.execute("PRAGMA quick_check(10)") if text != "ok"]
        books = rebuild.fold(db)
        # SQLite tells several things in one text.
        differences = [f"the file: {line}" for text in checks for line in text.splitlines()] + books.differences
        for table, rows in _TABLES:
            differences += _compare(table, list(table.kept(db)), list(rows(books)))
        differences += _compare(_Table("blocked", ("provider",), ()), _blocked(db), [(name,) for name in books.blocked])
        margins = _Table("margins", ("provider", "model"), ("factor",))
        differences += _compare(margins, list(margins.kept(db)), [(*key, each) for key, each in books.margins.items()])
    told = differences[:MAX_DIFFERENCES]
    if len(differences) > MAX_DIFFERENCES:
        told.append(f"and {len(differences) - MAX_DIFFERENCES} more")
    return Verification(not differences, books.events, told)


def _blocked(db: Connection) -> list[tuple[Any, ...]]:
    return db.execute("SELECT provider FROM blocked").fetchall()


def _compare(table: _Table, kept: list[tuple[Any, ...]], said: list[tuple[Any, ...]]) -> list[str]:
    width = len(table.key)
    ours = {row[:width]: row[width:] for row in kept}
    theirs = {row[:width]: row[width:] for row in said}
    found = []
    nothing = tuple(0 for _ in table.columns)
    for key in sorted(ours.keys() | theirs.keys()):
        name = f"{table.name} {', '.join(map(str, key))}"
        left, right = ours.get(key), theirs.get(key)
        if left is None or right is None:
            # A sum that came back to nothing leaves a row of zeros behind.
            if (left or right) != nothing or not nothing:
                found.append(f"{name}: {'missing' if left is None else 'no event says so'}")
            continue
        for column, mine, other in zip(table.columns, left, right, strict=True):
            if mine != other:
                found.append(f"{name}: {column} is {mine}, and the events say {other}")
    return found
