"""How much of an instruction the text of a candidate covers: its words, weighed by how rare they are."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from farthing.index import query
from farthing.index.symbols import Symbol

COLUMNS = ("cover", "cover_body", "cover_name", "cover_file", "cover_code")


def weights(asked: query.Query, vocabulary: query.Vocabulary) -> dict[str, float]:
    """Stem -> how much it tells, for every word of an instruction."""
    found: dict[str, float] = {}
    for word in asked.words:
        holders = sum(vocabulary.holds(variant) for variant in query.variants(word))
        weight = math.log(1 + vocabulary.total / (1 + holders)) if holders else 0.5
        found[query.stem(word)] = max(found.get(query.stem(word), 0.0), weight)
    return found


def matrix(
    asked: query.Query,
    weighed: Mapping[str, float],
    pool: Sequence[Symbol],
    ends: Mapping[int, int],
    read: Callable[[str], bytes],
) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """One row for each candidate, one column for each of :data:`COLUMNS`, each a share from 0 to 1.

    Words are looked for by their stems in all of the text, so ``url`` is found in ``getURLPath`` as well.

    Args:
        asked: the instruction.
        weighed: its stems.
        pool: the candidates.
        ends: id -> last byte of the candidate's own text, where that is not its end.
        read: bytes of a file, in lower case.
    """
    stems = [(stem.encode(), weight) for stem, weight in weighed.items()]
    total = sum(weight for _, weight in stems) or 1.0
    codes = [name.lower().encode() for name in sorted(asked.names)]
    in_file: dict[str, float] = {}
    rows = []
    for symbol in pool:
        data = read(symbol.path)
        if symbol.path not in in_file:
            in_file[symbol.path] = sum(weight for stem, weight in stems if stem in data) / total
        body = data[symbol.start : ends.get(symbol.id, symbol.end)]
        name = f"{symbol.symbol} {symbol.path}".lower().encode()
        both = here = called = 0.0
        for stem, weight in stems:
            in_body, in_name = stem in body, stem in name
            here += weight * in_body
            called += weight * in_name
            both += weight * (in_body or in_name)
        coded = sum(code in body for code in codes) / len(codes) if codes else 0.0
        rows.append((both / total, here / total, called / total, in_file[symbol.path], coded))
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))
