"""The place that an edit will change.

What is selected counts most, then what the instruction names as code, then what the ranking takes for most likely.
Lines are those of the text that the editor has, comments and decorators above a definition included.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from farthing.context import window, wishes
from farthing.context.model import Target
from farthing.context.ranking import Ranking
from farthing.context.source import CLASSES, CODE, Place, Source, trimmed
from farthing.index.pack import count
from farthing.index.query import Query, parse, stem
from farthing.index.rows import split_name

MAX_LINES = 120
"""A longer definition is not rewritten as a whole."""

CLASS_LINES = 40
"""The same for a class, of which a change hardly ever needs all."""

SMALL_FILE = 40
"""Lines of a file that is changed as a whole when nothing says which part of it is meant."""

FEW = 3
"""Lines on each side of what is selected in a longer definition."""

FEW_OF_CURSOR = 12
"""The same around a cursor, which says less."""


@dataclass(frozen=True)
class Found:
    """What will be changed."""

    target: Target | None
    note: str = ""
    """Why there is none, in a line for people."""
    shown: tuple[Target, ...] = ()
    """What has to be seen for it: the code that is to be tested."""


class Finder:
    """Finds the target in one file.

    Args:
        source: the file.
        instruction: of the user.
        room: tokens that the target may take.
    """

    def __init__(self, source: Source, instruction: str, room: int) -> None:
        self._source = source
        self._instruction = instruction
        self._asked = parse(instruction)
        self._room = room

    def selected(self, first: int, last: int, ranking: Ranking | None) -> Found:
        """The target for selected lines, or for the line of a cursor."""
        source = self._source
        first, last = max(1, min(first, source.count)), max(1, min(last, source.count))
        cursor = first == last
        if source.blank(first, last):
            return self._empty(first, last, ranking)
        first, last = trimmed(source, first, last)
        around = source.around(first, last)
        named = wishes.named(self._instruction, self._asked, source.places)
        if cursor and named and not self._mentioned(named, around):
            return self._whole(named, f"the instruction names `{named.symbol}`")
        what = "the cursor is in it" if cursor else "selected"
        holder = next((each for each in around if self._rewritable(each)), None)
        if around and holder is around[0]:
            return self._whole(holder, what)
        return self._part(first, last, cursor, around[0] if around else None, what)

    def meant(self, ranking: Ranking | None) -> Found:
        """The target where nothing is selected: what the instruction means of the file."""
        source = self._source
        if not source.count:
            return Found(None, f"{source.path} is empty")
        new = wishes.wants_new(self._instruction)
        if named := wishes.named(self._instruction, self._asked, source.places):
            return self._whole(named, f"the instruction names `{named.symbol}`")
        if not new and (likely := self._likely(ranking)):
            return self._whole(likely, "most likely meant by the instruction")
        if not new and source.count <= SMALL_FILE:
            return self._fitted(1, source.count, "", (1, source.count), "all of the small file")
        if new:
            return self.end("the end of the file, for something new")
        return Found(None, f"nothing in {source.path} is named by the instruction: select what is to be changed")

    def symbol(self, name: str, line: int, reason: str) -> Found:
        """The target where its qualified name is known: of several the one nearest to a line."""
        nearest = min(self._source.named(name), key=lambda each: abs(each.definition.start_line - line))
        return self._whole(nearest, reason)

    def _empty(self, first: int, last: int, ranking: Ranking | None) -> Found:
        """For a cursor on an empty line: what is named, else what is most likely meant, else the line itself."""
        source = self._source
        around = source.around(first, last)
        if around and around[0].definition.kind in CODE and self._rewritable(around[0]):
            return self._whole(around[0], "the cursor is in it")
        if named := wishes.named(self._instruction, self._asked, source.places):
            return self._whole(named, f"the instruction names `{named.symbol}`")
        if not wishes.wants_new(self._instruction) and (likely := self._likely(ranking)):
            return self._whole(likely, "most likely meant by the instruction")
        symbol = around[0].symbol if around else ""
        found = self._fitted(first, last, symbol, (first, last), "the empty line at the cursor")
        return replace(found, shown=tuple(self._neighbours(first)))

    def _neighbours(self, line: int) -> Iterator[Target]:
        """The definitions above and below a line, which show how things are done here."""
        source = self._source
        above = [each for each in source.places if each.last < line]
        below = [each for each in source.places if each.first > line]
        nearest = max(above, key=lambda each: each.last, default=None), below[0] if below else None
        for each, where in zip(nearest, ("above", "below"), strict=True):
            if each is not None and self._rewritable(each):
                text = source.text(each.first, each.last)
                yield Target(source.path, each.symbol, each.first, each.last, text, f"{where} the cursor")

    def _mentioned(self, named: Place, around: list[Place]) -> bool:
        """Whether a cursor's definition has to do with what is named, so that the instruction may be about it."""
        code = [each for each in around if each.definition.kind in CODE]
        if named in around or not code:
            return named in around
        return named.definition.name in self._source.text(code[-1].first, code[-1].last)

    def _rewritable(self, place: Place) -> bool:
        lines = place.last - place.first + 1
        most = CLASS_LINES if place.definition.kind in CLASSES else MAX_LINES
        return lines <= most and count(self._source.text(place.first, place.last)) <= self._room // 2

    def _whole(self, place: Place, reason: str) -> Found:
        last = place.last
        if place.definition.kind in CLASSES and not self._rewritable(place):
            last = self._source.head(place)
            reason += "; without its methods"
        return self._fitted(place.first, last, place.symbol, (place.definition.start_line,) * 2, reason)

    def _part(self, first: int, last: int, cursor: bool, inside: Place | None, reason: str) -> Found:
        """Selected lines where they are in no definition that is rewritten as a whole."""
        source, few = self._source, FEW_OF_CURSOR if cursor else FEW
        low, high = (inside.first, inside.last) if inside else (1, source.count)
        begin, end = source.grown(first, last)
        if inside and inside.definition.kind in CODE:
            wider = source.grown(max(low, begin - few), min(high, end + few))
            begin, end = wider if wider[1] - wider[0] <= end - begin + 4 * few else (begin, end)
        if end - begin >= MAX_LINES:
            begin, end = max(low, first - few), min(high, last + few)
        begin, end = max(low, begin), min(high, end)
        begin, end = trimmed(source, min(begin, first), max(end, last))
        symbol = inside.symbol if inside else ""
        where = f"a part of `{symbol}`, which is long: {reason}" if inside else f"{reason}, with the whole statements"
        return self._fitted(begin, end, symbol, (first, last), where)

    def end(self, reason: str) -> Found:
        """The last statement of a file, or of the block that it ends with: something new can stand behind it."""
        source = self._source
        first, last = source.final(SMALL_FILE)
        around = [each for each in source.around(first, last) if each.definition.start_line >= first]
        symbol = around[0].symbol if around else ""
        first = min([first, *(each.first for each in around)])
        if last - first >= SMALL_FILE:
            first = last - FEW
        return self._fitted(first, last, symbol, (last, last), reason)

    def _fitted(self, first: int, last: int, symbol: str, kept: tuple[int, int], reason: str) -> Found:
        lines = window.fitted(self._source, (first, last), kept, self._room)
        if lines is None:
            return Found(None, f"the budget of {self._room} tokens is too small for a line of {self._source.path}")
        if lines != (first, last):
            reason += f"; cut to the budget from lines {first}-{last}"
        return Found(Target(self._source.path, symbol, lines[0], lines[1], self._source.text(*lines), reason))

    def _likely(self, ranking: Ranking | None) -> Place | None:
        units = [
            each for each in self._source.places
            if each.definition.kind not in CLASSES or self._rewritable(each)
        ]  # fmt: skip
        if ranking is not None:
            return ranking.best(self._source.path, units)
        return _alike(self._asked, units)


def _alike(asked: Query, units: list[Place]) -> Place | None:
    """Without an index: the definition whose name and documentation have most words of the instruction."""
    words = {stem(word) for word in asked.words}

    def score(place: Place) -> float:
        each = place.definition
        name = {stem(word) for word in split_name(each.name).lower().replace("_", " ").split()}
        doc = {stem(word) for word in parse(each.doc).words}
        return 2.0 * len(words & name) + len(words & doc)

    best = max(units, key=score, default=None)
    return best if best is not None and score(best) > 0 else None
