"""The real lines that are most like lines which are nowhere. They are shown, at best offered; never edited unasked."""

import difflib
from collections import Counter
from dataclasses import dataclass

from farthing.edit.model import Document, Near
from farthing.edit.tiers import Texts

OFFERED = 0.95
"""From this likeness on a place may be offered,"""
MARGIN = 0.02
"""where no other place comes as close as this."""
ALIKE = 0.6
"""From this likeness on a place is worth being shown."""

PAIRS = 10_000_000
"""Pairs of characters that are compared for all hunks of a reply together."""

_WINDOWS = 12
_SAME = 100
_SCANNED = 4000
_LONG = 400
_LINES = 200
_MIDDLE = 4000
"""Pairs of characters of two lines, what they begin and end with aside, up to which the rest is compared too. It takes
seconds for two of 400 brackets."""
_QUICK = 8
"""What it costs to count a character, in pairs."""


@dataclass
class Effort:
    """What may still be spent on the search for what is only shown."""

    left: int = PAIRS

    def spend(self, pairs: int) -> None:
        """Count pairs of characters that are compared; below zero nothing more is looked for."""
        self.left -= pairs

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left < 0


def nearest(document: Document, search: Texts, effort: Effort) -> Near | None:
    """The stretch of a document that is most like lines that it does not have.

    Only the places are compared that have most lines in common with the searched ones or, where there is none, the
    lines most like the longest of them among the first few thousand.

    Args:
        effort: what all searches of a reply share; where it does not suffice, nothing is near.
    """
    search = search[:_LINES]
    if effort.spent or not document.contents or not any(map(str.strip, search)):
        return None
    size = min(len(search), len(document.contents))
    scored = sorted(
        (
            (_likeness(document.contents[start : start + size], search, effort), -start)
            for start in _starts(document, search, effort)
        ),
        reverse=True,
    )
    if effort.spent or not scored or scored[0][0] < ALIKE:
        return None
    best, start = scored[0][0], -scored[0][1]
    second = max((score for score, other in scored if abs(other + start) >= size), default=0.0)
    offered = size == len(search) and best >= OFFERED and best - second >= MARGIN
    return Near(start + 1, document.contents[start : start + size], round(best, 3), offered)


def _starts(document: Document, search: Texts, effort: Effort) -> list[int]:
    highest = max(0, len(document.contents) - len(search))
    votes: Counter[int] = Counter()
    for at, line in enumerate(search):
        stripped = line.strip(" \t")
        if stripped:
            indices = document.stripped.get(stripped, ())[:_SAME]
            votes.update(min(max(index - at, 0), highest) for index in indices)
            effort.spend(_QUICK * len(indices))
    if votes:
        return [start for start, _ in votes.most_common(_WINDOWS)]
    longest = max(range(len(search)), key=lambda at: len(search[at].strip()))
    wanted = search[longest].strip()[:_LONG]
    matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
    scored = []
    for index, content in enumerate(document.contents[:_SCANNED]):
        real = content.strip()[:_LONG]
        matcher.set_seq1(real)
        if matcher.real_quick_ratio() >= ALIKE:
            effort.spend(_QUICK * (len(real) + len(wanted)))
            if effort.spent:
                return []
            ratio = matcher.quick_ratio()
            if ratio >= ALIKE:
                scored.append((ratio, -index))
    best = sorted(scored, reverse=True)[:_WINDOWS]
    return sorted({min(max(-index - longest, 0), highest) for _, index in best})


def _likeness(there: Texts, search: Texts, effort: Effort) -> float:
    """The mean likeness of the lines, weighed by their lengths, so that a blank line says little; 0 where it is known
    not to be worth being shown."""
    weights = [1 + min(len(wanted.strip()), _LONG) for wanted in search]
    total = best = float(sum(weights))
    for at, (wanted, weight) in enumerate(zip(search, weights, strict=True)):
        best -= weight * (1 - _ratio(there[at] if at < len(there) else "", wanted, effort))
        if best < ALIKE * total or effort.spent:
            return 0.0
    return best / total


def _ratio(real: str, wanted: str, effort: Effort) -> float:
    """The likeness of two lines: what they share in one order, and at least what they begin and end with."""
    if real == wanted:
        return 1.0
    real, wanted = real[:_LONG], wanted[:_LONG]
    top = _common(real, wanted)
    middle, other = real[top:], wanted[top:]
    bottom = _common(middle[::-1], other[::-1])
    middle, other = middle[: len(middle) - bottom], other[: len(other) - bottom]
    same = top + bottom
    pairs = len(middle) * len(other)
    if 0 < pairs <= _MIDDLE:
        matcher = difflib.SequenceMatcher(None, middle, other, autojunk=False)
        same += sum(block.size for block in matcher.get_matching_blocks())
    effort.spend(min(pairs, _MIDDLE) + _QUICK * (len(real) + len(wanted)))
    return 2 * same / max(1, len(real) + len(wanted))


def _common(one: str, other: str) -> int:
    """Characters that two texts begin with alike."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)
