"""What is known of each candidate, as numbers of about 0 to 1. Their weights are fitted, see weights.toml."""

import functools
import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from farthing.index import coverage, query
from farthing.index.candidates import Pool
from farthing.index.rows import split_name

FEATURES = (
    "bias", "words", "words_rank", "file", "file_rank", "name_code", "name_word", "name_part", "owner", "path_named",
    "path_word", "near", "recent", "test", "test_asked", "pair", "type", "value", "section", "size", "short", "focus",
    "selected", "log_words", "alike", "same_name",
    *coverage.COLUMNS,
)  # fmt: skip

TEST = re.compile(r"(^|/)(tests?|testing|specs?|__tests__)/|(^|/)(test_|conftest)|_test\.|\.(test|spec)\.")


@dataclass
class Evidence:
    """What is known beside the pool."""

    near: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    recent: Mapping[str, float]
    """File -> how much it was changed lately."""
    alike: Mapping[str, float]
    """File -> how like the instruction the messages of its commits are."""
    covered: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
    """See :mod:`farthing.index.coverage`."""
    sizes: Mapping[int, int]
    """Bytes of each definition's own text, by its id."""
    focus: Sequence[str] = ()
    selected: frozenset[int] = field(default_factory=frozenset)


@functools.lru_cache(maxsize=20_000)
def is_test(path: str) -> bool:
    """Whether a file holds tests, by its path."""
    return TEST.search(path) is not None


@functools.lru_cache(maxsize=20_000)
def subject(path: str) -> str:
    """What a file is about, or a test file tests: ``tests/test_parser.py`` and ``src/parser.py`` give ``parser``."""
    name = posixpath.basename(path).split(".")[0]
    if name in ("__init__", "index", "mod"):
        name = posixpath.basename(posixpath.dirname(path))
    return re.sub(r"^test_|_test$|^_+", "", name).lower()


Column: TypeAlias = "Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64] | np.dtype[np.bool]]"
"""One feature of all candidates."""


def matrix(asked: query.Query, pool: Pool, evidence: Evidence) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """One row for each candidate, one column for each of :data:`FEATURES`."""
    columns = {
        "bias": [1.0] * len(pool.symbols),
        **_by_words(pool),
        **_by_name(asked, pool),
        **_by_file(asked, pool, evidence),
        **_by_kind(pool),
        **_by_size(pool, evidence),
        "near": evidence.near**0.5,
        "selected": [symbol.id in evidence.selected for symbol in pool.symbols],
        **dict(zip(coverage.COLUMNS, evidence.covered.T, strict=True)),
    }
    return np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES])


def _by_words(pool: Pool) -> dict[str, Column]:
    """By the full-text search."""
    best = max(pool.words.values(), default=1.0) or 1.0
    ranks = {id: i for i, id in enumerate(sorted(pool.words, key=lambda id: -pool.words[id]))}
    scores = np.array([pool.words.get(symbol.id, 0.0) for symbol in pool.symbols])
    return {
        "words": scores / best,
        "words_rank": [1.0 / (2.0 + ranks[symbol.id]) ** 0.5 if symbol.id in ranks else 0.0 for symbol in pool.symbols],
        "log_words": np.log1p(scores) / 4.0,
    }


def _by_name(asked: query.Query, pool: Pool) -> dict[str, Column]:
    """By what the candidates are called, and what is around them."""
    words = {query.stem(word) for word in asked.words}
    lower = {name.lower() for name in asked.plain}
    mentioned = asked.names | asked.plain
    names = [symbol.name for symbol in pool.symbols]
    often = Counter(names)
    stems = [_name_stems(name) for name in names]
    return {
        "name_code": [name in asked.names for name in names],
        "name_word": [name not in asked.names and name.lower() in lower for name in names],
        "name_part": [sum(map(words.__contains__, parts)) / len(parts) for parts in stems],
        "owner": [not mentioned.isdisjoint(symbol.symbol.split(".")[:-1]) for symbol in pool.symbols],
        "same_name": np.log([often[name] for name in names]) / 3.0,
    }


def _by_file(asked: query.Query, pool: Pool, evidence: Evidence) -> dict[str, Column]:
    """By the files of the candidates, each looked at once."""
    words = {query.stem(word) for word in asked.words}
    best = max(pool.files.values(), default=1.0) or 1.0
    ranks = {path: i for i, path in enumerate(sorted(pool.files, key=lambda path: -pool.files[path]))}
    recent = max(evidence.recent.values(), default=1.0) or 1.0
    alike = max(evidence.alike.values(), default=1.0) or 1.0
    asks_test = bool(words & {"test", "fixtur", "spec", "coverag"})
    pairs = _pairs(pool)
    names = ("file", "file_rank", "path_named", "path_word", "recent", "test", "test_asked", "pair", "focus", "alike")
    rows = {
        path: (
            pool.files.get(path, 0.0) / best,
            1.0 / (1.0 + ranks[path]) if path in ranks else 0.0,
            any(path == each or path.endswith("/" + each) for each in asked.paths),
            any(part in words for part in _name_stems(subject(path))),
            (evidence.recent.get(path, 0.0) / recent) ** 0.5,
            is_test(path),
            is_test(path) and asks_test,
            pairs.get(path, 0.0) / best,
            path in evidence.focus,
            (evidence.alike.get(path, 0.0) / alike) ** 0.5,
        )
        for path in {symbol.path for symbol in pool.symbols}
    }
    numbers = {path: i for i, path in enumerate(rows)}
    table = np.array(list(rows.values()), dtype=np.float64).reshape(len(rows), len(names))
    return dict(zip(names, table[[numbers[symbol.path] for symbol in pool.symbols]].T, strict=True))


def _by_kind(pool: Pool) -> dict[str, Column]:
    kinds = [symbol.kind for symbol in pool.symbols]
    return {
        "type": [kind in ("class", "interface", "enum", "type", "module") for kind in kinds],
        "value": [kind in ("constant", "variable", "macro") for kind in kinds],
        "section": [kind == "section" for kind in kinds],
    }


def _by_size(pool: Pool, evidence: Evidence) -> dict[str, Column]:
    sizes = np.array(
        [max(1, evidence.sizes.get(symbol.id, symbol.end - symbol.start)) for symbol in pool.symbols],
        dtype=np.float64,
    )
    return {"size": np.log(sizes) / 10.0, "short": sizes < 200}


@functools.lru_cache(maxsize=20_000)
def _name_stems(name: str) -> tuple[str, ...]:
    parts = [query.stem(part) for part in re.findall(r"[^\W_]+", split_name(name)) if part != name]
    return tuple(parts) or (query.stem(name),)


def _pairs(pool: Pool) -> dict[str, float]:
    """For each file the score of its other half: of the code that it tests, or of its tests."""
    halves: dict[tuple[str, bool], float] = {}
    for path, score in pool.files.items():
        key = subject(path), is_test(path)
        halves[key] = max(halves.get(key, 0.0), score)
    return {
        path: halves.get((subject(path), not is_test(path)), 0.0) for path in {symbol.path for symbol in pool.symbols}
    }
