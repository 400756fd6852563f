"""The one way in which the rest of Farthing asks about a repository.

Every answer is a list of symbols with their places; bodies are read from the files when they are shown.
"""

import contextlib
import functools
import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from farthing.index import resolve, rows, similar, symbols
from farthing.index.query import Vocabulary
from farthing.index.resolve import Resolver
from farthing.index.similar import Excerpt, Spot, Visit
from farthing.index.store import Connection, Store
from farthing.index.symbols import Place, Symbol

WINDOW_LINES = 40
"""Lines before and after the cursor whose names are looked up for it."""

MEANINGS = 500
"""Definitions of one name among which the meant one is looked for."""

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
        imported = set(self.imported_files(from_file)) if from_file else set()
        found = symbols.places(self.db, "d.name = ? LIMIT ?", (last, MEANINGS))
        if from_file and len(found) == MEANINGS:
            # Those that count most may be behind it.
            near = json.dumps([from_file, *imported])
            found += symbols.places(self.db, "f.path IN (SELECT value FROM json_each(?)) AND d.name = ?", (near, last))
        nearness = _nearness(from_file, imported, owners)
        return symbols.at(self.db, sorted(dict.fromkeys(found), key=nearness)[:limit])

    def imported_files(self, path: str) -> list[str]:
        """Files of the repository that a file imports, in the order of its imports."""
        row = self.db.execute(
            "SELECT f.content, c.language FROM files f JOIN contents c ON c.id = f.content WHERE f.path = ?", (path,)
        ).fetchone()
        if row is None:
            return []
        content, language = row
        imports = [
            (module, names.split())
            for module, names in self.db.execute(
                "SELECT module, names FROM imports WHERE content = ? ORDER BY line", (content,)
            )
        ]
        if language == "go":
            resolver = Resolver(path for module, _ in imports for path in self._package(module))
        else:
            endings = {end for module, names in imports for end in resolve.endings(path, language, module, names)}
            resolver = Resolver(self._ending(endings))
        found: dict[str, None] = {}
        for module, names in imports:
            found.update(dict.fromkeys(resolver.resolve(path, language, module, names)))
        return list(found)

    def _ending(self, endings: Iterable[str]) -> list[str]:
        """Files whose path ends so."""
        wanted = json.dumps([(*resolve.tails(ending), ending) for ending in endings])
        rows = self.db.execute(
            "SELECT f.path FROM files f JOIN json_each(?) w "
            f"ON {resolve.TAIL} BETWEEN json_extract(w.value, '$[0]') AND json_extract(w.value, '$[1]') "
            "WHERE substr(f.path, -length(json_extract(w.value, '$[2]'))) = json_extract(w.value, '$[2]')",
            (wanted,),
        )
        return [path for (path,) in rows]

    def _package(self, module: str) -> list[str]:
        """Files of the first folder that a Go import may mean and that is there."""
        for folder in resolve.folders(module):
            rows = self.db.execute(
                "SELECT f.path FROM files f WHERE f.path > ? || '/' AND f.path < ? || '0' AND f.path LIKE '%.go' "
                "AND instr(substr(f.path, ?), '/') = 0",
                (folder, folder, len(folder) + 2),
            )
            if found := [path for (path,) in rows]:
                return found
        return []

    def tests_of(self, path: str) -> list[str]:
        """Test files that by their names are about a file, the nearest first."""
        from farthing.index import features  # here, as it takes numpy with it, which completion never needs

        about = features.subject(path)
        found = self.db.execute("SELECT path FROM files WHERE instr(lower(path), ?) > 0", (about,)) if about else ()
        tests = [each for (each,) in found if features.is_test(each) and features.subject(each) == about]
        shared = _shared_with(path)
        return sorted(
            tests, key=lambda each: (posixpath.splitext(each)[1] != posixpath.splitext(path)[1], -shared(each), each)
        )

    def references_to(self, symbol: Symbol, limit: int = 200) -> list[Use]:
        """Uses of a symbol's name; those in files that can see it come first."""
        files = self.db.execute(
            "SELECT f.path, u.content, u.rowid FROM files f JOIN uses u ON u.content = f.content WHERE u.name = ?",
            (symbol.name,),
        ).fetchall()
        shared = _shared_with(symbol.path)
        files.sort(key=lambda file: (file[0] != symbol.path, -shared(file[0]), file[0]))
        spots: list[tuple[str, int, str, int]] = []
        for path, content, row in files:
            [blob] = self.db.execute("SELECT spots FROM uses WHERE rowid = ?", (row,)).fetchone()
            here = sorted(rows.spots(blob))[: limit - len(spots)]
            first = 0
            if any(enclosing >= 0 for _, enclosing, _ in here):
                [first] = self.db.execute("SELECT min(id) FROM definitions WHERE content = ?", (content,)).fetchone()
            spots += [(path, line, kind, first + inside if inside >= 0 else -1) for line, inside, kind in here]
            if len(spots) >= limit:
                break
        ids = [Place(id, path, "", "", "") for path, _, _, id in spots if id >= 0]
        around = {(each.id, each.path): each for each in symbols.at(self.db, ids)}
        return [Use(path, line, kind, around.get((id, path))) for path, line, kind, id in spots]

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
            name
            for (name,) in self.db.execute(
                f"SELECT d.name {symbols.FROM} WHERE f.path = ? AND d.start_line BETWEEN ? AND ?",
                (path, line - WINDOW_LINES, line + WINDOW_LINES),
            )
        }
        wanted = [name for name in names if name not in defined]
        return self._meant(wanted, path, imported, limit)

    def meanings(self, names: Iterable[str], path: str, taken: Collection[str] = (), limit: int = 12) -> list[Symbol]:
        """What names that are used in a file mean, where that is clear: imported first, then in their order.

        Args:
            path: of the file, relative to the root.
            taken: names that its imports take. Where there are any, others that no imported file defines are methods.
        """
        imported = {file: i for i, file in enumerate(self.imported_files(path))}
        found = self._meant(names, path, imported, limit if not taken else MEANINGS)
        if taken:
            found = [
                each for each in found if each.path in (path, *imported) or each.kind == "method" or each.name in taken
            ]
        return found[:limit]

    def _meant(self, names: Iterable[str], path: str, imported: Mapping[str, int], limit: int) -> list[Symbol]:
        nearness = _nearness(path, set(imported), ())
        candidates: list[tuple[tuple[int, int, int], Place]] = []
        for position, name in enumerate(names):
            hits = symbols.places(self.db, "d.name = ? LIMIT ?", (name, COMMON + 1))
            if not hits or len(hits) > COMMON:
                continue
            best = min(hits, key=nearness)
            reach = 0 if best.path in imported else 1 if best.path == path else 2
            if reach == 2 and len(hits) > 1:
                continue  # not imported, and more than one: a guess would mislead the model
            candidates.append(((reach, position, imported.get(best.path, 0)), best))
        candidates.sort(key=lambda each: each[0])
        return symbols.at(self.db, [place for _, place in candidates[:limit]])

    def similar(self, spot: Spot, visits: Sequence[Visit] = (), limit: int = 3) -> list[Excerpt]:
        """Lines of the repository that are like those around a cursor, best first.

        Args:
            visits: where the user was lately.
        """
        vocabulary = Vocabulary(self.db)
        lines = spot.text.split("\n")
        names = similar.weights(lines, spot.line - 1, spot.column)
        likeness = similar.Likeness(vocabulary, names)
        files = {spot.path: lines}
        found: list[Excerpt] = []
        for path, first, last, factor in similar.places(spot, visits, similar.definitions(self.db, vocabulary, names)):
            if path not in files:
                files[path] = (self.read(path) or b"").decode("utf-8", "replace").split("\n")
            best = likeness.best(path, files[path], first, min(last, len(files[path])))
            if best and best.likeness > 0:
                found.append(replace(best, likeness=best.likeness * factor))
        found.sort(key=lambda each: -each.likeness)
        return list(similar.apart(found, limit))


_NAME = re.compile(r"[^\W\d]\w{2,}")


def _names_by_distance(lines: Sequence[str], at: int) -> list[str]:
    """Names in some lines, those nearest to a line first."""
    order = sorted(range(len(lines)), key=lambda i: (abs(i - at), i))
    return list(dict.fromkeys(name for i in order for name in _NAME.findall(lines[i])))


def _nearness(
    path: str, imported: set[str], owners: Sequence[str]
) -> Callable[[Place], tuple[bool, int, int, int, str, int]]:
    """How far definitions are from a file; the least is meant."""
    shared = _shared_with(path)

    def key(place: Place) -> tuple[bool, int, int, int, str, int]:
        foreign = bool(owners) and owners[-1] not in place.symbol.split(".")[:-1]
        reach = 0 if place.path == path else 1 if place.path in imported else 2
        return foreign, reach, -shared(place.path), place.symbol.count("."), place.path, place.id

    return key


def _shared_with(path: str) -> Callable[[str], int]:
    """Counts the folders that a path has in common with this one."""
    folders = path.split("/")[:-1]

    @functools.cache
    def count(other: str) -> int:
        return len(posixpath.commonprefix([other.split("/")[:-1], folders]))

    return count
