"""Finding definitions by name."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from farthing.index.store import Connection

MAX_NAMES = 400
"""Names that are looked at for one query, by each way to find them."""

MAX_PLACES = 300
"""Definitions of one name among which the best are chosen."""

_KIND_RANK = {
    "class": 0, "interface": 0, "enum": 1, "type": 1, "function": 1, "method": 2, "module": 2, "constant": 3,
    "macro": 3, "section": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition in a file."""

    id: int
    path: str
    symbol: str
    """Qualified name."""
    name: str
    kind: str
    signature: str
    doc: str
    start: int
    """Byte offset of its body in the file."""
    end: int
    start_line: int
    end_line: int


class Place(NamedTuple):
    """What definitions are chosen by. All of it is in the index on names."""

    id: int
    path: str
    symbol: str
    """Qualified name."""
    kind: str


COLUMNS = 'd.id, f.path, d.qualified, d.name, d.kind, d.signature, d.doc, d.start, d."end", d.start_line, d.end_line'
# `files` first: SQLite merges a view of several tables that stands in for it into the query only from the first place.
FROM = "FROM files f JOIN definitions d ON d.content = f.content"


def select(db: Connection, where: str, values: Iterable[object] = ()) -> list[Symbol]:
    """Definitions by a condition over ``d`` (definitions) and ``f`` (files)."""
    return [Symbol(*row) for row in db.execute(f"SELECT {COLUMNS} {FROM} WHERE {where}", tuple(values))]


def places(db: Connection, where: str, values: Iterable[object] = ()) -> list[Place]:
    """As :func:`select`, without what is only shown."""
    rows = db.execute(f"SELECT d.id, f.path, d.qualified, d.kind {FROM} WHERE {where}", tuple(values))
    return [Place._make(row) for row in rows]


def at(db: Connection, places: Sequence[Place]) -> list[Symbol]:
    """Everything of some definitions, in their order."""
    ids = json.dumps([place.id for place in places])
    found = {(each.id, each.path): each for each in select(db, "d.id IN (SELECT value FROM json_each(?))", (ids,))}
    # Another process may have written meanwhile.
    return [found[place.id, place.path] for place in places if (place.id, place.path) in found]


def search(db: Connection, query: str, limit: int) -> list[Symbol]:
    """Definitions whose name is like the query, best first.

    ``Owner.name`` (or ``Owner::name``, ``Owner#name``) asks for names in an owner; case matters only to the order.
    """
    *owners, wanted = [part for part in re.split(r"\.|::|#|/|\s+", query.strip()) if part] or [""]
    if not wanted or limit < 1:
        return []
    ranked = sorted((_name_key(name, wanted), name) for name in _names(db, wanted))
    found: list[tuple[int, Place]] = []
    for key, name in ranked:
        hits = sorted(_places(db, name, owners, max(4 * limit, MAX_PLACES)), key=_place_key)
        found += [(key[0], hit) for hit in hits[:limit]]
        if len(found) >= limit:
            break
    # Headings of documents come after code that matches as well.
    found.sort(key=lambda each: (each[0], each[1].kind == "section"))
    return at(db, [place for _, place in found[:limit]])


def _places(db: Connection, name: str, owners: Sequence[str], limit: int) -> list[Place]:
    """Definitions of a name; only those in the owners, where there are any."""
    where = "d.name = ?" + " AND d.qualified LIKE ? ESCAPE '\\'" * len(owners)
    patterns = ("%" + re.sub(r"([%_\\])", r"\\\1", owner) + "%" for owner in owners)
    hits = places(db, where + " LIMIT ?", (name, *patterns, limit))
    return [hit for hit in hits if _owned(hit.symbol, owners)] if owners else hits


def _names(db: Connection, wanted: str) -> set[str]:
    found = {
        name
        for (name,) in db.execute(
            "SELECT name FROM names WHERE name >= ? COLLATE NOCASE AND name < ? COLLATE NOCASE LIMIT ?",
            (wanted, wanted + chr(0x10FFFF), MAX_NAMES),
        )
    }
    if len(wanted) >= 3 and len(found) < MAX_NAMES:
        found |= _matching(db, _quoted(wanted))
    if len(wanted) >= 4 and len(found) < 10:
        # Nothing has it in it: what shares most three-letter groups with it was perhaps mistyped.
        grams = _grams(wanted)
        found |= {name for name in _matching(db, _rare_grams(db, wanted)) if _alike(name, grams)}
    return found


def _matching(db: Connection, expression: str) -> set[str]:
    # Not ordered by rank: that would look at every match, and all names that come are ranked here anyway.
    rows = db.execute("SELECT name FROM name_grams WHERE name_grams MATCH ? LIMIT ?", (expression, MAX_NAMES))
    return {name for (name,) in rows}


def _rare_grams(db: Connection, wanted: str) -> str:
    """The three-letter groups of a text that few names have. A name that is much like it has some of them."""
    counts: list[tuple[int, str]] = []
    for gram in _grams(wanted):
        row = db.execute("SELECT doc FROM name_terms WHERE term = ?", (gram,)).fetchone()
        if row:
            counts.append((row[0], gram))
    chosen: list[str] = []
    total = 0
    for count, gram in sorted(counts):
        total += count
        if chosen and total > MAX_NAMES:
            break
        chosen.append(_quoted(gram))
    return " OR ".join(chosen) or _quoted(wanted)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _alike(name: str, grams: set[str]) -> bool:
    low = name.lower()
    return 2 * sum(gram in low for gram in grams) >= len(grams)


def _grams(text: str) -> set[str]:
    low = text.lower()
    return {low[i : i + 3] for i in range(len(low) - 2)}


def _name_key(name: str, wanted: str) -> tuple[int, int, int, str]:
    low, want = name.lower(), wanted.lower()
    missing = 0
    if name == wanted:
        place = 0
    elif low == want:
        place = 1
    elif low.startswith(want):
        place = 2
    elif want in low:
        place = 3 if _begins_word(name, low, want) else 4
    else:
        place = 5
        missing = sum(gram not in low for gram in _grams(want))
    return place, missing, len(name), name


def _begins_word(name: str, low: str, want: str) -> bool:
    """Whether a word of a name begins with what is wanted: after an underscore, or with a camel's hump."""
    start = low.find(want)
    while 0 < start < len(name):
        before, first, second = name[start - 1], name[start], name[start + 1 : start + 2]
        if not before.isalnum() or (first.isupper() and (not before.isupper() or second.islower())):
            return True
        start = low.find(want, start + 1)
    return False


def _owned(qualified: str, owners: Sequence[str]) -> bool:
    above = [part.lower() for part in qualified.split(".")[:-1]]
    return all(any(owner.lower() in part for part in above) for owner in owners)


_TEST = re.compile(r"(^|/)(tests?|spec)/|(^|/)test_|_test\.|\.(test|spec)\.")


def _place_key(place: Place) -> tuple[int, bool, int, str, int]:
    # Ids of a file's definitions are in their order.
    is_test = _TEST.search(place.path) is not None
    return _KIND_RANK.get(place.kind, 4), is_test, place.path.count("/"), place.path, place.id
