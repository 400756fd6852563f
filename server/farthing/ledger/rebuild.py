"""All totals made again from the events alone, to be compared with the running ones.

Nothing of the code that keeps the running totals is used: two ways that come to the same sum are a proof, one is none.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from farthing.ledger.store import Connection

Data = dict[str, Any]


@dataclass(slots=True)
class _Request:
    session: int
    day: str
    key: tuple[Any, ...]
    bound: int
    """Tokens reserved."""
    bound_input: int
    bound_money: int | None
    state: str
    outcome: str = "unknown"
    counts: tuple[int, ...] = (0, 0, 0, 0, 0)
    """Input, cached, cache_write, output, reasoning."""
    money: int | None = None
    saved: int = 0
    charged: int = 0
    overshoot: int = 0
    paid: int = 0
    """Nano-dollars that budgets were charged with."""


@dataclass(slots=True)
class _Session:
    workspace: str
    explicit_cap: int | None = None
    paused: int = 0
    ended: int = 0


@dataclass
class Books:
    """The totals that the events say."""

    sessions: dict[int, _Session] = field(default_factory=dict)
    requests: dict[int, _Request] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    margins: dict[tuple[str, str], float] = field(default_factory=dict)
    events: int = 0
    differences: list[str] = field(default_factory=list)
    """What the events themselves have wrong."""


def fold(db: Connection) -> Books:
    """Read all events, in their order."""
    books = Books()
    rows = db.execute("SELECT id, kind, session, request, data FROM events ORDER BY id")
    for id, kind, session, request, text in rows:
        books.events += 1
        if id != books.events:
            books.differences.append(f"event {books.events} is missing")
            books.events = id
        try:
            _apply(books, kind, session, request, json.loads(text))
        except (ValueError, KeyError, TypeError) as exc:
            books.differences.append(f"event {id} can't be read: {exc!r}")
    return books


def _apply(books: Books, kind: str, session: int, request: int, data: Data) -> None:
    if kind in _REQUEST_EVENTS:
        _REQUEST_EVENTS[kind](books, request, data)
    elif kind == "session_started":
        books.sessions[session] = _Session(data["workspace"])
    elif kind == "session_ended":
        books.sessions[session].ended = 1
    elif kind in ("cap_set", "cap_raised"):
        books.sessions[session].explicit_cap = data["cap"]
    elif kind in ("paused", "resumed"):
        books.sessions[session].paused = int(kind == "paused")
    elif kind == "blocked":
        books.blocked.add(data["provider"])
    elif kind == "unblocked":
        books.blocked.clear()
    elif kind == "margin":
        books.margins[data["provider"], data["model"]] = data["factor"]
    else:
        books.differences.append(f"there is no event of the kind {kind!r}")


def _open(books: Books, id: int, data: Data) -> None:
    texts = (data.get(name, "") for name in ("provider", "model", "task", "project"))
    key = (data["session"], data["day"], data.get("local", 0), *texts)
    input = data.get("reserved_input", 0)
    bound, money = input + data.get("reserved_output", 0), data.get("reserved_money")
    books.requests[id] = _Request(data["session"], data["day"], key, bound, input, money, "reserved")


def _local(books: Books, id: int, data: Data) -> None:
    _open(books, id, data)
    request = books.requests[id]
    request.state, request.counts, request.money = "settled", _counts(data), data["money"]


def _sent(books: Books, id: int, data: Data) -> None:
    books.requests[id].state = "sent"


def _settled(books: Books, id: int, data: Data) -> None:
    request = books.requests[id]
    usage = data["input"] + data["output"]
    allowed = 0 if request.state == "released" else request.bound
    request.overshoot = max(0, usage - allowed)
    request.charged = max(request.charged, usage)
    request.paid = max(request.paid, data["money"] or 0)
    request.counts, request.money, request.state = _counts(data), data["money"], "settled"
    request.saved = data.get("saved", 0)  # events of older versions have none


def _reconciled(books: Books, id: int, data: Data) -> None:
    request = books.requests[id]
    request.money = data["money"]
    request.paid = max(request.paid, data["money"])


def _unsettled(books: Books, id: int, data: Data) -> None:
    request = books.requests[id]
    request.counts = (request.bound_input, 0, 0, request.bound - request.bound_input, 0)
    request.charged, request.money, request.state = request.bound, request.bound_money, "unsettled"
    request.paid = request.bound_money or 0


def _released(books: Books, id: int, data: Data) -> None:
    books.requests[id].state = "released"


def _outcome(books: Books, id: int, data: Data) -> None:
    books.requests[id].outcome = data["outcome"]


_REQUEST_EVENTS = {
    "reserved": _open,
    "local": _local,
    "sent": _sent,
    "settled": _settled,
    "corrected": _settled,
    "reconciled": _reconciled,
    "unsettled": _unsettled,
    "released": _released,
    "outcome": _outcome,
}


def _counts(data: Data) -> tuple[int, ...]:
    return tuple(data.get(name, 0) for name in ("input", "cached", "cache_write", "output", "reasoning"))


def session_rows(books: Books) -> Iterator[tuple[Any, ...]]:
    """``id, workspace, explicit_cap, paused, ended, spent, reserved, unsettled, overshoot`` of every session."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for request in books.requests.values():
        amounts = (
            request.charged,
            request.bound if request.state in ("reserved", "sent") else 0,
            request.charged if request.state == "unsettled" else 0,
            request.overshoot,
        )
        _add(sums[request.session], amounts)
    for id, session in books.sessions.items():
        yield id, session.workspace, session.explicit_cap, session.paused, session.ended, *sums[id]


def period_rows(books: Books) -> Iterator[tuple[Any, ...]]:
    """``workspace, period, tokens_spent, tokens_reserved, money_spent, money_reserved``."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for request in books.requests.values():
        if request.key[2]:
            continue
        is_open = request.state in ("reserved", "sent")
        bound, bound_money = (request.bound, request.bound_money or 0) if is_open else (0, 0)
        session = books.sessions.get(request.session)  # None where its first event is damaged, which was told
        for workspace in ("", session.workspace if session else "?"):
            for period in (request.day, request.day[:7]):
                _add(sums[workspace, period], (request.charged, bound, request.paid, bound_money))
    for key, amounts in sums.items():
        yield (*key, *amounts)


def rollup_rows(books: Books) -> Iterator[tuple[Any, ...]]:
    """Rows of the reports."""
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 13)
    for request in books.requests.values():
        if request.state not in ("settled", "unsettled"):
            continue
        amounts = (
            1,
            *request.counts,
            request.money or 0,
            int(request.money is None),
            int(request.state == "unsettled"),
            *(int(request.outcome == name) for name in ("accepted", "rejected", "failed")),
            request.saved,
        )
        _add(sums[request.key], amounts)
    for key, totals in sums.items():
        yield (*key, *totals)


def request_rows(books: Books) -> Iterator[tuple[Any, ...]]:
    """``id, state, outcome, input, cached, cache_write, output, reasoning, money, saved, charged, overshoot``."""
    for id, each in books.requests.items():
        yield id, each.state, each.outcome, *each.counts, each.money, each.saved, each.charged, each.overshoot


def _add(sums: list[int], amounts: tuple[int, ...]) -> None:
    for index, amount in enumerate(amounts):
        sums[index] += amount
