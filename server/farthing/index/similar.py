"""Code of the repository that is like what stands around a cursor.

Where something was done before in the same way, how it went on there is the best hint at how it goes on here (Zhang et
al., "RepoCoder", 2023; Ding et al., "CrossCodeEval", 2023). Definitions are found by the rare words around the cursor,
and of each the lines are taken that have most of its names.
"""

import collections
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from farthing.index import symbols
from farthing.index.query import Vocabulary
from farthing.index.rows import split_name
from farthing.index.store import Connection
from farthing.index.symbols import Symbol

ABOVE, BELOW = 12, 4
"""Lines before and after the cursor whose names count; the further away, the less."""

WORDS = 16
"""Words that are searched for, the rarest ones."""

COMMON_SHARE = 0.1
"""A word in more than this share of all definitions tells nothing."""

COMMON = 2000
"""The same as a number of definitions, for large repositories: such words are the slowest to search for."""

FOUND = 24
"""Definitions in which lines are compared."""

LEAST_LINES = 2
"""Fewer lines than one more than this show nothing of how things are done."""

LINES, STEP = 16, 4
"""Lines of an excerpt, and between the places that are tried for one."""

_TEST = re.compile(r"^test_|(?:_test|_spec|[.-]test|[.-]spec|Tests?)$")
_NAME = re.compile(r"[^\W\d]\w{2,}")
_WORD = re.compile(r"[^\W_]+")


CHANGED, VISITED, PAIRED = 1.5, 1.2, 1.2
"""How much more lines count where something was changed lately, where the user was, and in the tests of a module or the
module of tests. Set by hand: no history tells what is right."""

AROUND = 24
"""Lines before and after a visited place in which an excerpt is looked for."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A cursor."""

    path: str
    """Of the file, relative to the root."""
    text: str
    """The file as the editor has it."""
    line: int
    """Counted from 1."""
    column: int
    """Code points before the cursor in its line."""
    seen: range
    """Lines of the file that are known anyway, counted from 1."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Where the user was."""

    path: str
    line: int
    """Counted from 1."""
    changed: bool
    """Something was typed there."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file."""

    path: str
    start_line: int
    """Counted from 1."""
    end_line: int
    """The last one, included."""
    text: str
    likeness: float
    """The cosine of the names' weights, from 0 to 1; more than that for some places."""


def weights(lines: Sequence[str], at: int, column: int) -> dict[str, float]:
    """Names around a cursor and what each counts; what stands behind the cursor in its line does not.

    Args:
        at: index of the cursor's line, ``column`` the cursor in it, in code points.
    """
    found: dict[str, float] = {}
    for i in range(max(0, at - ABOVE), min(len(lines), at + BELOW + 1)):
        weight = 1 / (1 + 0.15 * abs(i - at))
        for name in _NAME.findall(lines[i][:column] if i == at else lines[i]):
            found[name] = max(found.get(name, 0.0), weight)
    return found


def definitions(db: Connection, vocabulary: Vocabulary, names: Mapping[str, float]) -> list[Symbol]:
    """Those that have most of the rare words of some names, best first."""
    words: dict[str, float] = {}
    for name, weight in names.items():
        for word in _WORD.findall(split_name(name).lower()):
            words[word] = max(words.get(word, 0.0), weight)
    limit = min(max(30, int(COMMON_SHARE * vocabulary.total)), COMMON)
    counts = {word: vocabulary.holds(word) for word in words}
    telling = [word for word in words if 0 < counts[word] <= limit]
    telling.sort(key=lambda word: (-words[word] * math.log(vocabulary.total / counts[word]), word))
    if not telling:
        return []
    expression = " OR ".join(f'"{word}"' for word in telling[:WORDS])
    rows = db.execute("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (expression, 2 * FOUND))
    ids = [id for (id,) in rows]
    found = symbols.select(db, f"d.id IN ({','.join('?' * len(ids))})", ids)
    order = {id: i for i, id in enumerate(ids)}
    code = [each for each in found if each.kind != "section"]
    return sorted(code, key=lambda each: (order[each.id], each.path))[:FOUND]


def places(spot: Spot, visits: Iterable[Visit], definitions: Iterable[Symbol]) -> Iterator[tuple[str, int, int, float]]:
    """Where excerpts are looked for: path, first and last line, and how much more they count there."""
    for each in definitions:
        factor = PAIRED if paired(spot.path, each.path) else 1.0
        for first, last in _unseen(spot, each.path, each.start_line, each.end_line):
            yield each.path, first, last, factor
    for visit in visits:
        for first, last in _unseen(spot, visit.path, max(1, visit.line - AROUND), visit.line + AROUND):
            yield visit.path, first, last, CHANGED if visit.changed else VISITED


def _unseen(spot: Spot, path: str, first: int, last: int) -> list[tuple[int, int]]:
    """The parts of some lines that are not known anyway; what is behind a window is as good as another file's."""
    parts = [(first, last)]
    if path == spot.path:
        parts = [(first, min(last, spot.seen.start - 1)), (max(first, spot.seen.stop), last)]
    return [(start, end) for start, end in parts if end - start >= LEAST_LINES]


class Likeness:
    """Compares lines with the names around a cursor.

    Args:
        vocabulary: tells how rare a word is.
        names: see :func:`weights`.
    """

    def __init__(self, vocabulary: Vocabulary, names: Mapping[str, float]) -> None:
        self._vocabulary = vocabulary
        self._rarity: dict[str, float] = {}
        self._names = {name: weight * self._rare(name) for name, weight in names.items()}
        self._norm = math.sqrt(sum(weight**2 for weight in self._names.values())) or 1.0

    def of(self, names: Collection[str]) -> float:
        """The cosine of their weights, from 0 to 1."""
        norm = math.sqrt(sum(self._rare(name) ** 2 for name in names))
        return sum(self._names.get(name, 0.0) * self._rare(name) for name in names) / (self._norm * norm or 1.0)

    def best(self, path: str, lines: Sequence[str], first: int, last: int) -> Excerpt | None:
        """The excerpt of some lines (counted from 1, both included) that is most like it."""
        named = [set(_NAME.findall(line)) for line in lines[first - 1 : last]]
        found: Excerpt | None = None
        for start in range(0, max(1, len(named) - LINES + STEP), STEP):
            likeness = self.of(set().union(*named[start : start + LINES]))
            if found is None or likeness > found.likeness:
                begin, end = first + start, min(last, first + start + LINES - 1)
                found = Excerpt(path, begin, end, "\n".join(lines[begin - 1 : end]), likeness)
        return found

    def _rare(self, name: str) -> float:
        if name not in self._rarity:
            count = min((self._vocabulary.holds(word) for word in _WORD.findall(name.lower())), default=1)
            self._rarity[name] = math.log(1 + self._vocabulary.total / max(1, count))
        return self._rarity[name]


def apart(excerpts: Sequence[Excerpt], limit: int) -> Iterator[Excerpt]:
    """The first of some excerpts that share no lines with one before, and say nothing that was said."""
    taken: dict[str, list[Excerpt]] = collections.defaultdict(list)
    said: set[str] = set()
    count = 0
    for each in excerpts:
        if count == limit:
            return
        overlaps = any(each.start_line <= o.end_line and o.start_line <= each.end_line for o in taken[each.path])
        if not overlaps and each.text not in said:
            taken[each.path].append(each)
            said.add(each.text)
            count += 1
            yield each


def paired(path: str, other: str) -> bool:
    """Whether one of two files is named as the tests of the other."""
    ours, theirs = (PurePosixPath(each).name.split(".") for each in (path, other))
    if ours[-1] != theirs[-1] or path == other:
        return False
    bare = [_TEST.sub("", ".".join(name[:-1])) for name in (ours, theirs)]
    return bare[0] == bare[1]
