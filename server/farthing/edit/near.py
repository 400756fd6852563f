"""The real lines that are most like lines which are nowhere. They are shown, at best offered; never edited unasked."""

import difflib
from collections import Counter

from farthing.edit.model import Document, Near
from farthing.edit.tiers import Texts

OFFERED = 0.95
"""From this likeness on a place may be offered,"""
MARGIN = 0.02
"""where no other place comes as close as this."""
ALIKE = 0.6
"""From this likeness on a place is worth being shown."""

_WINDOWS = 12
_SAME = 100
_SCANNED = 4000
_LONG = 400
_LINES = 200


def nearest(document: Document, search: Texts) -> Near | None:
    """The stretch of a document that is most like lines that it does not have.

    The time is bounded: only the places are compared that have most lines in common with the searched ones or, where
    there is none, the lines most like the longest of them among the first few thousand.
    """
    search = search[:_LINES]
    if not document.contents or not any(map(str.strip, search)):
        return None
    size = min(len(search), len(document.contents))
    scored = sorted(
        ((_likeness(document.contents[start : start + size], search), -start) for start in _starts(document, search)),
        reverse=True,
    )
    if not scored or scored[0][0] < ALIKE:
        return None
    best, start = scored[0][0], -scored[0][1]
    second = max((score for score, other in scored if abs(other + start) >= size), default=0.0)
    offered = size == len(search) and best >= OFFERED and best - second >= MARGIN
    return Near(start + 1, document.contents[start : start + size], round(best, 3), offered)


def _starts(document: Document, search: Texts) -> list[int]:
    highest = max(0, len(document.contents) - len(search))
    votes: Counter[int] = Counter()
    for at, line in enumerate(search):
        stripped = line.strip(" \t")
        if stripped:
            votes.update(min(max(index - at, 0), highest) for index in document.stripped.get(stripped, ())[:_SAME])
    if votes:
        return [start for start, _ in votes.most_common(_WINDOWS)]
    longest = max(range(len(search)), key=lambda at: len(search[at].strip()))
    wanted = search[longest].strip()[:_LONG]
    matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
    scored = []
    for index, content in enumerate(document.contents[:_SCANNED]):
        matcher.set_seq1(content.strip()[:_LONG])
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
            scored.append((matcher.quick_ratio(), -index))
    best = sorted(scored, reverse=True)[:_WINDOWS]
    return sorted({min(max(-index - longest, 0), highest) for _, index in best})


def _likeness(there: Texts, search: Texts) -> float:
    """The mean likeness of the lines, weighed by their lengths, so that a blank line says little."""
    weight = total = 0.0
    for at, wanted in enumerate(search):
        real = there[at] if at < len(there) else ""
        if real == wanted:
            ratio = 1.0
        else:
            ratio = difflib.SequenceMatcher(None, real[:_LONG], wanted[:_LONG], autojunk=False).ratio()
        heavy = 1 + min(len(wanted.strip()), _LONG)
        weight += heavy
        total += heavy * ratio
    return total / weight
