"""Blocks with lines of only ``...`` in both halves: they stand for lines that are there and stay."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farthing.edit.elide import is_dots
from farthing.edit.model import Document, Edit, Hunk, Placed, Status, Tier
from farthing.edit.splice import edits
from farthing.edit.tiers import STRICTER, Match, Texts, find


@dataclass(frozen=True)
class _Piece:
    search: Texts
    replace: Texts


def place(hunk: Hunk, document: Document) -> Placed | None:
    """The place of a block in pieces: each is below the one before, and there is one way only for all of them.

    Returns:
        None where the block has no such lines.
    """
    if not any(map(is_dots, hunk.search)) or hunk.others or hunk.ends:
        return None
    pieces = _pieces(hunk)
    if pieces is None:
        return Placed(Status.NOT_FOUND, "the lines of ... in both halves don't stand for the same; give whole lines")
    for tiers in (STRICTER[:1], STRICTER):
        found = [_found(piece, document, tiers, hunk.scope) for piece in pieces]
        if all(found):
            return _together(hunk, document, found)
    return None


def _found(piece: _Piece, document: Document, tiers: Sequence[Tier], scope: tuple[int, int] | None) -> list[Match]:
    """Where a piece is by any of several tiers, each place once and as the strictest has it."""
    found: dict[int, Match] = {}
    for tier in tiers:
        for match in find(document, tier, piece.search, piece.replace, scope):
            found.setdefault(match.first, match)
    return [found[first] for first in sorted(found)]


def _pieces(hunk: Hunk) -> list[_Piece] | None:
    """What is between the ellipses of both halves; None where they have not the same number of them, or something
    is to be put where nothing is searched."""
    search, replace = _split(hunk.search), _split(hunk.replace)
    if len(search) != len(replace):
        return None
    pieces = [_Piece(*each) for each in zip(search, replace, strict=True)]
    if any(piece.replace and not any(map(str.strip, piece.search)) for piece in pieces):
        return None
    pieces = [piece for piece in pieces if piece.search]
    return pieces if any(piece.search != piece.replace for piece in pieces) else None


def _split(lines: Iterable[str]) -> list[Texts]:
    parts: list[list[str]] = [[]]
    for line in lines:
        if is_dots(line):
            parts.append([])
        else:
            parts[-1].append(line)
    return [tuple(part) for part in parts]


def _together(hunk: Hunk, document: Document, found: Sequence[Sequence[Match]]) -> Placed:
    first = _forward(found)
    if first is None:
        return Placed(Status.NOT_FOUND, "the lines around the ... are in the file, but not in this order")
    if first != _backward(found):
        lines = tuple(match.first + 1 for match in max(found, key=len))
        reason = "the lines around the ... fit in more than one way; give whole lines"
        return Placed(Status.AMBIGUOUS, reason, "exact", matches=lines)
    if len({match.shift for match in first if any(map(str.strip, match.search))}) > 1:
        return Placed(Status.NOT_FOUND, "the lines around the ... are not indented as those of the file")
    changes: list[Edit] = []
    changed: list[tuple[int, int]] = []
    for match in first:
        if match.replace is None:
            return Placed(Status.NOT_FOUND, "the lines around the ... have less indentation than the new ones can lose")
        own, spans = edits(document, match.first, match.search, match.as_written, match.replace, None)
        changes += own
        changed += spans
    if not document.plain and not all(edit.text.isascii() for edit in changes):
        return Placed(Status.NOT_FOUND, "the file is not UTF-8, and the new lines hold more than ASCII")
    start, last = first[0].first, first[-1].first + len(first[-1].search)
    return Placed(Status.APPLIED, "", "pieces", start, last, tuple(changes), tuple(changed), matches=(start + 1,))


def _forward(found: Sequence[Sequence[Match]]) -> list[Match] | None:
    """The topmost way; None where there is none."""
    chosen, floor = [], 0
    for matches in found:
        match = next((match for match in matches if match.first >= floor), None)
        if match is None:
            return None
        chosen.append(match)
        floor = match.first + len(match.search)
    return chosen


def _backward(found: Sequence[Sequence[Match]]) -> list[Match]:
    """The lowest way, which there is where there is the topmost one; if both are the same, there is no other."""
    chosen: list[Match] = []
    for matches in reversed(found):
        fits = (
            match for match in reversed(matches) if not chosen or match.first + len(match.search) <= chosen[-1].first
        )
        chosen.append(next(fits))
    return chosen[::-1]
