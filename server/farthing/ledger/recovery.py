"""What processes left open that are gone: killed, crashed, or lost with the power."""

from farthing.ledger import closing
from farthing.ledger.clock import Instant
from farthing.ledger.processes import Process
from farthing.ledger.store import Connection

UNSEEN_MS = 3_600_000
"""A process that can't be seen from here, in another container, say, is taken for gone after this long. If it lives
after all, it is refused to send."""


def orphans(db: Connection, me: Process, now: Instant) -> list[int]:
    """Open requests of processes that are gone."""
    rows = db.execute(
        "SELECT id, host, pid, started, created_ms FROM requests WHERE state IN ('reserved', 'sent')"
    ).fetchall()
    known: dict[Process, bool | None] = {me: True}
    found = []
    for id, host, pid, started, created_ms in rows:
        process = Process(host, pid, started)
        if process not in known:
            known[process] = process.lives()
        lives = known[process]
        if lives is False or (lives is None and now.wall_ms - created_ms > UNSEEN_MS):
            found.append(id)
    return found


def close(db: Connection, requests: list[int], now: Instant) -> None:
    """Free what was not sent, and charge in full what may have been."""
    for request in requests:
        closing.release(db, request, "its process is gone", now)
