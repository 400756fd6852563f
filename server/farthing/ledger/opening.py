"""The beginning of a request."""

from dataclasses import astuple
from typing import Any

from farthing.errors import CloudPaused, ProviderBlocked
from farthing.ledger import clock, processes, sessions
from farthing.ledger.closing import PARTS
from farthing.ledger.model import Ask
from farthing.ledger.store import Connection


def forbid(db: Connection, ask: Ask, session: sessions.Row) -> None:
    """Refuse what no limit has to be looked at for.

    Raises:
        CloudPaused, ProviderBlocked
    """
    if session["paused"]:
        raise CloudPaused("the cloud is paused in this session", "Resume it, or go on locally")
    blocked = db.execute("SELECT reason FROM blocked WHERE provider = ?", (ask.provider,)).fetchone()
    if blocked:
        raise ProviderBlocked(
            f"{ask.provider} is blocked: {blocked[0]}", "farthing cap reset gives it another chance; or go on locally"
        )


def columns(ask: Ask, max_output: int, money: int | None, session: int, day: str, now: clock.Instant) -> dict[str, Any]:
    """The columns of a request that is reserved."""
    process = processes.me()
    return {
        "session": session,
        "day": day,
        "project": ask.project,
        "task": ask.task,
        "local": 0,
        "provider": ask.provider,
        "model": ask.model,
        "tier": ask.tier,
        "attempt": ask.attempt,
        **dict(zip(PARTS, astuple(ask.prompt), strict=True)),
        "reserved_input": ask.prompt.total,
        "reserved_output": max_output,
        "reserved_money": money,
        "margin": ask.margin,
        "price_date": ask.price.date if ask.price else None,
        "state": "reserved",
        "created_ms": now.wall_ms,
        "host": process.host,
        "pid": process.pid,
        "started": process.started,
    }
