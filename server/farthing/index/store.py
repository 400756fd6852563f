"""The index of one repository in one SQLite file, in the user's cache directory.

Several windows may have it open: readers never wait (WAL), writers take turns. What can't be read, or was written by a
newer Farthing, is set aside and made anew: nothing in here can't be had again from the files.
"""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from farthing import paths
from farthing.errors import IndexUnavailable
from farthing.index import bulk
from farthing.index.bulk import Change
from farthing.index.migrations import MIGRATIONS

Connection = sqlite3.Connection
"""What modules that ask name in their signatures; only this one opens any."""

CHECKPOINT_PAGES = 1000
"""The log is written to the file when it has so many pages: SQLite's own default."""

BUSY_SECONDS = 10.0
"""How long a writer waits for another one."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was when it was last looked at."""

    content: int
    size: int
    mtime_ns: int


MAX_DEAD = 2000
"""So many contents without a file are kept in any case."""

Skip = tuple[str, int, int]
"""Why a file was left out, and its size and time then; 0 where its name was enough."""


def store_path(root: Path) -> Path:
    """The store of a repository: one for each canonical path."""
    digest = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
    return paths.cache_dir() / "index" / f"{digest}.sqlite"


class Store:
    """An open store. Belongs to one thread, unless its users take turns.

    Args:
        path: of the SQLite file; made when it is not there.

    Raises:
        IndexUnavailable: the directory can't be written, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        from filelock import FileLock  # here: it takes 30 ms, and not everyone who imports this opens a store

        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # SQLite doesn't wait for others when it changes a file to WAL, nor may two rebuild the same file.
            with FileLock(path.with_name(path.name + ".lock"), timeout=BUSY_SECONDS):
                self.db = self._open_or_rebuild()
        except (OSError, sqlite3.Error) as exc:
            raise unavailable(exc) from exc

    def _open_or_rebuild(self) -> sqlite3.Connection:
        try:
            return self._open()
        except (sqlite3.DatabaseError, _NewerVersion) as exc:
            if isinstance(exc, sqlite3.OperationalError) and "locked" in str(exc):
                raise
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            return self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            # A crash of the machine may lose the last transactions, which are made again; never the file's shape.
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA temp_store = MEMORY")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise _NewerVersion
            if version < len(MIGRATIONS):
                self._migrate(db)
            if bulk.running(db):
                self._finish(db)
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        try:
            # Read again with the lock held: another window may have been faster.
            version = db.execute("PRAGMA user_version").fetchone()[0]
            for step in MIGRATIONS[version:]:
                for statement in _statements(step):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _finish(self, db: sqlite3.Connection) -> None:
        """A store that is new, or that was left in the middle of its first index. Where that is still being written by
        another window, ending it early only makes the rest of it slower."""
        db.execute("BEGIN IMMEDIATE")
        try:
            if bulk.running(db):
                bulk.end(db)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing.

        Raises:
            IndexUnavailable: the disk is full, the file damaged, or another writer never ended.
        """
        try:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
        except sqlite3.Error as exc:
            raise unavailable(exc) from exc

    def files(self) -> dict[str, StoredFile]:
        """All files, by path, as they are on disk."""
        rows = self.db.execute("SELECT path, content, size, mtime_ns FROM main.files")
        return {path: StoredFile(content, size, mtime_ns) for path, content, size, mtime_ns in rows}

    def content_of(self, path: str) -> bytes | None:
        """The hash of a file as it was on disk; None for one that is not indexed."""
        row = self.db.execute(
            "SELECT c.hash FROM main.files f JOIN contents c ON c.id = f.content WHERE f.path = ?", (path,)
        ).fetchone()
        return bytes(row[0]) if row else None

    def file(self, path: str) -> StoredFile | None:
        """One file; None where there is none of this name."""
        row = self.db.execute("SELECT content, size, mtime_ns FROM main.files WHERE path = ?", (path,)).fetchone()
        return StoredFile(*row) if row else None

    def holds_folder(self, path: str) -> bool:
        """Whether any file lies below a folder."""
        query = "SELECT EXISTS (SELECT 1 FROM main.files WHERE path > ? AND path < ?)"
        return bool(self.db.execute(query, (path + "/", path + "0")).fetchone()[0])  # 0 comes after the slash

    def known_contents(self) -> dict[tuple[bytes, str], int]:
        """Ids of all contents, also of those that no file has at present."""
        return {
            (hash, language): id for id, hash, language in self.db.execute("SELECT id, hash, language FROM contents")
        }

    def apply(self, changes: Iterable[Change], removed: Iterable[str] = ()) -> None:
        """Write files and forget others, in one transaction."""
        with self.transaction() as db:
            bulk.write(db, changes, removed)

    @contextlib.contextmanager
    def first_fill(self) -> Iterator[None]:
        """Around the writing of a first, large index: faster, and slow to be asked until it ends.

        Raises:
            IndexUnavailable: as :meth:`transaction`.
        """
        with self.transaction() as db:
            bulk.begin(db)
        # Pages that are written again and again go from the log to the file once.
        self.db.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield
        finally:
            self.db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            with self.transaction() as db:
                bulk.end(db)

    def is_wasteful(self) -> bool:
        """Whether most of the store is contents that no file has any more: every save of a file leaves one. Some are
        worth keeping, as files come back when a branch is switched."""
        kept, dead = self.db.execute(
            "SELECT count(*), count(*) FILTER (WHERE id NOT IN (SELECT content FROM main.files)) FROM contents"
        ).fetchone()
        return bool(dead > MAX_DEAD and dead > 0.75 * kept)

    def clear(self) -> None:
        """Forget everything, and give the space back.

        Raises:
            IndexUnavailable: as :meth:`transaction`.
        """
        with self.transaction() as db:
            bulk.clear(db)
        with contextlib.suppress(sqlite3.Error):  # another window reads: the next time will do
            self.db.execute("VACUUM")

    def skipped(self) -> dict[str, Skip]:
        """What was left out, by path."""
        rows = self.db.execute("SELECT path, reason, size, mtime_ns FROM skipped")
        return {path: (reason, size, mtime_ns) for path, reason, size, mtime_ns in rows}

    def skip(self, path: str) -> Skip | None:
        """Why one file was left out; None where it was not."""
        row = self.db.execute("SELECT reason, size, mtime_ns FROM skipped WHERE path = ?", (path,)).fetchone()
        return tuple(row) if row else None

    def change_skipped(self, changes: dict[str, Skip | None]) -> None:
        """Keep that some files were left out, or, with None, that they no longer are."""
        with self.transaction() as db:
            db.executemany("DELETE FROM skipped WHERE path = ?", [(path,) for path in changes])
            rows = [(path, *skip) for path, skip in changes.items() if skip]
            db.executemany("INSERT INTO skipped VALUES (?, ?, ?, ?)", rows)

    def replace_skipped(self, skipped: dict[str, Skip]) -> None:
        """Keep what was left out, so that it is not read again until it changes."""
        with self.transaction() as db:
            db.execute("DELETE FROM skipped")
            db.executemany("INSERT INTO skipped VALUES (?, ?, ?, ?)", [(path, *skip) for path, skip in skipped.items()])

    def bytes(self) -> int:
        """Size of all files together."""
        return int(self.db.execute("SELECT coalesce(sum(size), 0) FROM main.files").fetchone()[0])

    def counts(self) -> tuple[int, int, int]:
        """Files, definitions and uses of what is on disk."""
        files = self.db.execute("SELECT count(*) FROM main.files").fetchone()[0]
        symbols = self.db.execute(
            "SELECT count(*) FROM main.files f JOIN definitions d ON d.content = f.content"
        ).fetchone()[0]
        uses = self.db.execute(
            "SELECT coalesce(sum(length(spots)), 0) / 12 FROM main.files f JOIN uses u ON u.content = f.content"
        ).fetchone()[0]
        return files, symbols, uses


def _statements(script: str) -> Iterator[str]:
    # executescript would commit the transaction that makes the migration all or nothing.
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


class _NewerVersion(Exception):
    """The store was written by a later Farthing."""


def unavailable(exc: Exception) -> IndexUnavailable:
    """What to tell the user about an error of the store."""
    text = str(exc)
    if "full" in text or "No space" in text:
        return IndexUnavailable("the disk is full, so the index can't be written", "Free some space and try again")
    return IndexUnavailable(f"the index can't be used: {text}", f"Remove {paths.cache_dir() / 'index'} and try again")
