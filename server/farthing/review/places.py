"""Where the lines of a hunk stand while their document changes: followed by arithmetic, and proved word for word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from farthing.text import Edit, unix

_BREAK = re.compile("\r\n|\r|\n")
_BREAKS = "\r\n"
_BOM = "\ufeff"


@dataclass(frozen=True)
class Place:
    """Where lines stand, or the stretch in which whatever became of them must be."""

    start: int
    """Offset of the first line."""
    end: int
    """Offset behind the last one; the same where there are none."""
    sure: bool = True
    """The lines have been seen there since the last edit that touched them."""
    lead: int = 0
    """Code points of the line above that belongs to the place."""
    tail: int = 0
    """The same for the line below."""
    ragged: bool = False
    """An edit took something from within and something from around it: only the lines themselves prove a place now."""
    was: str = ""
    """What that edit and the lines took up before; empty where it is not known."""
    into: int = 0
    """How far into that the lines began, with the one above."""


@dataclass(frozen=True)
class Lines:
    """Lines that are looked for; their ends count as ``\\n``, and whether the last one has one."""

    body: str
    lead: str = ""
    """A line that must stand above, where there is nothing else to know the place by."""
    tail: str = ""
    """The same below."""

    @property
    def whole(self) -> str:
        """All that must stand there."""
        return self.lead + self.body + self.tail


def widened(edit: Edit) -> Edit:
    """An edit less what it surely left alone. Where it can't be told which of several equal lines it added or took
    away, all of them belong to it."""
    removed, inserted = edit.removed, edit.inserted
    if not removed or not inserted:
        return edit
    least = edit.least()
    head = least.begin - edit.begin
    short = min(len(removed), len(inserted))
    # What is left at the end when the end is trimmed first.
    tail = Edit(0, removed[::-1], inserted[::-1]).least().begin
    head, tail = min(head, short - tail), min(tail, short - head)
    return Edit(edit.begin + head, removed[head : len(removed) - tail], inserted[head : len(inserted) - tail])


def follow(place: Place, edit: Edit, text: str = "", ahead: bool | None = None) -> Place:
    """The place after an edit. It stays sure where the edit is apart from it.

    Args:
        text: of the document before the edit; empty where that is not known.
        ahead: of text that is added right where a place without lines is: whether it comes before the place; None
            where nobody knows.
    """
    begin, end, grown = edit.begin, edit.end, len(edit.inserted) - len(edit.removed)
    start, stop = place.start - place.lead, place.end + place.tail
    between = begin == end == start == stop
    if between and ahead is not None:
        return _moved(place, grown) if ahead else place
    if not between and (end <= start if place.sure else end < start):
        return _moved(place, grown)
    if not between and (begin >= stop if place.sure else begin > stop):
        return place
    within = start <= begin and end <= stop
    last = stop + grown if end <= stop else begin + len(edit.inserted)
    first = min(start, begin)
    if place.sure and not within:
        return Place(first, last, False, ragged=True, was=text[first : max(stop, end)], into=start - first)
    return Place(first, last, False, ragged=place.ragged or not within, was=place.was, into=place.into)


def _moved(place: Place, by: int) -> Place:
    return replace(place, start=place.start + by, end=place.end + by)


def stands(text: str, place: Place, lines: Lines) -> bool:
    """Whether the lines are at the place, as whole lines."""
    start, stop = place.start - place.lead, place.end + place.tail
    if not lines.whole:
        return place.start == place.end and at_line_start(text, place.start)
    return at_line_start(text, start) and same(text[start:stop], lines.whole) and _whole_at_end(text, stop, lines.whole)


def same(one: str, other: str) -> bool:
    """Whether two texts differ in the form of their line ends at most."""
    return one == other or unix(one) == unix(other)


def at_line_start(text: str, offset: int) -> bool:
    """Whether a line begins at an offset; one that is yet to be written may begin at the end."""
    before = text[offset - 1 : offset]
    if before == "\r" and text[offset : offset + 1] == "\n":
        return False
    return not offset or before in _BREAKS or (offset == 1 and before == _BOM)


def _whole_at_end(text: str, stop: int, lines: str) -> bool:
    return lines[-1] in _BREAKS or stop == len(text)


def found(text: str, lines: Lines, start: int = 0, stop: int | None = None) -> list[Place]:
    """Every place of some lines within a stretch of a text; overlapping ones too, though no more than three.

    Args:
        start: offset where the stretch begins.
        stop: offset behind it; None for the end of the text.
    """
    stop = len(text) if stop is None else stop
    if text[stop - 1 : stop + 1] == "\r\n":
        stop += 1
    places = []
    for at, end in _occurrences(text[start:stop], unix(lines.whole)):
        if at_line_start(text, start + at) and _whole_at_end(text, start + end, lines.whole):
            shown = text[start + at : start + end]
            lead = len(shown) - len(_after_lines(shown, unix(lines.lead).count("\n")))
            body = len(shown) - len(_after_lines(shown, unix(lines.lead + lines.body).count("\n")))
            body = body if lines.tail else len(shown)
            places.append(Place(start + at + lead, start + at + body, True, lead, len(shown) - body))
            if len(places) == 3:
                break
    return places


def _occurrences(segment: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Offsets in a segment where a text without carriage returns stands, whatever the segment's line ends."""
    plain = unix(segment)
    starts = None if plain == segment else _line_starts(segment)
    at = plain.find(wanted) if wanted else -1
    while at >= 0:
        if starts is None:
            yield at, at + len(wanted)
        else:
            line, end = plain.count("\n", 0, at), plain.count("\n", 0, at + len(wanted))
            into = at - (plain.rfind("\n", 0, at) + 1)
            rest = at + len(wanted) - (plain.rfind("\n", 0, at + len(wanted)) + 1)
            yield starts[line] + into, starts[end] + rest
        at = plain.find(wanted, at + 1)


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in _BREAK.finditer(text))]


def _after_lines(text: str, count: int) -> str:
    """A text without its first lines."""
    starts = _line_starts(text) if count else [0]
    return text[starts[count] :]
