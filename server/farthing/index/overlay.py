"""Texts that are open and not saved in the editor, in front of the files on disk, and for this process only.

A text is one more content of the store, under a key that is no file's hash: no other process finds it, and no row of
``main.files`` can come to point to it. Which path shows it is known to this connection alone: temporary tables hold
that, and a temporary view named ``files`` stands before the table while there are any. So all that asks ``files`` sees
the texts.
What a crash leaves behind is a content without a file, as every switch of branches does.
"""

import contextlib
import itertools
import logging
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from farthing.errors import IndexUnavailable
from farthing.index import bulk, incremental, languages, resolve, rows, scan
from farthing.index.rows import ContentRows
from farthing.index.store import Connection, Store

_logger = logging.getLogger(__name__)

KEPT = 4
"""Parsed contents that are remembered: a file that was saved is often looked at more than once."""

_BOM = b"\xef\xbb\xbf"
"""Editors take it off a file's text and put it back when they save."""

_TABLES = (
    "CREATE TEMP TABLE IF NOT EXISTS hidden (path TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TEMP TABLE IF NOT EXISTS unsaved (path TEXT PRIMARY KEY, content INTEGER NOT NULL, key BLOB NOT NULL, "
    "size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS temp.unsaved_by_content ON unsaved (content)",
    f"CREATE INDEX IF NOT EXISTS temp.unsaved_by_tail ON unsaved ({resolve.TAIL.replace('f.path', 'path')})",
    # SQLite merges it into a query that names it first, so that both halves use their tables' indexes; but only where
    # the columns of both have the same types.
    "CREATE TEMP VIEW IF NOT EXISTS files AS SELECT path, content, size, mtime_ns FROM main.files "
    "WHERE path NOT IN (SELECT path FROM temp.hidden) UNION ALL SELECT path, content, size, mtime_ns FROM temp.unsaved",
)


@dataclass(frozen=True, slots=True)
class _Written:
    """A content that this process wrote for a text."""

    id: int
    key: bytes
    rows: ContentRows
    definition: int
    """Id of its first definition; the others follow, as the rows of uses and imports do."""
    use: int
    imported: int
    ours: bool = True
    """Nobody else knows of it, so it may be removed."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands for a path."""

    data: bytes
    written: _Written | None
    """None for a text that would be left out if it were saved: the path is not found at all."""


class Overlay:
    """The texts of one repository's files. Belongs to the thread of its store.

    Args:
        root: the repository.
        store: its store.
    """

    def __init__(self, root: Path, store: Store) -> None:
        self._root = root
        self._store = store
        self._texts: dict[str, str] = {}
        self._shown: dict[str, _Shown] = {}
        self._kept: dict[tuple[bytes, str], ContentRows] = {}
        # Longer than a hash, so never one.
        self._keys = (os.urandom(rows.HASH_BYTES) + i.to_bytes(8, "big") for i in itertools.count())

    def put(self, path: str, text: str | None) -> None:
        """Let a text stand for a file as long as they differ; None leaves the path to the disk again.

        Args:
            path: relative to the root, forward slashes; the file need not be there.

        Raises:
            IndexUnavailable: the store can't be written.
        """
        if text is None:
            self._texts.pop(path, None)
            self._withdraw([path])
        else:
            self._texts[path] = text
            self._follow(path)

    def resync(self, paths: Iterable[str] | None = None) -> None:
        """Look again at which texts differ from their files, after some files (None: any) were indexed."""
        lost = self._forget_lost()
        for path in list(self._texts) if paths is None else {*lost, *paths} & self._texts.keys():
            try:
                self._follow(path)
            except IndexUnavailable as exc:
                _logger.warning("the unsaved text of %s is not in the index: %s", path, exc)

    def clear(self) -> None:
        """Leave every path to the disk.

        Raises:
            IndexUnavailable: as :meth:`put`.
        """
        self._texts.clear()
        self._withdraw(list(self._shown))

    def read(self, path: str) -> bytes | None:
        """The text that stands for a path, in UTF-8; None where the file counts."""
        shown = self._shown.get(path)
        return shown.data if shown else None

    def make(self, data: bytes, language: str) -> ContentRows:
        """What :func:`rows.make` gives; a text that was saved as it is here is not parsed again."""
        key = rows.content_hash(data), language
        for path, shown in self._shown.items():
            if shown.written and (shown.written.rows.hash, shown.written.rows.language) == key:
                self._publish(path, shown.data, shown.written)
        made = self._kept.pop(key, None) or rows.make(data, language)
        self._keep(made)
        return made

    @contextlib.contextmanager
    def steady(self) -> Iterator[None]:
        """Around questions: all of them see one state of the store, and the texts as they were written."""
        if not self._shown:
            yield
            return
        db = self._store.db
        db.execute("BEGIN")
        try:
            while self._lost():
                db.execute("COMMIT")
                self.resync(())
                db.execute("BEGIN")
            yield
        finally:
            if db.in_transaction:
                db.execute("COMMIT")

    def _follow(self, path: str) -> None:
        """Show a path's text, or no longer, as its file demands."""
        data = self._texts[path].encode("utf-8", "replace")
        language = languages.language_id(path)
        on_disk = self._store.content_of(path)
        if on_disk is None:
            needless = incremental.left_out(self._root, path)
        else:
            needless = on_disk in (rows.content_hash(data), rows.content_hash(_BOM + data))
        if needless:
            self._withdraw([path])
        elif scan.size_reason(len(data)) or scan.content_reason(data):
            self._show(path, data, None)
        else:
            shown = self._shown.get(path)
            # During a first index, for which the store is locked for long, nothing is shown; it ends with a resync.
            if not (shown and shown.written and shown.data == data) and not bulk.running(self._store.db):
                made = self._kept.get((rows.content_hash(data), language)) or rows.make(data, language)
                self._keep(made)
                self._show(path, data, made)

    def _show(self, path: str, data: bytes, made: ContentRows | None) -> None:
        before = self._shown.get(path)
        with self._store.transaction() as db:
            for statement in _TABLES:
                db.execute(statement)
            db.execute("INSERT OR IGNORE INTO temp.hidden VALUES (?)", (path,))
            db.execute("DELETE FROM temp.unsaved WHERE path = ?", (path,))
            written = _write(db, made, next(self._keys)) if made else None
            if written:
                values = (path, written.id, written.key, len(data))
                db.execute("INSERT INTO temp.unsaved VALUES (?, ?, ?, ?, -1)", values)
            if before and before.written:
                _erase(db, before.written)
        self._shown[path] = _Shown(data, written)

    def _withdraw(self, paths: Iterable[str]) -> None:
        gone = {path: self._shown[path] for path in paths if path in self._shown}
        if not gone:
            return
        # First of all, nobody sees them any more: what can't be erased now is not found either.
        self._leave(gone)
        with self._store.transaction() as db:
            for shown in gone.values():
                if shown.written:
                    _erase(db, shown.written)

    def _publish(self, path: str, data: bytes, written: _Written) -> None:
        """Give a text's content the hash by which all know it: it is about to be that of a file."""
        made = written.rows
        with self._store.transaction() as db:
            known = db.execute("SELECT 1 FROM contents WHERE hash = ? AND language = ?", (made.hash, made.language))
            if not written.ours or known.fetchone():
                return
            key = made.hash
            db.execute("UPDATE contents SET hash = ? WHERE id = ? AND hash = ?", (key, written.id, written.key))
            db.execute("UPDATE temp.unsaved SET key = ? WHERE path = ?", (key, path))
        self._shown[path] = _Shown(data, replace(written, key=key, ours=False))

    def _keep(self, made: ContentRows) -> None:
        self._kept.pop((made.hash, made.language), None)
        self._kept[made.hash, made.language] = made
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def _lost(self) -> list[str]:
        """Paths whose text is not in the store any more, as another process has emptied it."""
        if not self._shown:
            return []
        found = self._store.db.execute(
            "SELECT path FROM temp.unsaved u WHERE NOT EXISTS "
            "(SELECT 1 FROM main.contents c WHERE c.id = u.content AND c.hash = u.key)"
        )
        return [path for (path,) in found]

    def _forget_lost(self) -> list[str]:
        if lost := self._lost():
            self._leave(lost)
        return lost

    def _leave(self, paths: Collection[str]) -> None:
        """Let queries see the disk for some of the paths that are shown. The store's file is not written."""
        db = self._store.db
        for table in ("hidden", "unsaved"):
            db.executemany(f"DELETE FROM temp.{table} WHERE path = ?", [(path,) for path in paths])
        for path in paths:
            del self._shown[path]
        if not self._shown:
            db.execute("DROP VIEW temp.files")


def _write(db: Connection, made: ContentRows, key: bytes) -> _Written:
    definition, use, imported = (
        db.execute(f"SELECT coalesce(max(rowid), 0) + 1 FROM main.{table}").fetchone()[0]
        for table in ("definitions", "uses", "imports")
    )
    [id] = bulk.write_contents(db, [replace(made, hash=key)]).values()
    return _Written(id, key, made, definition, use, imported)


def _erase(db: Connection, written: _Written) -> None:
    """Remove a content again. In a transaction."""
    ours = db.execute("SELECT 1 FROM contents WHERE id = ? AND hash = ?", (written.id, written.key)).fetchone()
    if not written.ours or not ours:
        return
    made, first = written.rows, written.definition
    # A table without contents forgets only what it is told again.
    db.executemany(
        "INSERT INTO texts (texts, rowid, name, signature, doc, body) VALUES ('delete', ?, ?, ?, ?, ?)",
        ((first + i, *text) for i, text in enumerate(made.texts)),
    )
    for table, start, count in (
        ("definitions", first, len(made.definitions)),
        ("uses", written.use, len(made.uses)),
        ("imports", written.imported, len(made.imports)),
    ):
        # By their numbers, as not every table has an index by content; and by content, as VACUUM changes numbers.
        db.execute(
            f"DELETE FROM main.{table} WHERE rowid BETWEEN ? AND ? AND content = ?",
            (start, start + count - 1, written.id),
        )
    db.execute("DELETE FROM contents WHERE id = ?", (written.id,))
    if not bulk.running(db):
        _erase_names(db, {each[1] for each in made.definitions})


def _erase_names(db: Connection, names: Iterable[str]) -> None:
    """Forget those names that no definition has: halves of words that were seen while they were typed."""
    for name in names:
        if not db.execute("SELECT 1 FROM definitions WHERE name = ? LIMIT 1", (name,)).fetchone():
            found = db.execute("SELECT id FROM names WHERE name = ?", (name,)).fetchone()
            if found:
                db.execute("INSERT INTO name_grams (name_grams, rowid, name) VALUES ('delete', ?, ?)", (*found, name))
                db.execute("DELETE FROM names WHERE id = ?", found)
