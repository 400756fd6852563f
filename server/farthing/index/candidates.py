"""Definitions that may matter to an instruction: found by words, by name, by the editor's place."""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farthing.index import query, symbols
from farthing.index.store import Connection
from farthing.index.symbols import Symbol

BY_WORDS = 300
"""Definitions that the full-text search gives."""

BEST_FILES = 6
"""Files of which every definition is a candidate."""

ENOUGH = 600
"""Candidates: no more files are added to so many."""

NAMED = 30
"""Definitions of one mentioned name that are looked at."""

MEANINGS = 500
"""Definitions of one used name that are looked at."""

TEXT_WEIGHTS = (4.0, 2.0, 1.5, 1.0)
"""What a word counts in a name, a signature, a doc line, a body."""

UNITS = (
    "function",
    "method",
    "class",
    "interface",
    "enum",
    "type",
    "constant",
    "variable",
    "macro",
    "section",
    "module",
)
"""Kinds that are candidates. Fields and parameters come with what they are in."""


@dataclass
class Pool:
    """Candidates and what the search said about them."""

    symbols: list[Symbol]
    words: dict[int, float]
    """Id of a definition -> BM25, higher is better."""
    files: dict[str, float]
    """Path -> score of the file as a whole."""


def gather(
    db: Connection, asked: query.Query, vocabulary: query.Vocabulary, places: Iterable[tuple[str, int, int]]
) -> Pool:
    """Candidates by words, names and places (path, first and last line; 0 for the whole file)."""
    scores = _by_words(db, query.expression(asked, vocabulary))
    found: dict[tuple[int, str], Symbol] = {}
    ids = sorted(scores, key=lambda id: -scores[id])
    for symbol in select_ids(db, ids):
        found[symbol.id, symbol.path] = symbol
    for name in sorted(asked.names | asked.plain):
        for symbol in symbols.select(db, "d.name = ? LIMIT ?", (name, NAMED)):
            found.setdefault((symbol.id, symbol.path), symbol)
    for path, first, last in places:
        for symbol in symbols.select(db, "f.path = ? ORDER BY d.id LIMIT 2000", (path,)):
            if not first or (symbol.start_line <= last and first <= symbol.end_line):
                found.setdefault((symbol.id, symbol.path), symbol)
    files = _files(found.values(), scores)
    for path in sorted(files, key=lambda path: (-files[path], path))[:BEST_FILES]:
        if len(found) >= ENOUGH:
            break
        for symbol in symbols.select(db, "f.path = ? ORDER BY d.id LIMIT 400", (path,)):
            if len(found) >= ENOUGH:
                break
            found.setdefault((symbol.id, symbol.path), symbol)
    return Pool([symbol for symbol in found.values() if symbol.kind in UNITS], scores, files)


def _by_words(db: Connection, expression: str) -> dict[int, float]:
    if not expression:
        return {}
    weights = ", ".join(map(str, TEXT_WEIGHTS))
    limit = BY_WORDS
    while True:
        rows = db.execute(
            f"SELECT s.id, s.score FROM (SELECT rowid AS id, -bm25(texts, {weights}) AS score FROM texts "
            "WHERE texts MATCH ? ORDER BY score DESC LIMIT ?) s JOIN definitions d ON d.id = s.id "
            "WHERE EXISTS (SELECT 1 FROM files f WHERE f.content = d.content)",
            (expression, limit),
        ).fetchall()
        # Contents that no file has any more are still in the search's tables: look further behind many of them.
        if len(rows) >= BY_WORDS // 2 or limit >= 64 * BY_WORDS:
            return dict(sorted(rows, key=lambda row: (-row[1], row[0]))[:BY_WORDS])
        if (
            db.execute("SELECT count(*) FROM contents").fetchone()
            <= db.execute("SELECT count(*) FROM files").fetchone()
        ):
            return dict(rows)
        limit *= 8


def select_ids(db: Connection, ids: Sequence[int]) -> list[Symbol]:
    """Definitions by their ids, in each file that holds them."""
    found: list[Symbol] = []
    for i in range(0, len(ids), 500):
        chunk = ids[i : i + 500]
        found += symbols.select(db, f"d.id IN ({','.join('?' * len(chunk))}) ORDER BY d.id, f.path", chunk)
    return found


def meant(db: Connection, names: Iterable[str], path: str, imported: Iterable[str]) -> list[Symbol]:
    """What each of the names in a file most likely means: there, in what it imports, nearby, anywhere.

    Args:
        names: plain ones. Of those that mean nothing, or no candidate, there is none in the answer.
        path: of the file.
        imported: files that it imports.
    """
    near = {**dict.fromkeys(imported, 1), path: 0}
    folders = path.split("/")[:-1]

    def distance(row: tuple[int, str, str]) -> tuple[int, int, int, str]:
        _, other, qualified = row
        shared = len(posixpath.commonprefix([other.split("/")[:-1], folders]))
        return near.get(other, 2), -shared, qualified.count("."), other

    best: dict[int, str] = {}
    for name in names:
        rows = db.execute(
            "SELECT d.id, f.path, d.qualified FROM files f JOIN definitions d ON d.content = f.content "
            "WHERE d.name = ? LIMIT ?",
            (name, MEANINGS),
        )
        if found := min(rows, key=distance, default=None):
            best[found[0]] = found[1]
    by_id = {symbol.id: symbol for symbol in select_ids(db, list(best)) if symbol.path == best[symbol.id]}
    return [by_id[id] for id in best if by_id[id].kind in UNITS]


def _files(found: Iterable[Symbol], scores: dict[int, float]) -> dict[str, float]:
    by_file: dict[str, list[float]] = {}
    for symbol in found:
        if symbol.id in scores:
            by_file.setdefault(symbol.path, []).append(scores[symbol.id])
    # The best definition counts fully, each further one less: a long file is not good only for being long.
    return {
        path: sum(score * 0.7**i for i, score in enumerate(sorted(all, reverse=True)[:12]))
        for path, all in by_file.items()
    }


def heads(db: Connection, pool: Sequence[Symbol]) -> dict[int, tuple[int, int]]:
    """Where the own text of classes and modules ends: last line and byte before the first function or class inside."""
    ids = [each.id for each in pool if each.kind in ("class", "interface", "enum", "type", "module")]
    found: dict[int, tuple[int, int]] = {}
    for i in range(0, len(ids), 500):
        chunk = ids[i : i + 500]
        for id, own, line, byte in db.execute(
            # Ids follow the order of the beginnings: the search ends at the first one of these inside, or behind.
            "SELECT p.id, p.start_line, c.start_line, c.start FROM definitions p JOIN definitions c ON c.id = "
            '(SELECT i.id FROM definitions i WHERE i.content = p.content AND i.id > p.id AND (i.start >= p."end" '
            "OR (i.kind IN ('function', 'method', 'class', 'interface', 'enum') "
            'AND i."end" <= p."end")) '
            'ORDER BY i.id LIMIT 1) AND c.start < p."end" '
            f"WHERE p.id IN ({','.join('?' * len(chunk))})",
            chunk,
        ):
            found[id] = max(own, line - 1), byte
    return found
