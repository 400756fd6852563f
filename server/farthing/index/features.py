"""What is known of each candidate, as numbers of about 0 to 1. Their weights are fitted, see weights.toml."""

import functools
import math
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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


def matrix(asked: query.Query, pool: Pool, evidence: Evidence) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """One row for each candidate, one column for each of :data:`FEATURES`."""
    words = {query.stem(word) for word in asked.words}
    best = max(pool.words.values(), default=1.0) or 1.0
    ranks = {id: i for i, id in enumerate(sorted(pool.words, key=lambda id: -pool.words[id]))}
    best_file = max(pool.files.values(), default=1.0) or 1.0
    file_ranks = {path: i for i, path in enumerate(sorted(pool.files, key=lambda path: -pool.files[path]))}
    recent = max(evidence.recent.values(), default=1.0) or 1.0
    alike = max(evidence.alike.values(), default=1.0) or 1.0
    names: dict[str, int] = {}
    for symbol in pool.symbols:
        names[symbol.name] = names.get(symbol.name, 0) + 1
    pairs = _pairs(pool)
    asks_test = bool(words & {"test", "fixtur", "spec", "coverag"})
    lower = {name.lower() for name in asked.plain}

    @functools.cache
    def path_named(path: str) -> float:
        return float(any(path == each or path.endswith("/" + each) for each in asked.paths))

    @functools.cache
    def path_word(path: str) -> float:
        return float(any(part in words for part in _name_stems(subject(path))))

    rows = []
    for i, symbol in enumerate(pool.symbols):
        above = symbol.symbol.split(".")[:-1]
        parts = _name_stems(symbol.name)
        test = is_test(symbol.path)
        size = max(1, evidence.sizes.get(symbol.id, symbol.end - symbol.start))
        rows.append(
            (
                1.0,
                pool.words.get(symbol.id, 0.0) / best,
                1.0 / (2.0 + ranks[symbol.id]) ** 0.5 if symbol.id in ranks else 0.0,
                pool.files.get(symbol.path, 0.0) / best_file,
                1.0 / (1.0 + file_ranks[symbol.path]) if symbol.path in file_ranks else 0.0,
                float(symbol.name in asked.names),
                float(symbol.name not in asked.names and symbol.name.lower() in lower),
                sum(part in words for part in parts) / len(parts),
                float(any(part in asked.names or part in asked.plain for part in above)),
                path_named(symbol.path),
                path_word(symbol.path),
                float(evidence.near[i]) ** 0.5,
                (evidence.recent.get(symbol.path, 0.0) / recent) ** 0.5,
                float(test),
                float(test and asks_test),
                pairs.get(symbol.path, 0.0) / best_file,
                float(symbol.kind in ("class", "interface", "enum", "type", "module")),
                float(symbol.kind in ("constant", "variable", "macro")),
                float(symbol.kind == "section"),
                math.log(size) / 10.0,
                float(size < 200),
                float(symbol.path in evidence.focus),
                float(symbol.id in evidence.selected),
                math.log1p(pool.words.get(symbol.id, 0.0)) / 4.0,
                (evidence.alike.get(symbol.path, 0.0) / alike) ** 0.5,
                math.log(names[symbol.name]) / 3.0,
            )
        )
    own = np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES) - len(coverage.COLUMNS))
    return np.hstack([own, evidence.covered])


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
