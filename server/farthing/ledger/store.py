"""The ledger of one user in one SQLite file, shared by all windows, the command line and background work.

Readers never wait (WAL), writers take turns (``BEGIN IMMEDIATE``). A file that is damaged, or was written by a newer
Farthing, is never touched: what was spent is in it, and nothing is sent to the cloud until it can be read.

What is on disk when: see *Power cuts* in README.md. A commit is flushed to disk only where :meth:`Store.transaction`
is asked to be durable.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from farthing import paths
from farthing.errors import LedgerUnavailable
from farthing.ledger.migrations import MIGRATIONS

Connection = sqlite3.Connection
"""What modules that ask name in their signatures; only this one opens any."""

BUSY_SECONDS = 5.0
"""How long SQLite waits for another writer, …"""

CHECKPOINT_PAGES = 4000
"""The log is written to the file, and flushed, when it has so many pages. A request writes some 30: with SQLite's own
1000, one in 35 would wait for the disk."""

PATIENCE_SECONDS = 30.0
"""… and how long we try again after that. A writer holds the lock for less than a millisecond."""


def ledger_path() -> Path:
    """The user's ledger."""
    return paths.data_dir() / "ledger.sqlite"


class Store:
    """An open ledger. Threads may share it; they take turns.

    Args:
        path: of the SQLite file; made, readable by its owner only, when it is not there.
        patience: seconds to wait for other writers.

    Raises:
        LedgerUnavailable: the file can't be read or written, is damaged, or was written by a newer Farthing.
    """

    def __init__(self, path: Path, patience: float = PATIENCE_SECONDS) -> None:
        self.path = path
        self._patience = patience
        self._lock = threading.RLock()
        self._written = 0
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            info = path.stat()
            self._file = (info.st_dev, info.st_ino)
            timeout = min(BUSY_SECONDS, patience)
            self._db = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
        except OSError as exc:
            raise LedgerUnavailable(
                f"the ledger {path} can't be opened: {exc.strerror}", "Mend that, or set FARTHING_HOME"
            ) from exc
        except sqlite3.Error as exc:
            raise self._unavailable(exc) from exc
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        try:
            self._patiently("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            self._db.execute("PRAGMA temp_store = MEMORY")
            if self._version() >= len(MIGRATIONS):
                return
            self._patiently("BEGIN IMMEDIATE")
            try:
                # Read again with the lock held: another window may have been faster.
                for step in MIGRATIONS[self._version() :]:
                    for statement in _statements(step):
                        self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {max(self._version(), len(MIGRATIONS))}")
                self._db.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        except sqlite3.Error as exc:
            raise self._unavailable(exc) from exc

    def _version(self) -> int:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise LedgerUnavailable(
                f"the ledger {self.path} was written by a newer Farthing (version {version}, known is "
                f"{len(MIGRATIONS)})",
                "Update Farthing and reload all windows; local work goes on meanwhile",
            )
        return version

    def _patiently(self, statement: str) -> None:
        """Run a statement that needs a lock; wait as long as it takes."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self._db.execute(statement)
                return
            except sqlite3.OperationalError as exc:
                busy = (exc.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
                if not busy or time.monotonic() > deadline:
                    raise
                # Some kinds of "busy" are told at once, without SQLite's own wait.
                time.sleep(0.002)

    @contextlib.contextmanager
    def transaction(self, durable: bool = False) -> Iterator[Connection]:
        """All or nothing; the lock for writing is held from the beginning.

        Args:
            durable: on disk when this returns, with all that was committed before.

        Raises:
            LedgerUnavailable: as the constructor; the disk is full; another writer never ended.
        """
        with self._lock:
            try:
                self._check_file()
                if durable:
                    self._db.execute("PRAGMA synchronous = FULL")
                self._patiently("BEGIN IMMEDIATE")
                try:
                    self._version()  # a newer Farthing may have changed the file while we had it open
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    self._roll_back()
                    raise
                self._written += 1
            except (sqlite3.Error, UnicodeEncodeError) as exc:
                raise self._unavailable(exc) from exc
            finally:
                if durable:
                    self._db.execute("PRAGMA synchronous = NORMAL")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """For reading: all that is asked within belongs to the same moment.

        Raises:
            LedgerUnavailable: as the constructor.
        """
        with self._lock:
            try:
                self._check_file()
                self._db.execute("BEGIN")
                try:
                    self._patiently("SELECT 1 FROM sqlite_master")
                    self._version()
                    yield self._db
                finally:
                    self._roll_back()
            except (sqlite3.Error, UnicodeEncodeError) as exc:
                raise self._unavailable(exc) from exc

    def version(self) -> tuple[int, int]:
        """Changes whenever this or any other process has written; costs microseconds.

        Raises:
            LedgerUnavailable: as the constructor.
        """
        with self._lock:
            try:
                return int(self._db.execute("PRAGMA data_version").fetchone()[0]), self._written
            except sqlite3.Error as exc:
                raise self._unavailable(exc) from exc

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _check_file(self) -> None:
        """A file that was moved away takes writes as before, and nobody else sees them."""
        try:
            info = self.path.stat()
            found = (info.st_dev, info.st_ino)
        except OSError:
            found = None
        if found != self._file:
            raise LedgerUnavailable(
                f"the ledger {self.path} was moved or replaced while it was in use", "Reload the windows that use it"
            )

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            # The error that led here is the one to tell of.
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def _unavailable(self, exc: sqlite3.Error | UnicodeEncodeError) -> LedgerUnavailable:
        """What to tell the user about an error of SQLite."""
        if isinstance(exc, UnicodeEncodeError):
            return LedgerUnavailable("the name of this folder is not UTF-8, so the ledger can't hold it", "Rename it")
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and "_WRITE" in exc.sqlite_errorname):
            return LedgerUnavailable(
                f"the disk is full, so the ledger {self.path} can't be written", "Free some space and try again"
            )
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return LedgerUnavailable(
                f"the ledger {self.path} is damaged",
                "Put a backup in its place, or move it away: a new one begins with nothing spent",
            )
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return LedgerUnavailable(
                f"the ledger {self.path} can't be written", "Make it writable, or set FARTHING_HOME"
            )
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return LedgerUnavailable(
                f"another process has kept the ledger {self.path} busy for {self._patience:.0f} s", "End it, or wait"
            )
        return LedgerUnavailable(f"the ledger {self.path} can't be used: {exc}", "Run farthing ledger verify")


def _statements(script: str) -> Iterator[str]:
    # executescript would commit the transaction that makes the migration all or nothing.
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
