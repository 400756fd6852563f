"""The lines behind a patch's ``@@``: they name what a hunk lies in, and choose between several places."""

from collections.abc import Sequence

from farthing.edit.model import Document
from farthing.edit.tiers import Match

_CLOSERS = ("}", ")", "]", "{", "end", "#", "/", "*")


def block(document: Document, headings: Sequence[str]) -> tuple[int, int] | None:
    """What is beneath headings, each of which lies within what is beneath the one before.

    Returns:
        The index of the last heading's line, and the index behind the last line that is further in than it; None where
        there is no such place, or more than one.
    """
    found = [(0, len(document.contents))]
    for heading in headings:
        indices = document.stripped.get(heading.strip(" \t"), ())
        found = [
            (index, _end(document, index)) for index in indices if any(start <= index < end for start, end in found)
        ]
    return found[0] if len(found) == 1 else None


def _end(document: Document, index: int) -> int:
    """Where lines end that are further in than one; brackets and comments end nothing."""
    margin = _margin(document.contents[index])
    for at in range(index + 1, len(document.contents)):
        line = document.contents[at]
        if line.strip() and _margin(line) <= margin and not line.lstrip(" \t").startswith(_CLOSERS):
            return at
    return len(document.contents)


def _margin(line: str) -> int:
    line = line.expandtabs(8)
    return len(line) - len(line.lstrip(" "))


def chosen(document: Document, headings: Sequence[str], found: Sequence[Match]) -> list[Match]:
    """The matches that the headings leave: those within what is beneath them, all where that is not known."""
    place = block(document, headings)
    if place is None:
        return list(found)
    return [match for match in found if place[0] <= match.first and match.first + len(match.search) <= place[1]]
