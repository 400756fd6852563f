"""A store that is damaged, of another version, moved, full, read-only or busy says so in one line and loses nothing."""

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from farthing.errors import LedgerUnavailable
from farthing.ledger.ledger import Ledger
from farthing.ledger.migrations import MIGRATIONS
from farthing.ledger.store import Store, ledger_path
from tests.support.ledger import ASK, WORK, WORKSPACE, open_ledger


@pytest.fixture
def path(farthing_home: Path) -> Path:
    """A ledger with a hundred requests, closed."""
    ledger = open_ledger(farthing_home)
    ledger.set_cap(WORKSPACE, 10**9)
    for _ in range(100):
        ledger.reserve(ASK)
    ledger.close()
    return ledger_path()


def refuses(path: Path, words: str) -> None:
    """Opening it fails with one line and a way out, and leaves every byte as it is."""
    before = path.read_bytes()
    with pytest.raises(LedgerUnavailable, match=words) as error:
        open_ledger(path.parent)
    assert error.value.fix and "\n" not in str(error.value)
    assert path.read_bytes() == before


def test_a_file_that_is_no_ledger(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    refuses(path, "is damaged")


def test_a_damaged_schema(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:300] = b"\xff" * 200
    path.write_bytes(bytes(data))
    refuses(path, "is damaged")


def test_damage_further_in_is_met_when_it_is_read(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    refuses(path, "damaged|can't be used")


def test_a_newer_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    refuses(path, "newer Farthing")


def test_a_version_that_becomes_newer_while_it_is_open(path: Path) -> None:
    ledger = open_ledger(path.parent)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(LedgerUnavailable, match="newer Farthing"):
        ledger.reserve(ASK)
    with pytest.raises(LedgerUnavailable, match="newer Farthing"):
        ledger.state(WORKSPACE)
    assert ledger.record_local(WORK) is None
    ledger.close()


def test_a_ledger_that_is_moved_away_while_it_is_open(path: Path) -> None:
    ledger = open_ledger(path.parent)
    path.rename(path.with_name("old"))
    with pytest.raises(LedgerUnavailable, match="moved or replaced"):
        ledger.reserve(ASK)
    open_ledger(path.parent).close()
    with pytest.raises(LedgerUnavailable, match="moved or replaced"):
        ledger.state(WORKSPACE)
    ledger.close()


def test_a_ledger_that_cannot_be_written(path: Path) -> None:
    ledger = open_ledger(path.parent)
    with ledger.store.snapshot() as db:
        db.execute("PRAGMA query_only = ON")
    with pytest.raises(LedgerUnavailable, match="can't be written") as error:
        ledger.reserve(ASK)
    assert "FARTHING_HOME" in error.value.fix
    assert ledger.record_local(WORK) is None
    assert ledger.state(WORKSPACE).reserved == 50_000
    ledger.close()


def test_a_folder_in_its_place(farthing_home: Path) -> None:
    ledger_path().mkdir()
    with pytest.raises(LedgerUnavailable, match="can't be opened: Is a directory"):
        open_ledger(farthing_home)


LIMITED = """
import resource, signal, sys
from pathlib import Path
from farthing.errors import LedgerUnavailable
from tests.support.ledger import ASK, WORK, open_ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = open_ledger(Path(sys.argv[1]))
log = Path(sys.argv[1]) / "ledger.sqlite-wal"
resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 50_000,) * 2)
for count in range(100):
    try:
        ledger.reserve(ASK)
    except LedgerUnavailable as exc:
        print(count, exc, ledger.record_local(WORK))
        break
"""


def test_a_file_that_may_not_grow(path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", LIMITED, path.parent], capture_output=True, text=True, check=True)
    match = re.fullmatch(r"(\d+) the disk is full, so the ledger \S+ can't be written\. Free .* None\n", run.stdout)
    assert match, run.stdout + run.stderr
    ledger = open_ledger(path.parent)
    # The process that reserved them is gone, and had sent none of them: they were freed, so that none is left.
    with ledger.store.snapshot() as db:
        assert db.execute("SELECT count(*) FROM requests").fetchone()[0] == 100 + int(match[1])
    ledger.close()


def test_a_writer_that_never_ends_is_waited_for_and_told(path: Path) -> None:
    store = Store(path, patience=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerUnavailable, match="busy for"), store.transaction():
            pass
        with store.snapshot() as db:  # readers don't wait
            assert db.execute("SELECT count(*) FROM requests").fetchone() == (100,)
    with store.transaction():
        pass
    store.close()


def test_a_writer_that_ends_is_waited_for(path: Path) -> None:
    store = Store(path)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.05, lambda: other.execute("ROLLBACK")).start()
    with store.transaction() as db:
        db.execute("UPDATE latest SET day = day")
    other.close()
    store.close()


def test_nothing_of_a_transaction_that_fails_stays(path: Path) -> None:
    store = Store(path)
    with pytest.raises(KeyError), store.transaction(durable=True) as db:
        db.execute("UPDATE sessions SET spent = 77")
        raise KeyError
    with store.snapshot() as db:
        assert db.execute("SELECT spent FROM sessions").fetchone() == (0,)
        assert db.execute("PRAGMA synchronous").fetchone() == (1,)
    store.close()


@pytest.mark.parametrize("statement", ["DELETE FROM events", "UPDATE events SET kind = 'x'"])
def test_events_stay_as_they_are(path: Path, statement: str) -> None:
    store = Store(path)
    with pytest.raises(LedgerUnavailable, match="events are never"), store.transaction() as db:
        db.execute(statement)
    store.close()


def test_the_file_is_the_users_own(path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


def test_many_threads_open_a_new_one_at_once(farthing_home: Path) -> None:
    found: list[Ledger | Exception] = []

    def run() -> None:
        try:
            found.append(open_ledger(farthing_home))
        except LedgerUnavailable as exc:
            found.append(exc)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(each, Ledger) for each in found), found
    for each in _ledgers(found):
        each.close()


def _ledgers(found: list[Ledger | Exception]) -> Iterator[Ledger]:
    yield from (each for each in found if isinstance(each, Ledger))
