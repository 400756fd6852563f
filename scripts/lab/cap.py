"""How long a request waits for the ledger: reserve and settle, against a bare insert into SQLite on the same disk.

Every measurement alternates with its bound, so that both meet the same machine. Run it with real-time priority on a
busy one: ``chrt -f 5 .venv/bin/python scripts/bench cap``.
"""

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from farthing.ledger import accounts, closing, opening, sessions
from farthing.ledger.clock import Instant, now
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import NANO, Ask, LocalWork, Price, PromptParts, Reservation, Usage
from farthing.ledger.report import usage
from farthing.ledger.store import Connection
from farthing.ledger.verify import verify

LIMIT_MS = 1.0
"""Reserve and settle, in the slowest of 20."""

USAGE_LIMIT_MS = 50.0

WORKSPACE = "/bench"
ASK = Ask(
    WORKSPACE,
    "bench",
    "ask",
    "work",
    "big",
    "frontier",
    PromptParts(system=800, files=2400, history=600, instruction=200),
    2000,
    200,
    price=Price(3 * NANO, 15 * NANO, 300_000_000, 3_750_000_000, "2025-06-01", "user"),
)
ANSWER = Usage(3100, 700, 2000, 0, 100)


class Bare:
    """What nobody can be faster than: one row, one transaction."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("CREATE TABLE t (a)")

    def insert(self, synchronous: str) -> None:
        """Write some 500 bytes."""
        self.db.execute(f"PRAGMA synchronous = {synchronous}")
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("INSERT INTO t VALUES (?)", ("x" * 500,))
        self.db.execute("COMMIT")


def timed(function: Callable[[], object]) -> float:
    """Milliseconds."""
    begin = time.perf_counter()
    function()
    return (time.perf_counter() - begin) * 1000


def fill(ledger: Ledger, events: int) -> None:
    """As many events as years of use leave: nine completions to a cloud request, over a year and four projects."""
    moment = now()
    day_ms = 86_400_000
    choose = random.Random(1)
    written = 0
    with ledger.store.transaction() as db:
        for number in range(10**9):
            if written >= events:
                break
            at = Instant(moment.wall_ms - int((1 - written / events) * 365 * day_ms), moment.boot, moment.up_ms)
            workspace = f"/project{choose.randrange(4)}"
            if number % 10:
                task = choose.choice(["completion"] * 8 + ["ask", "edit"])
                work = LocalWork(workspace, workspace[1:], task, "small", Usage(900, 30, 800), 40.0, 200.0)
                closing.record_local(db, work, at)
                written += 1
            else:
                written += cloud(db, workspace, choose, at)


def cloud(db: Connection, workspace: str, choose: random.Random, at: Instant) -> int:
    """A settled request with its three events, written as a reservation and its settlement are."""
    ask = Ask(
        workspace,
        workspace[1:],
        choose.choice(["ask", "edit"]),
        "work",
        choose.choice("abc"),
        "medium",
        ASK.prompt,
        2000,
        200,
        price=ASK.price,
    )
    session = sessions.ensure(db, workspace, at)
    day = sessions.today(db, at)
    sessions.note_day(db, day)
    values = opening.columns(ask, 2000, 0, session["id"], day, at)
    id = accounts.insert(db, values)
    accounts.move(db, {**values, "workspace": workspace}, reserved=6000)
    accounts.record(db, at.wall_ms, "reserved", session["id"], id, accounts.slim(values))
    accounts.update(db, id, {"state": "sent"})
    accounts.record(db, at.wall_ms, "sent", session["id"], id, {})
    answer = {"model_answered": None, "first_token_ms": 500.0, "total_ms": 3000.0}
    closing.settle(db, Reservation(id, session["id"], ask, 2000, 0), ANSWER, answer, at)
    return 3


def measure(home: Path, events: int, rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Times of everything, by name."""
    ledger = Ledger(home / "ledger.sqlite", lambda workspace: Limits(cap_tokens=10**9))
    seconds = timed(lambda: fill(ledger, events)) / 1000
    if events:
        print(
            f"  ({events:,} events written in {seconds:.0f} s, {ledger.store.path.stat().st_size / 1e6:.0f} MB)",
            flush=True,
        )
    bare = Bare(home / "bare.sqlite")
    times: dict[str, list[float]] = {
        name: [] for name in ("reserve + settle", "bare insert", "sent (flushed)", "bare insert, flushed", "state")
    }
    for _ in range(rounds):
        begin = time.perf_counter()
        reservation = ledger.reserve(ASK)
        reserved = (time.perf_counter() - begin) * 1000
        times["bare insert"].append(timed(lambda: bare.insert("NORMAL")))
        times["sent (flushed)"].append(timed(lambda r=reservation: ledger.sent(r)))  # type: ignore[misc]
        times["bare insert, flushed"].append(timed(lambda: bare.insert("FULL")))
        settled = timed(lambda r=reservation: ledger.settle(r, ANSWER, "big-1", 400.0, 2500.0))  # type: ignore[misc]
        times["reserve + settle"].append(reserved + settled)
    times["state"] = [timed(lambda: ledger.state(WORKSPACE)) for _ in range(100)]
    for by in ("model", "task", "project", "day", "session"):
        times[f"usage by {by}"] = [timed(lambda by=by: usage(ledger.store, by)) for _ in range(10)]  # type: ignore
    yield from times.items()
    begin = time.perf_counter()
    found = verify(ledger.store)
    yield "verify", [(time.perf_counter() - begin) * 1000]
    if not found.ok:
        raise SystemExit(f"bench: the totals are wrong: {found.differences[:3]}")
    ledger.close()


def main() -> int:
    """Print a table; exits with 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench cap", description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[0, 1_000_000], help="sizes (default 0 1000000)")
    parser.add_argument("--rounds", type=int, default=1000, help="requests that are measured (default 1000)")
    parser.add_argument("--directory", type=Path, help="on the disk to measure (default: that of temporary files)")
    options = parser.parse_args()
    missed = False
    for events in options.events:
        print(f"{events:,} events, {options.rounds} requests; ms")
        with tempfile.TemporaryDirectory(dir=options.directory) as home:
            found = dict(measure(Path(home), events, options.rounds))
        print(f"  {'':22} {'p50':>8} {'p95':>8}")
        p95 = {}
        for name, each in found.items():
            each.sort()
            p95[name] = each[int(len(each) * 0.95)]
            print(f"  {name:22} {each[len(each) // 2]:8.3f} {p95[name]:8.3f}")
        ratio = found["reserve + settle"][options.rounds // 2] / found["bare insert"][options.rounds // 2]
        print(f"  reserve + settle is {ratio:.0f} bare inserts at the median")
        slow = [name for name in p95 if name.startswith("usage") and p95[name] > USAGE_LIMIT_MS]
        missed |= bool(slow) or p95["reserve + settle"] > LIMIT_MS
    print(f"limits: reserve + settle {LIMIT_MS} ms at p95, usage {USAGE_LIMIT_MS} ms: {'missed' if missed else 'kept'}")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
