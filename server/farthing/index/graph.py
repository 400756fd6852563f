"""How near definitions are to each other by calls, files and imports: personalised PageRank over the candidates."""

from collections import Counter
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
    uses: list[tuple[int, set[int], list[int]]] = []
    for name, ids in by_name.items():
        rows_of_name = db.execute(
            "SELECT content, spots FROM uses u WHERE name = ? "
            "AND EXISTS (SELECT 1 FROM files f WHERE f.content = u.content) LIMIT ?",
            (name, FILES_OF_NAME + 1),
        ).fetchall()
        if len(rows_of_name) <= FILES_OF_NAME:
            for content, blob in rows_of_name:
                uses.append((content, {enclosing for _, enclosing, _ in rows.spots(blob) if enclosing >= 0}, ids))
    first = _first_ids(db, list({content for content, _, _ in uses}))
    return [
        (first[content] + each, id)
        for content, inside, ids in uses
        for each in inside for id in ids if first[content] + each != id
    ]  # fmt: skip


def _first_ids(db: Connection, contents: Sequence[int]) -> dict[int, int]:
    """Content -> id of its first definition; the others follow it."""
    found: dict[int, int] = {}
    for i in range(0, len(contents), 500):
        chunk = contents[i : i + 500]
        # Asked one by one inside: a minimum of a whole index range is its first entry, one of a group is not.
        found |= db.execute(
            "SELECT c.id, (SELECT min(d.id) FROM definitions d WHERE d.content = c.id) FROM contents c "
            f"WHERE c.id IN ({','.join('?' * len(chunk))})",
            chunk,
        ).fetchall()
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
    for symbol in symbols:
        files.setdefault(symbol.path, count + len(files))
    edges = [(i, files[symbol.path]) for i, symbol in enumerate(symbols)]
    weights = [IN_FILE] * count
    known = [(node_of[a], node_of[b]) for a, b in links if a in node_of and b in node_of]
    meanings = Counter((a, symbols[b].name) for a, b in known)
    edges += known
    weights += [1.0 / meanings[a, symbols[b].name] for a, b in known]
    imported = [(files[one], files[other]) for one, other in imports if one in files and other in files]
    edges += imported
    weights += [IMPORT] * len(imported)
    start = np.zeros(count + len(files))
    start[:count] = seeds
    for path in seed_files:
        if path in files:
            start[files[path]] += max(1.0, float(seeds.sum()) / 4)
    return _walk(edges, np.array(weights), start)[:count]


def _walk(
    edges: Sequence[tuple[int, int]],
    weights: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    start: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The rank of each node; an edge goes both ways, and may be there more than once."""
    if not edges or not start.sum():
        return np.zeros(len(start))
    pairs = np.array(edges)
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
