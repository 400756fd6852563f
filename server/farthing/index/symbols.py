"""Finding definitions by name."""

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from farthing.index.store import Connection

MAX_NAMES = 400
"""Names that are looked at for one query, by each way to find them."""

FEW = 10
"""With fewer names than this, and none that is just the query, it was perhaps mistyped."""

LONG = 8
"""What has so many letters and is in a name was not."""

MAX_OWNED = 2000
"""Definitions in an owner among which they are chosen."""

MAX_GRAMS = 16
"""Three-letter groups of a query that are looked up."""

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
    name: str
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
    rows = db.execute(f"SELECT d.id, f.path, d.name, d.qualified, d.kind {FROM} WHERE {where}", tuple(values))
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
    keys = {name: _name_key(name, wanted) for name in _names(db, wanted)}
    names = sorted(keys, key=keys.__getitem__)
    found = _owned_places(db, names, owners) if owners else _places(db, names, limit)
    # Headings of documents come after code that matches as well.
    found.sort(key=lambda place: (keys[place.name][0], place.kind == "section", *keys[place.name], *_place_key(place)))
    return at(db, found[:limit])


def _places(db: Connection, names: Iterable[str], limit: int) -> list[Place]:
    """Definitions of the first names, as many as are wanted and those of the same name as the last."""
    found: list[Place] = []
    for name in names:
        found += places(db, "d.name = ? LIMIT ?", (name, max(4 * limit, MAX_PLACES)))
        if len(found) >= limit:
            break
    return found


def _owned_places(db: Connection, names: Sequence[str], owners: Sequence[str]) -> list[Place]:
    """Definitions of any of the names in the owners."""
    like = " AND d.qualified LIKE ? ESCAPE '\\'" * len(owners)
    patterns = ["%" + re.sub(r"([%_\\])", r"\\\1", owner) + "%" for owner in owners]
    where = f"d.name IN (SELECT value FROM json_each(?)){like} LIMIT ?"
    for first in (names[:FEW], names):  # most often the whole name was typed
        values = (json.dumps(first), *patterns, MAX_OWNED)
        if found := [place for place in places(db, where, values) if _owned(place.symbol, owners)]:
            return found
    return []


def _names(db: Connection, wanted: str) -> set[str]:
    found = {
        name
        for (name,) in db.execute(
            "SELECT name FROM names WHERE name >= ? COLLATE NOCASE AND name < ? COLLATE NOCASE LIMIT ?",
            (wanted, wanted + chr(0x10FFFF), MAX_NAMES),
        )
    }
    if len(wanted) >= 3 and len(found) < MAX_NAMES:
        # The end of a long name tells enough: names have their beginnings in common.
        want = wanted.lower()
        found |= {name for name in _matching(db, _quoted(wanted[-MAX_GRAMS:])) if want in name.lower()}
    few = FEW if len(wanted) < LONG else 1
    if len(wanted) >= 4 and len(found) < few and not any(name.lower() == wanted.lower() for name in found):
        found |= _mistyped(db, wanted)
    return found


def _matching(db: Connection, expression: str) -> set[str]:
    # Not ordered by rank: that would look at every match, and all names that come are ranked here anyway.
    rows = db.execute("SELECT name FROM name_grams WHERE name_grams MATCH ? LIMIT ?", (expression, MAX_NAMES))
    return {name for (name,) in rows}


def _mistyped(db: Connection, wanted: str) -> set[str]:
    """Names that share at least half of the three-letter groups of what was typed."""
    grams = _grams(wanted)
    some = sorted(grams)[:: len(grams) // MAX_GRAMS + 1]
    for expression in (_rare(db, some), _halves(wanted)):
        names = _matching(db, expression) if expression else ()
        if found := {name for name in names if 2 * _missing(name.lower(), grams) <= len(grams)}:
            return found
    return set()


def _rare(db: Connection, grams: Iterable[str]) -> str:
    """Those of the groups that few names have: what is much like the typed name has some of them."""
    counts: list[tuple[int, str]] = []
    for gram in grams:
        query = "SELECT count(*) FROM (SELECT 1 FROM name_grams WHERE name_grams MATCH ? LIMIT ?)"
        [count] = db.execute(query, (_quoted(gram), MAX_NAMES)).fetchone()
        if 0 < count < MAX_NAMES:
            counts.append((count, gram))
    counts.sort()
    chosen = [gram for i, (_, gram) in enumerate(counts) if not i or sum(n for n, _ in counts[: i + 1]) <= MAX_NAMES]
    return " OR ".join(map(_quoted, chosen))


def _halves(wanted: str) -> str:
    """Where each group is in many names: any two of the typed name's four parts, as one slip spoils two at most."""
    size = len(wanted) / 4
    parts = [wanted[round(i * size) : round((i + 1) * size)] for i in range(4)]
    if min(map(len, parts)) < 3:
        parts = [wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]]
        return " OR ".join(_quoted(part) for part in parts if len(part) >= 3)
    return " OR ".join(f"({_quoted(a)} AND {_quoted(b)})" for a, b in itertools.combinations(parts, 2))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _grams(text: str) -> set[str]:
    low = text.lower()
    return {low[i : i + 3] for i in range(len(low) - 2)}


def _missing(low: str, grams: set[str]) -> int:
    return sum(gram not in low for gram in grams)


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
        missing = _missing(low, _grams(want))
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
