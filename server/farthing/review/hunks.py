"""A hunk under review: which of its two sides stands in the document, and where."""

from dataclasses import dataclass, replace
from typing import Literal

from farthing.chat_protocol import ReviewState
from farthing.review.pieces import Piece
from farthing.review.places import Lines, Place, at_line_start, follow, found, same, stands
from farthing.text import Edit, line_break, unix

Side = Literal["before", "after"]

_LETTERS = 3
"""Letters and digits from which on lines say enough to be known again anywhere in a document."""

_BOM = "\ufeff"


@dataclass(frozen=True)
class Hunk:
    """A piece, followed through the edits of its document."""

    id: str
    turn: str
    """Of which conversation's answer it is."""
    piece: Piece
    place: Place
    """Of the lines of :attr:`side`."""
    side: Side = "before"
    """Which lines stood there when that was known last."""
    ends: str = ""
    """The line end of the text that the model saw, where it had one kind only."""
    lone: bool = False
    """Its lines were in that text once, and say enough to be known again wherever they are now."""
    writing: bool = False
    """The model is still at it."""
    leaving: bool = False
    """The user reverts it: it is gone when its old lines stand again."""

    @property
    def state(self) -> ReviewState:
        """What an editor shows of it."""
        if self.writing:
            return "writing"
        if self.side == "after":
            return "accepted"
        return "proposed" if self.place.sure else "stale"

    @property
    def note(self) -> str:
        """Why nothing can be done with it; empty where something can."""
        if self.place.sure:
            return ""
        if self.piece.creates:
            return "the file was edited since" if self.side == "after" else "there is such a file now"
        if self.side == "after":
            return "these lines were edited since, so it can't be reverted by itself"
        return "the lines that it replaces are no longer there as they were, or in more than one place"


def lines_of(piece: Piece, side: Side) -> Lines:
    """What must stand in a document for a side of a piece to be there."""
    return Lines(piece.before, piece.above, piece.below) if side == "before" else Lines(piece.after)


def is_lone(piece: Piece, base: str) -> bool:
    """Whether the lines of a piece tell where they are without anything else."""
    lines = lines_of(piece, "before")
    return _telling(lines) and len(found(base, lines)) == 1


def _telling(lines: Lines) -> bool:
    return sum(map(str.isalnum, lines.whole)) >= _LETTERS


def line_ends(text: str) -> str:
    """The line end of a text that has one kind only; else nothing."""
    pairs = text.count("\r\n")
    single, returns = text.count("\n") - pairs, text.count("\r") - pairs
    kinds = [end for end, count in (("\r\n", pairs), ("\n", single), ("\r", returns)) if count]
    return kinds[0] if len(kinds) == 1 else ""


def followed(hunk: Hunk, edit: Edit, text: str = "", ahead: bool | None = None) -> Hunk:
    """The hunk after an edit; whether its lines still stand is to be looked at, see :func:`proved`.

    Args:
        edit: :func:`~farthing.review.places.widened`.
        text: of the document before the edit, so that it is known what an undo brings back.
        ahead: see :func:`~farthing.review.places.follow`.
    """
    return replace(hunk, place=follow(hunk.place, edit, text, ahead))


def proved(hunk: Hunk, text: str | None) -> Hunk:
    """The hunk with what a document says of it; ``text`` is None where there is no such file."""
    if hunk.piece.creates or text is None:
        return _of_file(hunk, text)
    if hunk.place.sure and _stands(hunk, text, hunk.place, hunk.side):
        return hunk
    place = replace(hunk.place, sure=False)
    if hunk.place.sure:
        place = Place(place.start - place.lead, place.end + place.tail, sure=False)
    for look in (_exactly, _undone, _within, _anywhere):
        if seen := look(hunk, text, place):
            return replace(hunk, side=seen[0], place=seen[1])
    return replace(hunk, place=place)


def _of_file(hunk: Hunk, text: str | None) -> Hunk:
    if not hunk.piece.creates:
        return replace(hunk, place=Place(0, 0, sure=False, ragged=True))
    if text is None:
        return replace(hunk, side="before", place=Place(0, 0))
    if same(text.removeprefix(_BOM), hunk.piece.after):
        return replace(hunk, side="after", place=Place(len(text) - len(text.removeprefix(_BOM)), len(text)))
    return replace(hunk, place=Place(0, len(text), sure=False))


def _stands(hunk: Hunk, text: str, place: Place, side: Side) -> bool:
    lines = lines_of(hunk.piece, side)
    if side == "before" and not lines.whole:  # for an empty document
        return not text.removeprefix(_BOM)
    return stands(text, place, lines)


def _exactly(hunk: Hunk, text: str, place: Place) -> tuple[Side, Place] | None:
    """A side that is all of a stretch, as when the user undoes an edit within it."""
    piece = hunk.piece
    if not piece.before and not piece.above and not piece.below and not text.removeprefix(_BOM):
        return "before", Place(len(text), len(text))
    sides: tuple[Side, ...] = ("before", "after") if hunk.side == "before" else ("after", "before")
    for side in sides:
        body = piece.before if side == "before" else piece.after
        # Lines that are added may stand in a stretch that the lines around them belong to.
        for lead, tail in (("", ""), (piece.above, piece.below)):
            lines = Lines(body, lead, tail)
            if side == "before" and lines != lines_of(piece, side):
                continue
            if lines.whole and stands(text, place, lines):
                here = found(text, lines, place.start, place.end)[0]
                return side, here if side == "before" else replace(here, lead=0, tail=0)
    if place.start != place.end or place.ragged:
        return None
    if not piece.before:
        around = _around(text, place, lines_of(piece, "before"))
        return ("before", around[0]) if len(around) == 1 else None
    gone = not piece.after and at_line_start(text, place.start)
    return ("after", replace(place, sure=True)) if gone else None


def _undone(hunk: Hunk, text: str, place: Place) -> tuple[Side, Place] | None:
    """The side that stood last, where an edit that went beyond it was undone."""
    stretch, wanted = text[place.start : place.end], place.was
    at = stretch.find(wanted) if wanted else -1
    if at < 0 or stretch.find(wanted, at + 1) >= 0:
        return None
    start = place.start + at + place.into
    seen = found(text, lines_of(hunk.piece, hunk.side), start, place.start + at + len(wanted))
    return next(((hunk.side, each) for each in seen if each.start - each.lead == start), None)


def _within(hunk: Hunk, text: str, place: Place) -> tuple[Side, Place] | None:
    """The side that stood last, if an edit that went beyond it has left it somewhere, once. The other side counts only
    where it is all that is there, as what an edit leaves may look like it by chance."""
    lines = lines_of(hunk.piece, hunk.side)
    if not place.ragged or not _telling(lines):
        return None
    before = _around(text, place, lines_of(hunk.piece, "before"))
    seen = _clear(before, found(text, lines_of(hunk.piece, "after"), place.start, place.end))
    return seen if seen and seen[0] == hunk.side else None


def _around(text: str, place: Place, lines: Lines) -> list[Place]:
    """Places of lines in a stretch; a line above or below that belongs to them may be outside of it."""
    start = max(0, place.start - 2 * len(lines.lead))
    seen = found(text, lines, start, min(len(text), place.end + 2 * len(lines.tail)))
    return [each for each in seen if place.start <= each.start and each.end <= place.end]


def _anywhere(hunk: Hunk, text: str, place: Place) -> tuple[Side, Place] | None:
    """Where its old lines are now, if they were one of a kind and still are: the user has moved them."""
    if not hunk.lone or hunk.side == "after":
        return None
    seen = _clear(found(text, lines_of(hunk.piece, "before")), found(text, lines_of(hunk.piece, "after")))
    return seen if seen and seen[0] == "before" else None


def _clear(before: list[Place], after: list[Place]) -> tuple[Side, Place] | None:
    """Which side stands, if only one does, once: a side that is a part of the other one counts for nothing there."""
    whole = [each for each in before if not any(_holds(other, each) for other in after)]
    news = [each for each in after if not any(_holds(other, each) for other in before)]
    if len(whole) + len(news) != 1:
        return None
    return ("before", whole[0]) if whole else ("after", news[0])


def _holds(one: Place, other: Place) -> bool:
    return one.start - one.lead <= other.start - other.lead and other.end + other.tail <= one.end + one.tail


def replacement(hunk: Hunk, text: str) -> str:
    """What takes the place of the lines of a sure hunk: those of its other side, with the line ends of the document."""
    piece = hunk.piece
    old, new = (piece.before, piece.after) if hunk.side == "before" else (piece.after, piece.before)
    there, ends = text[hunk.place.start : hunk.place.end], line_ends(text)
    if hunk.ends and ends and ends != hunk.ends:
        return unix(new).replace("\n", ends)
    return new if there == old else unix(new).replace("\n", line_break(there))
