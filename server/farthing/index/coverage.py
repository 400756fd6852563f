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
    words = [*(stem.encode() for stem in weighed), *(name.lower().encode() for name in sorted(asked.names))]
    in_body, in_file = _found(words, pool, ends, read)
    names = [f"{symbol.symbol} {symbol.path}".lower() for symbol in pool]
    covered = np.zeros((len(pool), len(COLUMNS)))
    both, here, called, around, coded = covered.T
    for row, (stem, weight) in enumerate(weighed.items()):
        in_name = np.fromiter((stem in name for name in names), dtype=bool, count=len(names))
        both += weight * (in_body[row] | in_name)
        here += weight * in_body[row]
        called += weight * in_name
        around += weight * in_file[row]
    covered /= sum(weighed.values()) or 1.0
    if asked.names:
        coded += in_body[len(weighed) :].mean(axis=0)
    return covered


def _found(
    words: Sequence[bytes], pool: Sequence[Symbol], ends: Mapping[int, int], read: Callable[[str], bytes]
) -> "tuple[np.ndarray[tuple[int, int], np.dtype[np.bool]], np.ndarray[tuple[int, int], np.dtype[np.bool]]]":
    """For each word, one row, and each candidate, one column: whether its body holds the word, and whether its file."""
    in_body = np.zeros((len(words), len(pool)), dtype=np.bool)
    in_file = np.zeros_like(in_body)
    for path, members in _by_file(pool).items():
        data = read(path)
        spans = [(pool[i].start, ends.get(pool[i].id, pool[i].end)) for i in members]
        for row, word in enumerate(words):
            if (held := holding(data, word, spans)) is not None:
                in_body[row, members] = held
                in_file[row, members] = True
    return in_body, in_file


def _by_file(pool: Sequence[Symbol]) -> dict[str, list[int]]:
    """For each file its candidates in the order of their beginnings."""
    found: dict[str, list[int]] = {}
    for i in sorted(range(len(pool)), key=lambda i: pool[i].start):
        found.setdefault(pool[i].path, []).append(i)
    return found


def holding(data: bytes, word: bytes, spans: Sequence[tuple[int, int]]) -> list[bool] | None:
    """Which of some spans of a text hold a word; None where all of the text doesn't.

    Args:
        spans: first byte and the one after the last, in the order of their beginnings. So what lies between two of the
            word's places is looked through once, however many spans there are.
    """
    at = data.find(word)
    if at < 0:
        return None
    held = []
    for start, end in spans:
        if 0 <= at < start:
            at = data.find(word, start)
        held.append(at >= 0 and at + len(word) <= end)
    return held
