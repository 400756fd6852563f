"""Finding definitions by name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from farthing.index.store import Connection

MAX_NAMES = 400
"""Names that are looked at for one query."""

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


COLUMNS = 'd.id, f.path, d.qualified, d.name, d.kind, d.signature, d.doc, d.start, d."end", d.start_line, d.end_line'
# `files` first: SQLite merges a view of several tables that stands in for it into the query only from the first place.
FROM = "FROM files f JOIN definitions d ON d.content = f.content"


def select(db: Connection, where: str, values: Iterable[object] = ()) -> list[Symbol]:
    """Definitions by a condition over ``d`` (definitions) and ``f`` (files)."""
    return [Symbol(*row) for row in db.execute(f"SELECT {COLUMNS} {FROM} WHERE {where}", tuple(values))]


def search(db: Connection, query: str, limit: int) -> list[Symbol]:
    """Definitions whose name is like the query, best first.

    ``Owner.name`` (or ``Owner::name``, ``Owner#name``) asks for names in an owner; case matters only to the order.
    """
    *owners, wanted = [part for part in re.split(r"\.|::|#|/|\s+", query.strip()) if part] or [""]
    if not wanted or limit < 1:
        return []
    names = sorted(_names(db, wanted), key=lambda name: _name_key(name, wanted))
    found: list[Symbol] = []
    for name in names:
        hits = select(db, "d.name = ? LIMIT ?", (name, max(4 * limit, 100)))
        if owners:
            hits = [hit for hit in hits if _owned(hit.symbol, owners)]
        hits.sort(key=_symbol_key)
        found += hits
        if len(found) >= limit:
            break
    # Headings of documents come after code that matches as well.
    found.sort(key=lambda each: (_name_key(each.name, wanted)[0], each.kind == "section"))
    return found[:limit]


def _names(db: Connection, wanted: str) -> set[str]:
    like = re.sub(r"([%_\\])", r"\\\1", wanted)
    found = {
        name
        for (name,) in db.execute(
            "SELECT name FROM names WHERE name LIKE ? ESCAPE '\\' LIMIT ?", (like + "%", MAX_NAMES)
        )
    }
    if len(wanted) >= 3 and len(found) < MAX_NAMES:
        found |= _matching(db, _quoted(wanted))
    if len(wanted) >= 4 and len(found) < 10:
        # Nothing has it in it: what shares most three-letter groups with it was perhaps mistyped.
        found |= {name for name in _matching(db, _rare_grams(db, wanted)) if _alike(name, wanted)}
    return found


def _matching(db: Connection, expression: str) -> set[str]:
    # Not ordered by rank: that would look at every match, and all names that come are ranked here anyway.
    rows = db.execute("SELECT name FROM name_grams WHERE name_grams MATCH ? LIMIT ?", (expression, MAX_NAMES))
    return {name for (name,) in rows}


def _rare_grams(db: Connection, wanted: str) -> str:
    """The three-letter groups of a text that few names have. A name that is much like it has some of them."""
    counts: list[tuple[int, str]] = []
    for gram in {wanted[i : i + 3].lower() for i in range(len(wanted) - 2)}:
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


def _alike(name: str, wanted: str) -> bool:
    ours, theirs = name.lower(), wanted.lower()
    shared = {ours[i : i + 3] for i in range(len(ours) - 2)} & {theirs[i : i + 3] for i in range(len(theirs) - 2)}
    return 2 * len(shared) >= len(theirs) - 2


def _name_key(name: str, wanted: str) -> tuple[int, int, str]:
    low, want = name.lower(), wanted.lower()
    if name == wanted:
        place = 0
    elif low == want:
        place = 1
    elif low.startswith(want):
        place = 2
    elif re.search(rf"(?:_|\b|(?<=[a-z0-9])(?=[A-Z])){re.escape(wanted)}", name, re.IGNORECASE):
        place = 3
    elif want in low:
        place = 4
    else:
        place = 5
    return place, len(name), name


def _owned(qualified: str, owners: list[str]) -> bool:
    above = [part.lower() for part in qualified.split(".")[:-1]]
    return all(any(owner.lower() in part for part in above) for owner in owners)


def _symbol_key(symbol: Symbol) -> tuple[int, bool, int, str, int]:
    is_test = re.search(r"(^|/)(tests?|spec)/|(^|/)test_|_test\.|\.(test|spec)\.", symbol.path) is not None
    return _KIND_RANK.get(symbol.kind, 4), is_test, symbol.path.count("/"), symbol.path, symbol.start_line
