"""A symbol as a model has rewritten it, as hunks: the lines that differ, each with its proven place."""

import re
from collections import Counter
from collections.abc import Sequence

from farthing.edit import elide, splice
from farthing.edit.model import Hunk

APART = 3
"""Unchanged lines between two changes from which they are hunks of their own."""

_BLANKS = " \t"
_BREAK = re.compile("\r\n|\r|\n")

Lines = tuple[str, ...]


def hunks(path: str, before: Sequence[str], after: Sequence[str], first: int) -> list[Hunk]:
    """The hunks that make of a symbol what a model has made of it, once that is fitted to its place.

    Args:
        path: the file, relative to the workspace.
        before: the symbol's lines as the document has them, without their ends.
        after: the lines of the model.
        first: the symbol's first line in the document, from 1.

    Returns:
        Ascending and apart; none where nothing changes. Each holds the lines that are there now, and its scope is those
        lines exactly, so that it has one place in that document or none. One without a place, and with a fault, where
        there are no lines before.
    """
    return between(path, before, fitted(before, after), first)


def between(path: str, before: Sequence[str], after: Sequence[str], first: int) -> list[Hunk]:
    """As :func:`hunks`, of lines that are taken as they are."""
    old, new = tuple(before), tuple(after)
    if not old:
        return [Hunk(path, fault="there are no lines that could be rewritten")] if new else []
    found: list[Hunk] = []
    floor = 0
    for start, end, new_start, new_end in _groups(old, new):
        if start == end:
            # New lines alone are nowhere: they come with the nearest line of code above, or the one beneath.
            more = _anchor(old, start, floor)
            if more:
                start, new_start = start - more, new_start - more
            else:
                end, new_end = end + 1, new_end + 1
        scope = first + start, first + end - 1
        found.append(Hunk(path, old[start:end], new[new_start:new_end], scope=scope))
        floor = end
    return found


def _groups(old: Lines, new: Lines) -> list[tuple[int, int, int, int]]:
    """The stretches that differ, those that are close together as one."""
    groups: list[tuple[int, int, int, int]] = []
    for start, end, new_start, new_end in splice.differences(old, new):
        if start == end and new_start == new_end:
            continue
        if groups and start - groups[-1][1] < APART:
            begin, _, new_begin, _ = groups.pop()
            groups.append((begin, end, new_begin, new_end))
        else:
            groups.append((start, end, new_start, new_end))
    return groups


def _anchor(old: Lines, index: int, floor: int) -> int:
    """Lines above an index up to one that is not blank; 1 where all are blank, 0 at the beginning."""
    for at in range(index - 1, floor - 1, -1):
        if old[at].strip():
            return index - at
    return min(1, index)


def fitted(before: Sequence[str], after: Sequence[str]) -> Lines:
    """A model's lines with what they lost on the way: the indentation of the symbol, blank lines around it, and blanks
    at the ends of lines that are otherwise as they were. New lines end with no blanks."""
    new = tuple(part.rstrip(_BLANKS) for line in after for part in _BREAK.split(line.rstrip("\r\n")))
    new = _trimmed(new)
    if not new:
        return ()
    old = tuple(before)
    core = _trimmed(old)
    if not core:
        return new
    new = _indented(core, new)
    bare = [line.rstrip(_BLANKS) for line in core]
    result, at = [], 0
    for start, end, new_start, new_end in (*splice.differences(bare, new), (len(core),) * 2 + (len(new),) * 2):
        result += [*core[at:start], *new[new_start:new_end]]
        at = end
    top = next(index for index, line in enumerate(old) if line.strip())
    return (*old[:top], *result, *old[top + len(core) :])


def _trimmed(lines: Lines) -> Lines:
    """Without the blank lines at both ends."""
    told = [at for at, line in enumerate(lines) if line.strip()]
    return lines[told[0] : told[-1] + 1] if told else ()


def _indented(old: Lines, new: Lines) -> Lines:
    """New lines with the indentation of the old ones.

    The first lines say what all are to be moved by. Where more lines are as before if the first alone is moved, only
    that one is: a reply whose blanks at the beginning were cut off.
    """
    has, given = _indent(old[0]), _indent(new[0])
    if has == given:
        return new
    head, rest = has + new[0].lstrip(_BLANKS), new[1:]
    alone = (head, *rest)
    # Lines that stand further out than the symbol, as those of a long string do: a model leaves them there.
    outer = frozenset(line.rstrip(_BLANKS) for line in old if line.strip() and not line.startswith(has))
    if has.endswith(given):
        more = has[: len(has) - len(given)]
        moved = (head, *(more + line if line and line not in outer else line for line in rest))
    elif given.endswith(has):
        less = given[: len(given) - len(has)]
        if any(line and line not in outer and not line.startswith(less) for line in rest):
            return alone
        moved = (head, *(line if line in outer else line[len(less) :] for line in rest))
    else:
        return new
    return moved if _same(old, moved) >= _same(old, alone) else alone


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(_BLANKS))]


def _same(old: Lines, new: Lines) -> int:
    """How many lines, blank ones aside, both have."""
    counts = Counter(line.rstrip(_BLANKS) for line in old if line.strip())
    return (counts & Counter(line for line in new if line)).total()


def elided(before: Sequence[str], after: Sequence[str]) -> str:
    """Why a rewritten symbol is not whole, in words; empty where it looks whole."""
    if not any(map(str.strip, after)):
        return "there are no new lines"
    return elide.reason("", before, after, frozenset(line.strip(_BLANKS) for line in before))
