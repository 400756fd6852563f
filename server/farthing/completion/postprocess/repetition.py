"""Small models fall into loops: of lines, of blocks of lines, and of words within a line."""

import re
from collections.abc import Sequence

from farthing.completion.postprocess.place import Place

ABOVE = 24
"""Lines above the cursor that a block may repeat."""

MAX_LINE = 1000
"""Code points of a line that is searched for a loop within."""

_LOOP = re.compile(r"(.{8,80}?)\1{2,}")
_COMMON = frozenset("else pass break continue return done endif default finally begin".split())


def drop_repetition(text: str, place: Place) -> str:
    """Cut the answer before it says the same again: a block of lines twice, or one line three times, one right below
    the other. The lines above the cursor count as said; brackets alone and words like ``else`` don't count at all."""
    lines = text.split("\n")
    keep = repeated_from(place, lines)
    for at, line in enumerate(lines[:keep]):
        loop = _LOOP.search(line[:MAX_LINE])
        if loop and len(set(re.findall(r"\w", loop[1]))) > 2:
            return "\n".join(lines[:at])  # nothing of such a line can be trusted
    return text if keep is None else "\n".join(lines[:keep])


def repeated_from(place: Place, lines: Sequence[str]) -> int | None:
    """Index of the first line of the answer that is said again; None if all of them are new.

    Args:
        lines: of the answer, the first one without what stands before the cursor.
    """
    above = [line for line in place.prefix.split("\n")[-ABOVE - 1 : -1] if line.strip()]
    own = [(at, line) for at, line in enumerate([place.line_before + lines[0], *lines[1:]]) if line.strip()]
    said = [line.rstrip() for line in (*above, *(line for _, line in own))]
    for end in range(len(above) + 1, len(said) + 1):
        start = _copy(said, end, len(above))
        if start is not None:
            at = own[start - len(above)][0]
            # The line that was begun by hand may be meant as a copy; what comes below it is the loop.
            return 1 if not at and place.line_before.strip() else at
    return None


def _copy(said: Sequence[str], end: int, first: int) -> int | None:
    """Start of a block that ends at ``end`` and repeats the one above it, from ``first`` at the earliest."""
    if (
        end - first >= 1
        and end >= 3
        and said[end - 3] == said[end - 2] == said[end - 1]
        and _says_something(said[end - 1])
    ):
        return max(first, end - 2)
    for size in range(2, min(end // 2, end - first) + 1):
        block = said[end - size : end]
        if block == said[end - 2 * size : end - size] and sum(map(_says_something, block)) > 1:
            return end - size
    return None


def _says_something(line: str) -> bool:
    words = re.findall(r"\w*[^\W\d_]\w*", line)
    return bool(words) and not (len(words) == 1 and words[0] in _COMMON)
