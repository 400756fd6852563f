"""The one way in which the rest of Farthing asks about a repository.

Every answer is a list of symbols with their places; bodies are read from the files when they are shown.
"""

import contextlib
import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from farthing.index import rows, symbols
from farthing.index.resolve import Resolver
from farthing.index.store import Connection, Store
from farthing.index.symbols import Symbol

WINDOW_LINES = 40
"""Lines before and after the cursor whose names are looked up for it."""

COMMON = 40
"""A name with more definitions than this says nothing about which one is meant."""


@dataclass(frozen=True, slots=True)
class Use:
    """A reference to a symbol."""

    path: str
    line: int
    kind: str
    enclosing: Symbol | None
    """The definition that it stands in."""


class Retrieval:
    """Questions to the store of one repository.

    Args:
        root: the repository.
        store: its store; this object only reads it.
        unsaved: the text that the editor has of a path, in UTF-8, where the store's rows are of that; else None.
    """

    def __init__(self, root: Path, store: Store, unsaved: Callable[[str], bytes | None] = lambda path: None) -> None:
        self.root = root
        self.store = store
        self.unsaved = unsaved
        self._resolver: tuple[int, Resolver] | None = None

    @property
    def db(self) -> Connection:
        """The store's connection, for queries of this package."""
        return self.store.db

    def read(self, path: str) -> bytes | None:
        """What the places in answers are places of: the unsaved text, or else the file; None where it can't be read."""
        data = self.unsaved(path)
        if data is None:
            with contextlib.suppress(OSError):
                data = (self.root / path).read_bytes()
        return data

    def symbols(self, query: str, limit: int = 20) -> list[Symbol]:
        """Definitions whose name is like the query, best first."""
        return symbols.search(self.db, query, limit)

    def in_file(self, path: str) -> list[Symbol]:
        """The definitions of a file in their order."""
        return symbols.select(self.db, "f.path = ? ORDER BY d.id", (path,))

    def definition_of(self, name: str, from_file: str = "", limit: int = 5) -> list[Symbol]:
        """What a name in a file most likely means: there, in what it imports, nearby, anywhere.

        Args:
            name: a name, or a qualified one of which the last part counts and the rest prefers.
            from_file: the file that uses it, relative to the root.
        """
        *owners, last = name.split(".")
        found = symbols.select(self.db, "d.name = ? LIMIT 500", (last,))
        imported = set(self.imported_files(from_file)) if from_file else set()
        found.sort(key=lambda each: _nearness(each, from_file, imported, owners))
        return found[:limit]

    def imported_files(self, path: str) -> list[str]:
        """Files of the repository that a file imports, in the order of its imports."""
        row = self.db.execute(
            "SELECT f.content, c.language FROM files f JOIN contents c ON c.id = f.content WHERE f.path = ?", (path,)
        ).fetchone()
        if row is None:
            return []
        resolver = self._current_resolver()
        found: dict[str, None] = {}
        for module, names in self.db.execute(
            "SELECT module, names FROM imports WHERE content = ? ORDER BY line", row[:1]
        ):
            found.update(dict.fromkeys(resolver.resolve(path, row[1], module, names.split())))
        return list(found)

    def references_to(self, symbol: Symbol, limit: int = 200) -> list[Use]:
        """Uses of a symbol's name; those in files that can see it come first."""
        found: list[Use] = []
        for path, blob in self.db.execute(
            "SELECT f.path, u.spots FROM files f JOIN uses u ON u.content = f.content WHERE u.name = ?", (symbol.name,)
        ):
            definitions: list[Symbol] | None = None
            for line, enclosing, kind in rows.spots(blob):
                if len(found) >= 4 * limit:
                    break
                if enclosing >= 0 and definitions is None:
                    definitions = self.in_file(path)
                inside = definitions[enclosing] if definitions and 0 <= enclosing < len(definitions) else None
                found.append(Use(path, line, kind, inside))
        found.sort(key=lambda use: (use.path != symbol.path, -_shared(use.path, symbol.path), use.path, use.line))
        return found[:limit]

    def signatures_near(self, path: str, line: int, text: str, limit: int = 12) -> list[Symbol]:
        """Symbols that are used around a line and are not defined in the window: imports first, then nearest.

        Args:
            path: of the file, relative to the root.
            line: counted from 1.
            text: the file as the editor has it.
        """
        window = text.split("\n")[max(0, line - 1 - WINDOW_LINES) : line + WINDOW_LINES]
        names = _names_by_distance(window, min(line - 1, WINDOW_LINES))
        imported = {file: i for i, file in enumerate(self.imported_files(path))}
        defined = {
            each.name for each in self.in_file(path) if line - WINDOW_LINES <= each.start_line <= line + WINDOW_LINES
        }
        candidates: list[tuple[tuple[int, int, int], Symbol]] = []
        for position, name in enumerate(names):
            if name in defined:
                continue
            hits = symbols.select(self.db, "d.name = ? LIMIT ?", (name, COMMON + 1))
            if not hits or len(hits) > COMMON:
                continue
            best = min(hits, key=lambda each: _nearness(each, path, set(imported), []))
            reach = 0 if best.path in imported else 1 if best.path == path else 2
            if reach == 2 and len(hits) > 1:
                continue  # not imported, and more than one: a guess would mislead the model
            candidates.append(((reach, position, imported.get(best.path, 0)), best))
        candidates.sort(key=lambda each: each[0])
        return [symbol for _, symbol in candidates[:limit]]

    def _current_resolver(self) -> Resolver:
        version = self.db.execute("PRAGMA data_version").fetchone()[0] * 1_000_003 + self.db.total_changes
        if self._resolver is None or self._resolver[0] != version:
            self._resolver = (version, Resolver(path for (path,) in self.db.execute("SELECT path FROM files")))
        return self._resolver[1]


_NAME = re.compile(r"[^\W\d]\w{2,}")


def _names_by_distance(lines: Sequence[str], at: int) -> list[str]:
    """Names in some lines, those nearest to a line first."""
    order = sorted(range(len(lines)), key=lambda i: (abs(i - at), i))
    return list(dict.fromkeys(name for i in order for name in _NAME.findall(lines[i])))


def _nearness(symbol: Symbol, path: str, imported: set[str], owners: Sequence[str]) -> tuple[bool, int, int, int, str]:
    owned = bool(owners) and owners[-1] not in symbol.symbol.split(".")[:-1]
    reach = 0 if symbol.path == path else 1 if symbol.path in imported else 2
    return owned, reach, -_shared(symbol.path, path), symbol.symbol.count("."), symbol.path


def _shared(a: str, b: str) -> int:
    """Folders that two paths have in common."""
    return len(posixpath.commonprefix([a.split("/")[:-1], b.split("/")[:-1]]))
