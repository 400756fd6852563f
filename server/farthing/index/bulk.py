"""Writes to the store, many contents at a time.

A first index is written without the indexes of the database, which are made at its end: that takes a quarter of the
time of keeping them up to date row by row. A store that was left in the middle of it says so, and is finished when it
is opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from farthing.index.rows import ContentRows

if TYPE_CHECKING:
    from farthing.index.store import Connection

_INDEXES = {
    "definitions_by_content": "definitions (content)",
    "definitions_by_name": "definitions (name, content, kind, qualified)",
    "uses_by_name": "uses (name)",
    "imports_by_content": "imports (content)",
    "names_by_letters": "names (name COLLATE NOCASE)",
}

_SEARCH_NEW_NAMES = """
CREATE TRIGGER IF NOT EXISTS names_are_searched AFTER INSERT ON names BEGIN
    INSERT INTO name_grams (rowid, name) VALUES (new.id, new.name); END
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A file whose content is known to the store, or comes with it."""

    path: str
    """Relative to the root, forward slashes."""
    size: int
    mtime_ns: int
    content: int | ContentRows


def running(db: "Connection") -> bool:
    """Whether a first index is being written, or was when its process ended."""
    return bool(db.execute("SELECT running FROM bulk").fetchone()[0])


def begin(db: "Connection") -> None:
    """Drop what is made again at the end. In a transaction, on an empty store."""
    db.execute("UPDATE bulk SET running = 1")
    db.execute("DROP TRIGGER IF EXISTS names_are_searched")
    for name in _INDEXES:
        db.execute(f"DROP INDEX IF EXISTS {name}")
    # Fewer, larger segments, which are not merged meanwhile.
    db.execute("INSERT INTO texts (texts, rank) VALUES ('hashsize', 16777216)")
    db.execute("INSERT INTO texts (texts, rank) VALUES ('automerge', 0)")


def end(db: "Connection") -> None:
    """Make what speeds queries up. In a transaction; can be repeated."""
    for name, place in _INDEXES.items():
        db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {place}")
    db.execute("INSERT OR IGNORE INTO names (name) SELECT DISTINCT name FROM definitions")
    db.execute("INSERT INTO name_grams (name_grams) VALUES ('rebuild')")
    db.execute(_SEARCH_NEW_NAMES)
    db.execute("INSERT INTO texts (texts, rank) VALUES ('hashsize', 1048576)")
    db.execute("INSERT INTO texts (texts, rank) VALUES ('automerge', 4)")
    db.execute("UPDATE bulk SET running = 0")


def clear(db: "Connection") -> None:
    """Forget everything. In a transaction."""
    for table in ("main.files", "skipped", "definitions", "uses", "imports", "names", "contents"):
        db.execute(f"DELETE FROM {table}")
    for table in ("texts", "name_grams"):
        db.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")


def write(db: "Connection", changes: Iterable[Change], removed: Iterable[str]) -> None:
    """Write files and forget others. In a transaction.

    Writers say ``main.files``: ``files`` may be a view of this connection, see overlay.py.
    """
    db.executemany("DELETE FROM main.files WHERE path = ?", [(path,) for path in removed])
    changes = list(changes)
    ids = write_contents(db, [each.content for each in changes if isinstance(each.content, ContentRows)])
    db.executemany(
        "INSERT OR REPLACE INTO main.files VALUES (?, ?, ?, ?)",
        [
            (
                each.path,
                ids[each.content.hash, each.content.language]
                if isinstance(each.content, ContentRows)
                else each.content,
                each.size,
                each.mtime_ns,
            )
            for each in changes
        ],
    )


def write_contents(db: "Connection", contents: list[ContentRows]) -> dict[tuple[bytes, str], int]:
    """Write the contents that the store has not. In a transaction; returns the ids of all."""
    ids: dict[tuple[bytes, str], int] = {}
    new: list[tuple[int, ContentRows]] = []
    upcoming = _next_id(db, "contents")
    for each in contents:
        key = each.hash, each.language
        if key in ids:
            continue
        # Another window may have been faster.
        found = db.execute("SELECT id FROM contents WHERE hash = ? AND language = ?", key).fetchone()
        ids[key] = found[0] if found else upcoming
        if not found:
            new.append((upcoming, each))
            upcoming += 1
    db.executemany("INSERT INTO contents VALUES (?, ?, ?, ?)", [(id, c.hash, c.language, c.errors) for id, c in new])
    first = _next_id(db, "definitions")
    definitions = [(id, each) for id, content in new for each in content.definitions]
    db.executemany(
        "INSERT INTO definitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((first + i, id, *each) for i, (id, each) in enumerate(definitions)),
    )
    texts = (text for _, content in new for text in content.texts)
    db.executemany(
        "INSERT INTO texts (rowid, name, signature, doc, body) VALUES (?, ?, ?, ?, ?)",
        ((first + i, *text) for i, text in enumerate(texts)),
    )
    if not running(db):
        names = dict.fromkeys(each[1] for _, each in definitions)
        db.executemany("INSERT OR IGNORE INTO names (name) VALUES (?)", ((name,) for name in names))
    db.executemany("INSERT INTO uses VALUES (?, ?, ?)", ((name, id, blob) for id, c in new for name, blob in c.uses))
    db.executemany("INSERT INTO imports VALUES (?, ?, ?, ?)", ((id, *each) for id, c in new for each in c.imports))
    return ids


def _next_id(db: "Connection", table: str) -> int:
    return int(db.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])
