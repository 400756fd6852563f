"""Where a hunk belongs. It is proved, or the hunk is refused with the reason."""

import bisect
import difflib

from farthing.edit import elide, headings, pieces, splice
from farthing.edit.lines import BOM
from farthing.edit.model import Document, Edit, Hunk, Placed, Status, Tier
from farthing.edit.near import Effort, nearest
from farthing.edit.tiers import STRICTER, Match, Texts, find, tiers

_LISTED = 20
"""Line numbers that a reason names."""

_SHOWN = 60
"""Characters of a line that a reason names."""

_LETTERS = 3
"""Characters below which a text says nothing of where it comes from: a bracket, `if`."""

_KIN = 0.5
"""Likeness of a single new line to the searched ones from which it may be what became of them."""
_LONG = 1000
"""Characters of both together beyond which that is not asked."""


def place(hunk: Hunk, document: Document, effort: Effort | None = None) -> Placed:
    """Find the one place of a hunk in a document.

    The first tier with a match decides. What is not there word by word must be in one place by all readings together;
    where there are several, a scope, a patch's heading or a diff's right line
    number must choose.

    Args:
        effort: what may be spent on the lines nearest to those that are nowhere; hunks of one reply share it.
    """
    effort = effort or Effort()
    if hunk.fault:
        return Placed(Status.MALFORMED, hunk.fault)
    short = elide.reason(hunk.path, hunk.search, hunk.replace, document.stripped)
    if short:
        return Placed(Status.MALFORMED, short + "; give all of them")
    if not hunk.search:
        return _filled(hunk, document)
    for search, replace in sorted(((hunk.search, hunk.replace), *hunk.others), key=lambda each: -len(each[0])):
        # Of several readings only one that is there word by word: a shorter one is the beginning of it.
        if hunk.others and not find(document, "exact", search, replace):
            continue
        for tier, wanted, new in tiers(search, replace):
            matches = find(document, tier, wanted, new, hunk.scope)
            found = [match for match in matches if _fits(hunk, document, match)]
            if found:
                if tier != "exact":
                    found = sorted([*found, *_elsewhere(hunk, document, found)], key=lambda match: match.first)
                return _chosen(hunk, document, tier, found, effort)
    return _done(hunk, document) or pieces.place(hunk, document) or _missing(hunk, document, effort)


def _elsewhere(hunk: Hunk, document: Document, found: list[Match]) -> list[Match]:
    """Where the lines are by some reading but not by the one that they were found by first."""
    others: list[Match] = []
    for tier, search, replace in tiers(hunk.search, hunk.replace):
        readings = STRICTER if tier == "blank_edges" else (tier,)
        for match in (each for reading in readings for each in find(document, reading, search, replace, hunk.scope)):
            apart = all(
                match.first + len(match.search) <= other.first or other.first + len(other.search) <= match.first
                for other in (*found, *others)
            )
            if apart and _fits(hunk, document, match):
                others.append(match)
    return others


def _filled(hunk: Hunk, document: Document) -> Placed:
    if document.contents == hunk.replace:
        return Placed(Status.ALREADY_APPLIED, "the file has this text")
    if document.text.removeprefix(BOM):
        return Placed(Status.EXISTS, "the file is there and has a text; only new files may be given as a whole")
    if hunk.ends is not None and not hunk.ends[1]:
        text = "\n".join(hunk.replace)
    else:
        text = "".join(line + "\n" for line in hunk.replace)
    edit = Edit(len(document.text), len(document.text), text)
    return Placed(Status.APPLIED, edits=(edit,) if text else (), changed=((0, 0),))


def _fits(hunk: Hunk, document: Document, match: Match) -> bool:
    last = match.first + len(match.search)
    if hunk.ends and (not hunk.ends[0] or not hunk.ends[1]) and last != len(document.lines):
        return False
    return not hunk.ends or last != len(document.lines) or hunk.ends[0] == bool(document.lines[-1].end)


def _chosen(hunk: Hunk, document: Document, tier: Tier, found: list[Match], effort: Effort) -> Placed:
    lines = tuple(match.first + 1 for match in found)
    ends_change = hunk.ends is not None and hunk.ends[0] != hunk.ends[1]
    covered = [match for match in found if not ends_change and _covered(hunk, document, match)]
    if len(covered) == len(found):
        return Placed(
            Status.ALREADY_APPLIED, "the new lines are there", tier, found[0].first,
            found[0].first + len(found[0].search), matches=lines,
        )  # fmt: skip
    if hunk.under and not hunk.scope:
        found = headings.chosen(document, hunk.under, found)
        if not found:
            where = f"at line {lines[0]}" if len(lines) == 1 else f"in {len(lines)} places"
            reason = f"these lines are {where}, but not beneath {hunk.under[-1][:_SHOWN]!r}"
            return Placed(Status.NOT_FOUND, reason, tier, matches=lines)
    elif len(found) > 1:
        # A diff's line numbers count where they are no mere habit: models begin most diffs with line 1.
        found = [match for match in found if tier == "exact" and match.first + 1 == hunk.line and match.first]
    if len(found) != 1:
        named = ", ".join(map(str, lines[:_LISTED])) + (" …" if len(lines) > _LISTED else "")
        return Placed(
            Status.AMBIGUOUS, f"these lines are in {len(lines)} places, at the lines {named}; add lines around them",
            tier, matches=lines,
        )  # fmt: skip
    return _spliced(hunk, document, tier, found[0], lines, effort)


def _spliced(
    hunk: Hunk, document: Document, tier: Tier, match: Match, lines: tuple[int, ...], effort: Effort
) -> Placed:
    if match.replace is None:
        reason = f"the lines are at line {lines[0]} with less indentation than the new ones can lose"
        return Placed(Status.NOT_FOUND, reason, near=nearest(document, match.search, effort))
    edits, changed = splice.edits(document, match.first, match.search, match.as_written, match.replace, hunk.ends)
    if not document.plain and not all(edit.text.isascii() for edit in edits):
        return Placed(Status.NOT_FOUND, "the file is not UTF-8, and the new lines hold more than ASCII")
    return Placed(Status.APPLIED, "", tier, match.first, match.first + len(match.search), edits, changed, matches=lines)


def _covered(hunk: Hunk, document: Document, match: Match) -> bool:
    """Whether the new lines stand around the searched ones, as when a line is added behind one a second time.

    Whoever gives a scope with room for these lines only has just read them: there, new lines are wanted even where
    their like stands already.
    """
    search, replace = match.search, match.replace
    if replace is None:
        return False
    there = document.contents[match.first : match.first + len(search)]
    if replace == there or match.as_written == search:
        return True
    if len(replace) <= len(search) or (hunk.scope and hunk.scope[1] - hunk.scope[0] + 1 == len(search)):
        return False
    for at in range(len(replace) - len(search) + 1):
        start = match.first - at
        around = document.contents[start : start + len(replace)] if start >= 0 else ()
        if around == replace and replace[at : at + len(search)] == there:
            return True
    return False


def _done(hunk: Hunk, document: Document) -> Placed | None:
    """Whether a hunk whose lines are nowhere was applied before: its new lines are in one place, and say enough."""
    for search, replace in ((hunk.search, hunk.replace), *hunk.others):
        if not _telling(search, replace):
            continue
        for tier, wanted, _ in tiers(replace, replace):
            found = [match for match in find(document, tier, wanted, wanted) if _within(hunk, match)]
            if len(found) == 1:
                first = found[0].first
                reason = "the new lines are there, and those that they replace are not"
                return Placed(Status.ALREADY_APPLIED, reason, tier, first, first + len(wanted), matches=(first + 1,))
            if found:
                break
    return None


def _telling(search: Texts, replace: Texts) -> bool:
    """Whether new lines say enough for it to be no chance that they are there: a lone `return` does not."""
    added = [line for line in replace if line not in search]
    if len("".join("".join(added or replace).split())) < _LETTERS or not any(map(str.isalnum, "".join(replace))):
        return False
    if sum(bool(line.strip()) for line in replace) > 1:
        return True
    old, new = "\n".join(search), replace[0]
    if not added or len(old) + len(new) > _LONG:
        return False
    matcher = difflib.SequenceMatcher(None, old, new)
    return matcher.real_quick_ratio() >= _KIN and matcher.quick_ratio() >= _KIN and matcher.ratio() >= _KIN


def _within(hunk: Hunk, match: Match) -> bool:
    return not hunk.scope or hunk.scope[0] - 1 <= match.first <= hunk.scope[1]


def _missing(hunk: Hunk, document: Document, effort: Effort) -> Placed:
    near = nearest(document, hunk.search, effort)
    where = f" in lines {hunk.scope[0]} to {hunk.scope[1]}" if hunk.scope else ""
    reason = f"these lines are not in the file{where}"
    part = _part_of(hunk, document)
    if part:
        reason = f"this is only a part of line {part}; give whole lines"
    elif near and near.offered:
        reason += f"; those at line {near.line} are nearly the same ({near.likeness:.0%}), which is for you to decide"
    elif effort.spent:
        reason += "; nor are so many others that those like them were not looked for"
    elif near:
        reason += f"; the nearest are at line {near.line} ({near.likeness:.0%} alike)"
    return Placed(Status.NOT_FOUND, reason, near=near)


def _part_of(hunk: Hunk, document: Document) -> int:
    wanted = hunk.search[0].strip() if len(hunk.search) == 1 else ""
    if not wanted:
        return 0
    at = document.text.find(wanted)
    return bisect.bisect_right(document.lines, at, key=lambda line: line.start) if at >= 0 else 0
