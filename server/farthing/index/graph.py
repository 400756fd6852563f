"""How near definitions are to each other by calls, files and imports: personalised PageRank over the candidates."""

from collections.abc import Iterable, Sequence

import numpy as np

from farthing.index import rows
from farthing.index.store import Connection
from farthing.index.symbols import Symbol

NAMES = 120
"""Names of candidates whose uses are looked up, the best candidates first."""

FILES_OF_NAME = 60
"""A name that is used in more files than this links nothing."""

IN_FILE = 0.3
"""Weight of the link of a definition to its file; a call has 1, shared by all that the name may mean."""

IMPORT = 0.5
STAY = 0.75
"""Share of a node's rank that goes on along its links; the rest goes back to the seeds."""

STEPS = 12


def calls(db: Connection, symbols: Sequence[Symbol]) -> list[tuple[int, int]]:
    """Pairs (id of the definition that uses a name, id of a candidate of that name), for the first candidates."""
    by_name: dict[str, list[int]] = {}
    for symbol in symbols:
        if symbol.name in by_name or len(by_name) < NAMES:
            by_name.setdefault(symbol.name, []).append(symbol.id)
    found: list[tuple[int, int]] = []
    first: dict[int, int] = {}
    for name, ids in by_name.items():
        uses = db.execute(
            "SELECT content, spots FROM uses u WHERE name = ? "
            "AND EXISTS (SELECT 1 FROM files f WHERE f.content = u.content) LIMIT ?",
            (name, FILES_OF_NAME + 1),
        ).fetchall()
        if len(uses) > FILES_OF_NAME:
            continue
        for content, blob in uses:
            if content not in first:
                row = db.execute("SELECT min(id) FROM definitions WHERE content = ?", (content,)).fetchone()
                first[content] = row[0] or 0
            inside = {enclosing for _, enclosing, _ in rows.spots(blob) if enclosing >= 0}
            found += [(first[content] + each, id) for each in inside for id in ids if first[content] + each != id]
    return found


def nearness(
    symbols: Sequence[Symbol],
    links: Iterable[tuple[int, int]],
    imports: Iterable[tuple[str, str]],
    seeds: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    seed_files: Iterable[str],
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Personalised PageRank of each candidate, the highest 1.

    Args:
        symbols: the candidates.
        links: pairs of ids of definitions; those of no candidate are left out.
        imports: pairs of paths.
        seeds: how much each candidate is a seed; not negative.
        seed_files: files that are seeds as well.
    """
    count = len(symbols)
    node_of = {symbol.id: i for i, symbol in enumerate(symbols)}
    files: dict[str, int] = {}
    edges: dict[tuple[int, int], float] = {}

    def link(a: int, b: int, weight: float) -> None:
        edges[min(a, b), max(a, b)] = edges.get((min(a, b), max(a, b)), 0.0) + weight

    def file(path: str) -> int:
        return files.setdefault(path, count + len(files))

    for i, symbol in enumerate(symbols):
        link(i, file(symbol.path), IN_FILE)
    known = [(node_of[a], node_of[b]) for a, b in links if a in node_of and b in node_of]
    meanings: dict[tuple[int, str], int] = {}
    for a, b in known:
        meanings[a, symbols[b].name] = meanings.get((a, symbols[b].name), 0) + 1
    for a, b in known:
        link(a, b, 1.0 / meanings[a, symbols[b].name])
    for one, other in imports:
        if one in files and other in files:
            link(files[one], files[other], IMPORT)
    start = np.zeros(count + len(files))
    start[:count] = seeds
    for path in seed_files:
        if path in files:
            start[files[path]] += max(1.0, float(seeds.sum()) / 4)
    return _walk(edges, start)[:count]


def _walk(
    edges: dict[tuple[int, int], float], start: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if not edges or not start.sum():
        return np.zeros(len(start))
    pairs = np.array(list(edges))
    weights = np.array(list(edges.values()))
    source = np.concatenate([pairs[:, 0], pairs[:, 1]])
    target = np.concatenate([pairs[:, 1], pairs[:, 0]])
    weights = np.concatenate([weights, weights])
    size = len(start)
    out = np.bincount(source, weights, size)
    weights = weights / out[source]
    start = start / start.sum()
    rank = start
    for _ in range(STEPS):
        rank = (1 - STAY) * start + STAY * np.bincount(target, rank[source] * weights, size)
    highest = rank.max()
    return rank / highest if highest else rank
