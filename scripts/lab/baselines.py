"""What the ranking is compared with: BM25 over whole functions, and over whole files, with nothing else."""

import functools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from commits import Case

from farthing import tokens
from farthing.index.rows import split_name

K1, B = 1.5, 0.75


class Piece(NamedTuple):
    """Some lines that are shown."""

    path: str
    first: int
    last: int
    tokens: int
    body: bool = True
    """Whether these lines are there word for word, and not only a signature."""


Shown = list[Piece]
"""Best first."""


@functools.lru_cache(maxsize=200_000)
def words(text: str) -> Counter[str]:
    """How often each word is in a text; names count as a whole and by their parts."""
    found: Counter[str] = Counter()
    for name in re.findall(r"\w+", text):
        whole, *parts = split_name(name).lower().split()
        found.update({whole, *parts} if parts else (whole,))
    return found


@functools.lru_cache(maxsize=200_000)
def count(text: str) -> int:
    """Tokens, remembered."""
    return tokens.count(text)


def bm25(texts: Sequence[str], query: str) -> list[float]:
    """Score of each text."""
    counted = [words(text) for text in texts]
    lengths = [sum(each.values()) for each in counted]
    mean = sum(lengths) / max(1, len(lengths)) or 1.0
    scores = [0.0] * len(texts)
    for word in words(query):
        holders = [i for i, each in enumerate(counted) if word in each]
        weight = math.log(1 + (len(texts) - len(holders) + 0.5) / (len(holders) + 0.5))
        for i in holders:
            often = counted[i][word]
            scores[i] += weight * often * (K1 + 1) / (often + K1 * (1 - B + B * lengths[i] / mean))
    return scores


def functions(case: Case, contents: dict[str, bytes]) -> list[tuple[str, int, int, str]]:
    """Whole functions by BM25, best first: path, lines, text."""
    pieces = []
    for path, _, first, last in case.functions:
        if path in case.blobs:
            pieces.append((path, first, last, "".join(lines(contents[case.blobs[path]])[first - 1 : last])))
    return _ranked(pieces, case.query)


def files(case: Case, contents: dict[str, bytes]) -> list[tuple[str, int, int, str]]:
    """Whole source files by BM25, best first."""
    held = {path for path, *_ in case.functions} & case.blobs.keys()
    texts = {path: lines(contents[case.blobs[path]]) for path in sorted(held)}
    return _ranked([(path, 1, len(text), "".join(text)) for path, text in texts.items()], case.query)


def _ranked(pieces: list[tuple[str, int, int, str]], query: str) -> list[tuple[str, int, int, str]]:
    scores = bm25([each[3] for each in pieces], query)
    order = sorted(range(len(pieces)), key=lambda i: (-scores[i], pieces[i][:2]))
    return [pieces[i] for i in order if scores[i] > 0]


def fill(ranked: Iterable[tuple[str, int, int, str]], budget: int) -> Shown:
    """The best pieces that fit; one that doesn't is passed over for smaller ones."""
    shown: Shown = []
    for path, first, last, text in ranked:
        if budget < 5:
            break
        if len(text) > 12 * budget or (size := count(text)) > budget:
            continue
        budget -= size
        shown.append(Piece(path, first, last, size))
    return shown


@functools.lru_cache(maxsize=20_000)
def lines(data: bytes) -> tuple[str, ...]:
    """Lines with their ends."""
    return tuple(data.decode("utf-8", "replace").splitlines(keepends=True))
