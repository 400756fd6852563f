"""The ends of a request, each within the transaction of its caller."""

import logging
from dataclasses import astuple, fields
from typing import Any

from farthing.ledger import accounts, processes, sessions
from farthing.ledger.clock import Instant
from farthing.ledger.model import LocalWork, Outcome, PromptParts, Reservation, Settlement, Usage
from farthing.ledger.store import Connection

log = logging.getLogger(__name__)

MARGIN_ROOM = 1.1
"""A margin that proved too small grows to what was needed, times this."""

MAX_MARGIN = 100.0

ABSURD_INPUT = 2
"""Input beyond so many times a bound is not our miscount: the provider is blocked."""

PARTS = tuple(each.name for each in fields(PromptParts))
COUNTS = tuple(each.name for each in fields(Usage))


def settle(
    db: Connection,
    reservation: Reservation,
    usage: Usage,
    answer: dict[str, Any],
    now: Instant,
    billed: int | None = None,
) -> Settlement:
    """Charge what the provider says; see :meth:`farthing.ledger.ledger.Ledger.settle`."""
    row = accounts.request(db, reservation.id)
    if row is None or row["state"] == "settled":
        log.warning("request %d was settled twice, or is unknown", reservation.id)
        return Settlement(row["charged"] if row else 0, row["overshoot"] if row else 0, False)
    reserved = row["reserved_input"] + row["reserved_output"]
    was_open = row["state"] in ("reserved", "sent")
    before = row["charged"]  # 0 unless unsettled
    # Corrected for the reports, but what a cap has been charged with is never given back.
    charged = max(before, usage.total)
    overshoot = max(0, usage.total - (0 if row["state"] == "released" else reserved))
    price = reservation.ask.price
    parts = PromptParts(*(row[name] for name in PARTS)).scaled(usage.input)
    changes = {
        **answer,
        **dict(zip(COUNTS, (getattr(usage, name) for name in COUNTS), strict=True)),
        **dict(zip(PARTS, astuple(parts), strict=True)),
        "charged": charged,
        "overshoot": overshoot,
        "state": "settled",
        "finished_ms": now.wall_ms,
        "money": price.cost(usage) if price else None if usage.total else 0,  # nothing costs nothing, at any price
        "saved": price.saved(usage) if price else 0,
    }
    _finish(db, row, changes, "settled" if was_open else "corrected", now)
    money_before = 0 if was_open else row["money"] or 0
    accounts.move(
        db,
        row,
        spent=charged - before,
        reserved=-reserved if was_open else 0,
        money_spent=max(0, (changes["money"] or 0) - money_before),
        money_reserved=-(row["reserved_money"] or 0) if was_open else 0,
    )
    if billed is not None:
        _reconcile(db, {**row, **changes}, billed, max(changes["money"] or 0, money_before), now)
    db.execute(
        "UPDATE sessions SET unsettled = unsettled - ?, overshoot = overshoot + ? WHERE id = ?",
        (before, overshoot, row["session"]),
    )
    return Settlement(charged, overshoot, _judge(db, row, usage, now))


def unsettle(db: Connection, request: int, reason: str, now: Instant, answer: dict[str, Any] | None = None) -> None:
    """Charge all that was reserved. What has ended already stays as it is."""
    row = accounts.request(db, request)
    if row is None or row["state"] not in ("reserved", "sent"):
        return
    reserved = row["reserved_input"] + row["reserved_output"]
    changes = {
        **(answer or {}),
        "input": row["reserved_input"],
        "output": row["reserved_output"],
        "charged": reserved,
        "money": row["reserved_money"],
        "state": "unsettled",
        "finished_ms": now.wall_ms,
    }
    _finish(db, row, changes, "unsettled", now, {"reason": reason})
    money = row["reserved_money"] or 0
    accounts.move(db, row, spent=reserved, reserved=-reserved, money_spent=money, money_reserved=-money)
    db.execute("UPDATE sessions SET unsettled = unsettled + ? WHERE id = ?", (reserved, row["session"]))


def release(db: Connection, request: int, reason: str, now: Instant) -> None:
    """Free what was reserved. What was sent is charged in full instead; what has ended already stays as it is."""
    row = accounts.request(db, request)
    if row is None or row["state"] != "reserved":
        unsettle(db, request, reason, now)
        return
    changes = {"state": "released", "finished_ms": now.wall_ms}
    accounts.update(db, request, changes)
    reserved = row["reserved_input"] + row["reserved_output"]
    accounts.move(db, row, reserved=-reserved, money_reserved=-(row["reserved_money"] or 0))
    accounts.record(db, now.wall_ms, "released", row["session"], request, {**changes, "reason": reason})


def record_local(db: Connection, work: LocalWork, now: Instant) -> int:
    """Note what a local model did; returns the request's id."""
    session = sessions.ensure(db, work.workspace, now)["id"]
    day = sessions.today(db, now)
    sessions.note_day(db, day)
    process = processes.me()
    values = {
        "session": session,
        "day": day,
        "project": work.project,
        "task": work.task,
        "local": 1,
        "provider": "local",
        "model": work.model,
        "tier": "local",
        "attempt": work.attempt,
        **dict(zip(PARTS, astuple(work.prompt.scaled(work.usage.input)), strict=True)),
        "reserved_input": 0,
        "reserved_output": 0,
        "margin": 1.0,
        **{name: getattr(work.usage, name) for name in COUNTS},
        "money": work.cost,
        "first_token_ms": work.first_token_ms,
        "total_ms": work.total_ms,
        "state": "settled",
        "outcome": "unknown",
        "created_ms": now.wall_ms,
        "finished_ms": now.wall_ms,
        "host": process.host,
        "pid": process.pid,
        "started": process.started,
    }
    request = accounts.insert(db, values)
    accounts.roll_up(db, values)
    accounts.record(db, now.wall_ms, "local", session, request, accounts.slim(values))
    return request


def outcome(db: Connection, request: int, outcome: Outcome, now: Instant) -> None:
    """Note what became of an answer."""
    row = accounts.request(db, request)
    if row is None or row["outcome"] == outcome:
        return
    changes = {"outcome": outcome}
    if row["state"] in ("settled", "unsettled"):
        _finish(db, row, changes, "outcome", now)
    else:
        accounts.update(db, request, changes)
        accounts.record(db, now.wall_ms, "outcome", row["session"], request, changes)


def margin(db: Connection, provider: str, model: str) -> float:
    """What bounds of the input have to be multiplied with."""
    row = db.execute("SELECT factor FROM margins WHERE provider = ? AND model = ?", (provider, model)).fetchone()
    return float(row[0]) if row else 1.0


def _reconcile(db: Connection, row: accounts.Row, billed: int, paid: int, now: Instant) -> None:
    """Put what a request really cost into the reports. Budgets, charged with ``paid``, only ever get more."""
    _finish(db, row, {"money": billed, "billed": billed}, "reconciled", now)
    accounts.move(db, row, money_spent=max(0, billed - paid))


def _finish(
    db: Connection,
    row: accounts.Row,
    changes: dict[str, Any],
    kind: str,
    now: Instant,
    more: dict[str, Any] | None = None,
) -> None:
    """Change a request that has come to its end, and the reports with it."""
    if row["state"] in ("settled", "unsettled"):
        accounts.roll_up(db, row, -1)
    accounts.update(db, row["id"], changes)
    accounts.roll_up(db, {**row, **changes})
    accounts.record(db, now.wall_ms, kind, row["session"], row["id"], {**changes, **(more or {})})


def _judge(db: Connection, row: accounts.Row, usage: Usage, now: Instant) -> bool:
    """Learn from a provider's count; returns whether it went beyond its limit, and is blocked for it."""
    provider, model, bound = row["provider"], row["model"], row["reserved_input"]
    if usage.input > bound:
        needed = min(row["margin"] * usage.input / max(bound, 1) * MARGIN_ROOM, MAX_MARGIN)
        if needed > margin(db, provider, model):
            log.warning(
                "%s counts more than we do for %s: %d tokens, at most %d were expected",
                provider,
                model,
                usage.input,
                bound,
            )
            db.execute("INSERT OR REPLACE INTO margins VALUES (?, ?, ?)", (provider, model, needed))
            data = {"provider": provider, "model": model, "factor": needed}
            accounts.record(db, now.wall_ms, "margin", row["session"], row["id"], data)
    if usage.output > row["reserved_output"]:
        reason = f"it charged {usage.output:,} tokens of output where {row['reserved_output']:,} were allowed"
    elif usage.input > ABSURD_INPUT * bound:
        reason = f"it charged {usage.input:,} tokens of input where {bound:,} were expected at most"
    else:
        return False
    log.error("%s is blocked: %s", provider, reason)
    db.execute("INSERT OR REPLACE INTO blocked VALUES (?, ?)", (provider, reason))
    accounts.record(db, now.wall_ms, "blocked", row["session"], row["id"], {"provider": provider, "reason": reason})
    return True
