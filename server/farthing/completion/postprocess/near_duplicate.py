"""Not quite the lines that stand below the cursor, but nearly: they would be there twice."""

import difflib
import re

from farthing.completion.postprocess.place import Place
from farthing.text import indent_of

ALIKE = 0.85
"""Similarity (difflib's, without white space) from which two lines are taken for versions of one."""

SHORTEST = 8
"""Visible characters of a line that is compared at all."""

_BELOW = 12


def drop_near_duplicate(text: str, place: Place) -> str:
    """Cut the answer where it comes to lines that the document has below, or versions of them.

    Two lines are versions of one when they are much alike, one has no word that the other has not, and their operators
    are the same: ``foo(a)`` and ``foo(a, b)``. Where words are replaced, or ``+=`` by ``-=``, they are siblings, which
    code is full of.
    """
    lines = text.split("\n")
    below = [line for line in place.suffix.split("\n")[1:] if line.strip()][:_BELOW]
    whole = [place.line_before + lines[0], *lines[1:]]
    if not below or place.line_after.strip():
        return text
    for at, line in enumerate(whole):
        if at == 0 and place.line_before.strip():
            # The user began this line. It is no use twice, but may well become a version of the one below.
            if _same(line, below[0]):
                return ""
        elif _reaches([each for each in whole[at:] if each.strip()], below):
            return "\n".join(lines[:at])
    return text


def _reaches(lines: list[str], below: list[str]) -> bool:
    """Whether the rest of the answer is the start of what is below, more or less."""
    pairs = list(zip(lines, below, strict=False))
    return bool(pairs) and _alike(*pairs[0]) and all(_alike(*pair) or _same(*pair) for pair in pairs[:3])


def _same(one: str, other: str) -> bool:
    return one.rstrip() == other.rstrip() and len(one.strip()) >= SHORTEST and re.search(r"\w", one) is not None


def _alike(one: str, other: str) -> bool:
    if _width(one) != _width(other):
        return False
    short, long = sorted(("".join(each.split()) for each in (one, other)), key=len)
    if len(short) < SHORTEST or _operators(one) != _operators(other):
        return False
    ours, theirs = _words(one), _words(other)
    if len(ours) < 2 or not (ours <= theirs or theirs <= ours):
        return False
    return 2 * len(short) >= ALIKE * (len(short) + len(long)) and _ratio(short, long) >= ALIKE


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _words(line: str) -> set[str]:
    return set(re.findall(r"\w+", line))


def _operators(line: str) -> list[str]:
    return re.findall(r"[-+*/<>=!&|%^~?]+", line)


def _width(line: str) -> int:
    return len(indent_of(line).expandtabs(4))
