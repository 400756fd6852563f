"""Sessions: one for each workspace, until the user ends it or it is not used for long."""

from typing import Any

from farthing.ledger import accounts
from farthing.ledger.clock import Instant
from farthing.ledger.limits import Limits
from farthing.ledger.store import Connection

IDLE_MS = 12 * 3600 * 1000
"""A session that was not used for so long has ended."""

Row = dict[str, Any]
"""A row of ``sessions`` by column."""


def current(db: Connection, workspace: str, now: Instant) -> Row | None:
    """The session of a workspace; None where none began, or the last one has ended or was not used for long."""
    row = _unended(db, workspace)
    return None if row is None or _is_idle(row, now) else row


def ensure(db: Connection, workspace: str, now: Instant) -> Row:
    """The session of a workspace, which is now in use; a new one where there is none."""
    row = _unended(db, workspace)
    if row is not None and _is_idle(row, now):
        end(db, row, now, "idle")
        row = None
    if row is None:
        return _begin(db, workspace, now)
    touch(db, row["id"], now)
    return row


def end(db: Connection, row: Row, now: Instant, reason: str) -> None:
    """End a session. What is reserved in it stays reserved until it is settled."""
    db.execute("UPDATE sessions SET ended = 1 WHERE id = ?", (row["id"],))
    accounts.record(db, now.wall_ms, "session_ended", row["id"], None, {"reason": reason})


def touch(db: Connection, id: int, now: Instant) -> None:
    """Note that a session is in use."""
    db.execute(
        "UPDATE sessions SET used_ms = ?, used_boot = ?, used_up_ms = ? WHERE id = ?",
        (now.wall_ms, now.boot, now.up_ms, id),
    )


def cap(row: Row | None, limits: Limits) -> int:
    """Tokens that a session may spend: the user's word for it, else the settings', and never above a repository's."""
    explicit = row["explicit_cap"] if row else None
    wanted = limits.cap_tokens if explicit is None else int(explicit)
    return wanted if limits.ceiling_tokens is None else min(wanted, limits.ceiling_tokens)


def today(db: Connection, now: Instant) -> str:
    """The day that spending counts for: never one before the latest that was written, wherever the clock jumps."""
    latest = str(db.execute("SELECT day FROM latest").fetchone()[0])
    return max(latest, now.day)


def note_day(db: Connection, day: str) -> None:
    """Make a day the latest; an earlier one only where the user has said so."""
    db.execute("UPDATE latest SET day = ? WHERE day <> ?", (day, day))


def _unended(db: Connection, workspace: str) -> Row | None:
    cursor = db.execute("SELECT * FROM sessions WHERE workspace = ? AND NOT ended", (workspace,))
    row = cursor.fetchone()
    return dict(zip((column[0] for column in cursor.description), row, strict=True)) if row else None


def _is_idle(row: Row, now: Instant) -> bool:
    return now.milliseconds_since(row["used_ms"], row["used_boot"], row["used_up_ms"]) >= IDLE_MS


def _begin(db: Connection, workspace: str, now: Instant) -> Row:
    db.execute(
        "INSERT INTO sessions (workspace, started_ms, used_ms, used_boot, used_up_ms) VALUES (?, ?, ?, ?, ?)",
        (workspace, now.wall_ms, now.wall_ms, now.boot, now.up_ms),
    )
    row = _unended(db, workspace)
    assert row is not None
    accounts.record(db, now.wall_ms, "session_started", row["id"], None, {"workspace": workspace})
    return row
