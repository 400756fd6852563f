"""The state of a session, what limits leave it, and the user's own acts on it."""

from farthing.ledger import accounts, sessions
from farthing.ledger.clock import Instant
from farthing.ledger.limits import Budget, Limits
from farthing.ledger.room import Room, dollars
from farthing.ledger.state import ANSWERING_TASKS, COMPLETION, SessionState, Totals, UsageRow
from farthing.ledger.store import Connection

RECENT_MS = 600_000
"""What a burn rate looks back on, …"""

RECENT_REQUESTS = 1000
"""… within the last so many requests."""

_SUMS = ", ".join(f"sum({name})" for name in accounts.SUMS)


def rooms(db: Connection, session: sessions.Row, limits: Limits, day: str) -> list[Room]:
    """What every limit that applies leaves, the session's cap first."""
    cap = sessions.cap(session, limits)
    fix = "farthing cap raise N, farthing cap reset for a new session, or go on locally"
    found = [Room("the session's cap", cap, cap - session["spent"] - session["reserved"], False, fix)]
    found += _budget_rooms(db, "", "your", limits.user, day)
    found += _budget_rooms(db, session["workspace"], "the workspace's", limits.workspace, day)
    return found


def _budget_rooms(db: Connection, workspace: str, whose: str, budget: Budget, day: str) -> list[Room]:
    found = []
    for name, period, tokens, money in (
        ("day", day, budget.day_tokens, budget.day_money),
        ("month", day[:7], budget.month_tokens, budget.month_money),
    ):
        if tokens is None and money is None:
            continue
        row = db.execute(
            "SELECT tokens_spent + tokens_reserved, money_spent + money_reserved FROM periods "
            "WHERE workspace = ? AND period = ?",
            (workspace, period),
        ).fetchone() or (0, 0)
        fix = f"Raise it in config.toml, wait for the next {name}, or go on locally"
        for limit, used, in_money in ((tokens, row[0], False), (money, row[1], True)):
            if limit is not None:
                found.append(Room(f"{whose} budget of the {name}", limit, limit - used, in_money, fix))
    return found


def state(db: Connection, workspace: str, limits: Limits, now: Instant) -> SessionState:
    """All about the session of a workspace."""
    row = sessions.current(db, workspace, now)
    blocked = tuple(name for (name,) in db.execute("SELECT provider FROM blocked ORDER BY provider"))
    cap = sessions.cap(row, limits)
    if row is None:
        row = {"id": None, "workspace": workspace, "spent": 0, "reserved": 0, "unsettled": 0, "overshoot": 0}
        row |= {"paused": 0, "last_cloud_ms": None, "explicit_cap": None}
    cloud = "session = ? AND NOT local"
    by_task = _rows(db, "task", "session = ?", row["id"])
    cloud_totals = totals(db, cloud, (row["id"],))
    return SessionState(
        session=row["id"],
        workspace=workspace,
        cap=cap,
        spent=row["spent"],
        reserved=row["reserved"],
        unsettled=row["unsettled"],
        overshoot=row["overshoot"],
        remaining=max(0, cap - row["spent"] - row["reserved"]),
        money=cloud_totals.money,
        unpriced=cloud_totals.unpriced,
        local_answers=_answers(by_task, True),
        cloud_answers=_answers(by_task, False),
        completions=sum(each.totals.requests for each in by_task if each.key == COMPLETION),
        cloud=cloud_totals,
        by_model=_rows(db, "model", cloud, row["id"]),
        by_task=by_task,
        recent_tokens=_recent(db, row["id"], now),
        last_cloud_ms=row["last_cloud_ms"],
        paused=bool(row["paused"]),
        blocked=blocked,
        blocked_reason=_blocked_reason(rooms(db, row, limits, sessions.today(db, now)), row, limits),
    )


def totals(db: Connection, condition: str, values: tuple[object, ...]) -> Totals:
    """Sums of the reports' rows that meet a condition."""
    found = db.execute(f"SELECT {_SUMS} FROM rollup WHERE {condition}", values).fetchone()
    return Totals(*(value or 0 for value in found))


def _rows(db: Connection, key: str, condition: str, session: int | None) -> tuple[UsageRow, ...]:
    found = db.execute(
        f"SELECT {key}, local, {_SUMS} FROM rollup WHERE {condition} GROUP BY {key}, local ORDER BY {key}, local",
        (session,),
    )
    return tuple(UsageRow(name, bool(local), Totals(*sums)) for name, local, *sums in found)


def _answers(by_task: tuple[UsageRow, ...], local: bool) -> int:
    rows = [each.totals for each in by_task if each.local == local and each.key in ANSWERING_TASKS]
    return sum(each.requests - each.failed for each in rows)


def _recent(db: Connection, session: int | None, now: Instant) -> int:
    found = db.execute(
        "SELECT coalesce(sum(charged), 0) FROM requests WHERE id > (SELECT coalesce(max(id), 0) FROM requests) - ? "
        "AND session = ? AND NOT local AND finished_ms BETWEEN ? AND ?",
        (RECENT_REQUESTS, session, now.wall_ms - RECENT_MS, now.wall_ms),
    ).fetchone()
    return int(found[0])


def _blocked_reason(found: list[Room], row: sessions.Row, limits: Limits) -> str:
    if limits.unusable:
        return limits.unusable
    if row["paused"]:
        return "the cloud is paused in this session"
    for room in found:
        if room.left <= 0:
            limit = dollars(room.limit) if room.in_money else f"{room.limit:,} tokens"
            return f"{room.name} of {limit} is used up"
    return ""
