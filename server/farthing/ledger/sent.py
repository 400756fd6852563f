"""What has left this machine: where to, why, and which pieces of a repository. Never their text.

It is noted with the event that says that a request is about to leave, so on disk before its first byte leaves, and as
little to be changed later as every other event.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from farthing.ledger.store import Store

MAX_PIECES = 200
"""Of each list; what is beyond them is counted."""

MAX_TEXT = 300
"""Characters of each."""

MAX_EVENTS = 200_000
"""The newest, in which requests are looked for."""

MAX_LISTED = 500
"""Requests."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is noted of a request."""

    address: str = ""
    """It is sent to."""
    reason: str = ""
    """Why it is sent there, in one line."""
    pieces: tuple[str, ...] = ()
    """Of the repository: ``path:first-last``."""
    redacted: tuple[str, ...] = ()
    """What was taken out: ``path:line kind``."""

    def data(self) -> dict[str, object]:
        """As the event has it: bounded, and without what is empty."""
        lists = {"pieces": _bounded(self.pieces), "redacted": _bounded(self.redacted)}
        texts = {"address": _plain(self.address), "reason": _plain(self.reason)}
        return {name: value for name, value in {**texts, **lists}.items() if value}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that has left."""

    request: int
    at_ms: int
    """Since 1970."""
    task: str
    tier: str
    provider: str
    model: str
    answered: str
    """The model that says it has answered; empty where none has."""
    tokens: int
    """Input and output: counted, or else all that was reserved."""
    money: int | None
    """Nano-dollars; None where nobody knows."""
    leaving: Leaving


def listed(store: Store, workspace: str) -> list[Sent]:
    """What has left in the session of a workspace, the newest first.

    Args:
        workspace: canonical path.

    Raises:
        LedgerUnavailable: the ledger can't be read.
    """
    with store.snapshot() as db:
        rows = db.execute(
            "SELECT r.id, e.at_ms, r.task, r.tier, r.provider, r.model, coalesce(r.model_answered, ''), "
            "CASE WHEN r.state = 'sent' THEN r.reserved_input + r.reserved_output ELSE r.input + r.output END, "
            "CASE WHEN r.state = 'sent' THEN r.reserved_money ELSE r.money END, e.data "
            "FROM events e JOIN requests r ON r.id = e.request JOIN sessions s ON s.id = r.session "
            "WHERE e.kind = 'sent' AND e.id > (SELECT max(id) FROM events) - ? AND s.workspace = ? AND NOT s.ended "
            "ORDER BY e.id DESC LIMIT ?",
            (MAX_EVENTS, workspace, MAX_LISTED),
        ).fetchall()
    return [_sent(row) for row in rows]


def _sent(row: tuple[Any, ...]) -> Sent:
    known = asdict(Leaving()) | json.loads(row[-1])
    leaving = Leaving(known["address"], known["reason"], tuple(known["pieces"]), tuple(known["redacted"]))
    request, at_ms, task, tier, provider, model, answered, tokens, money = row[:-1]
    return Sent(request, at_ms, task, tier, provider, model, answered, tokens, money, leaving)


def _bounded(texts: tuple[str, ...]) -> list[str]:
    kept = [_plain(text) for text in texts[:MAX_PIECES]]
    return [*kept, f"and {len(texts) - MAX_PIECES} more"] if len(texts) > MAX_PIECES else kept


def _plain(text: str) -> str:
    # Half of a pair of surrogates, from a file's name, can't be written.
    return text[:MAX_TEXT].encode("utf-8", "replace").decode()
