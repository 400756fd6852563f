"""What was spent, by what; and all of it, for other programs."""

import csv
import datetime
import io
import json
from collections.abc import Iterator
from typing import Any, Literal

from farthing.errors import UsageError
from farthing.ledger.accounts import SUMS
from farthing.ledger.model import NANO
from farthing.ledger.state import Totals, UsageRow
from farthing.ledger.store import Store

Grouping = Literal["model", "task", "project", "day", "session"]

CURRENCY = "USD"
"""Of all prices: those of the library are in dollars."""

EXPORTED = (
    *("id", "session", "workspace", "day", "project", "task", "local", "provider", "model", "model_answered", "tier"),
    *("attempt", "state", "outcome", "system", "tools", "files", "history", "instruction", "overhead"),
    *("reserved_input", "reserved_output", "reserved_money", "input", "cached", "cache_write", "output", "reasoning"),
    *("charged", "overshoot", "money", "saved", "billed", "price_date", "first_token_ms", "total_ms"),
    *("created_ms", "finished_ms"),
)
"""Columns of an export; money in nano-dollars, times in milliseconds."""


def usage(store: Store, by: Grouping, since: str = "") -> list[UsageRow]:
    """Sums by one thing, local work and the cloud apart.

    Args:
        since: the first day, ``2025-06-01``; all when empty.

    Raises:
        LedgerUnavailable: the ledger can't be read.
        UsageError: that is no day.
    """
    if since:
        try:
            since = datetime.date.fromisoformat(since).isoformat()
        except ValueError:
            raise UsageError(f"{since!r} is no date", "Write it as 2025-06-01") from None
    sums = ", ".join(f"sum({name})" for name in SUMS)
    with store.snapshot() as db:
        rows = db.execute(
            f"SELECT {by}, local, {sums} FROM rollup WHERE day >= ? GROUP BY {by}, local ORDER BY {by}, local DESC",
            (since,),
        ).fetchall()
    found = (UsageRow(str(key), bool(local), Totals(*totals)) for key, local, *totals in rows)
    return [row for row in found if row.totals.requests]


def cost(totals: Totals) -> float | None:
    """Dollars; None where a price is unknown, as a sum without it would be too little."""
    return None if totals.unpriced else totals.money / NANO


def export(store: Store, format: Literal["csv", "jsonl"]) -> Iterator[str]:
    """Every request on a line of its own, the oldest first; never text of prompts or answers, which nobody keeps.

    Raises:
        LedgerUnavailable: the ledger can't be read.
    """
    if format == "csv":
        yield _csv(EXPORTED)
    with store.snapshot() as db:
        rows = db.execute(
            f"SELECT {', '.join(f's.{name}' if name == 'workspace' else f'r.{name}' for name in EXPORTED)} "
            "FROM requests r JOIN sessions s ON s.id = r.session ORDER BY r.id"
        )
        for row in rows:
            if format == "csv":
                yield _csv(row)
            else:
                yield json.dumps(dict(zip(EXPORTED, row, strict=True)), ensure_ascii=False)


def _csv(row: tuple[Any, ...]) -> str:
    line = io.StringIO()
    # A spreadsheet takes a cell that begins like this for a formula.
    cells = [f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@") else cell for cell in row]
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
