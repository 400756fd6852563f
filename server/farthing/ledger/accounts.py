"""The running totals: every change of them, in SQL, within the transaction that writes its event."""

import json
from collections.abc import Mapping
from typing import Any

from farthing.ledger.store import Connection

Row = dict[str, Any]
"""A row of ``requests`` by column, and ``workspace``."""

SUMS = (
    *("requests", "input", "cached", "cache_write", "output", "reasoning", "money", "unpriced", "unsettled"),
    *("accepted", "rejected", "failed", "saved"),
)
"""Columns of ``rollup`` that add up."""

KEY = ("session", "day", "local", "provider", "model", "task", "project")

_ROLL_UP = (
    f"INSERT INTO rollup ({', '.join(KEY + SUMS)}) VALUES ({', '.join('?' * len(KEY + SUMS))}) "
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in SUMS)}"
)
_PERIOD = (
    "INSERT INTO periods VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "tokens_spent = tokens_spent + excluded.tokens_spent, "
    "tokens_reserved = tokens_reserved + excluded.tokens_reserved, "
    "money_spent = money_spent + excluded.money_spent, money_reserved = money_reserved + excluded.money_reserved"
)


def record(
    db: Connection, at_ms: int, kind: str, session: int | None, request: int | None, data: Mapping[str, Any]
) -> None:
    """Write an event."""
    db.execute(
        "INSERT INTO events (at_ms, kind, session, request, data) VALUES (?, ?, ?, ?, ?)",
        (at_ms, kind, session, request, json.dumps(data, separators=(",", ":"), ensure_ascii=False)),
    )


def slim(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new request as its event has them: without zeros, and without what no total is made of. There
    may be a million."""
    left_out = ("host", "pid", "started", "state", "outcome", "created_ms", "finished_ms")
    money = ("money", "reserved_money")  # free and unknown are not the same
    return {name: value for name, value in values.items() if name in money or (value and name not in left_out)}


def insert(db: Connection, values: Mapping[str, Any]) -> int:
    """Write a request; returns its id. ``values`` by column; the rest have their defaults."""
    cursor = db.execute(
        f"INSERT INTO requests ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values())
    )
    return int(cursor.lastrowid or 0)


def update(db: Connection, request: int, values: Mapping[str, Any]) -> None:
    """Change columns of a request."""
    db.execute(
        f"UPDATE requests SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?", (*values.values(), request)
    )


def request(db: Connection, id: int) -> Row | None:
    """A request; None where there is none of this id."""
    cursor = db.execute(
        "SELECT r.*, s.workspace FROM requests r JOIN sessions s ON s.id = r.session WHERE r.id = ?", (id,)
    )
    row = cursor.fetchone()
    return dict(zip((column[0] for column in cursor.description), row, strict=True)) if row else None


def move(
    db: Connection,
    row: Mapping[str, Any],
    spent: int = 0,
    reserved: int = 0,
    money_spent: int = 0,
    money_reserved: int = 0,
) -> None:
    """Change what is spent and reserved, in a request's session, in its day and in its month.

    Args:
        row: the request: ``session``, ``workspace`` and ``day`` are read. It stays with the day that it began on.
        spent: tokens to be added, as all others; negative to take away.
    """
    db.execute(
        "UPDATE sessions SET spent = spent + ?, reserved = reserved + ? WHERE id = ?", (spent, reserved, row["session"])
    )
    amounts = (spent, reserved, money_spent, money_reserved)
    db.executemany(
        _PERIOD,
        [
            (workspace, period, *amounts)
            for workspace in ("", row["workspace"])
            for period in (row["day"], row["day"][:7])
        ],
    )


def roll_up(db: Connection, row: Mapping[str, Any], sign: int = 1) -> None:
    """Add a request that came to its end to the reports, or with -1 take it out again."""
    outcome = row["outcome"]
    sums = (
        1,
        *(row[name] for name in ("input", "cached", "cache_write", "output", "reasoning")),
        row["money"] or 0,
        int(row["money"] is None),
        int(row["state"] == "unsettled"),
        *(int(outcome == name) for name in ("accepted", "rejected", "failed")),
        row.get("saved", 0),
    )
    db.execute(_ROLL_UP, (*(row[name] for name in KEY), *(sign * each for each in sums)))
