"""SEARCH/REPLACE blocks, as models really write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from farthing.edit.lines import BOM
from farthing.edit.model import Hunk

_HEAD = re.compile(r"^([ \t]*)(<{5,9}) ?(?:SEARCH|ORIGINAL)>?[ \t]*:?[ \t]*(.*?)[ \t]*$", re.IGNORECASE)
_DIVIDER = re.compile(r"^[ \t]*(={5,9})[ \t]*$")
_END = re.compile(r"^[ \t]*(>{5,9}) ?(?:REPLACED?|UPDATED)[ \t]*$", re.IGNORECASE)


@dataclass(frozen=True)
class Head:
    """The first line of a block."""

    indent: str
    marks: int
    """How many ``<`` it has; the block's other markers should have as many."""
    name: str
    """What else is in the line; mostly nothing."""


def head(line: str) -> Head | None:
    """Whether a block begins in a line."""
    found = _HEAD.match(line)
    return Head(found[1], len(found[2]), found[3]) if found else None


def stray_end(line: str) -> bool:
    """Whether a line ends a block."""
    return bool(_END.match(line))


def read(lines: Sequence[str], index: int, opened: Head) -> tuple[Hunk, int]:
    """The block that begins in a line.

    Returns:
        A hunk without a path, which says what is wrong where the block is not whole, and the index behind the block.
    """
    end, nested = _end(lines, index, opened.marks)
    if end is None:
        after = next((at for at in range(index + 1, len(lines)) if head(lines[at])), len(lines))
        return Hunk("", fault="the block is not closed by a line of > and REPLACE"), after
    if nested:
        return Hunk("", fault="the block holds such blocks itself; use more marks for the outer one"), end + 1
    body = lines[index + 1 : end]
    if opened.indent:
        if any(line.strip() and not line.startswith(opened.indent) for line in body):
            return Hunk("", fault="the block's lines have less indentation than its first marker"), end + 1
        body = [line.removeprefix(opened.indent) for line in body]
    return _hunk(body, opened.marks), end + 1


def _end(lines: Sequence[str], index: int, marks: int) -> tuple[int | None, bool]:
    """Where a block ends, and whether blocks with as many marks are within it."""
    first: int | None = None
    for at in range(index + 1, len(lines)):
        end, inner = _END.match(lines[at]), head(lines[at])
        if inner and inner.marks == marks:
            break
        if end and len(end[1]) == marks:
            return at, False
        if end and first is None:
            first = at
    if first is not None and not any(head(line) for line in lines[index + 1 : first]):
        return first, False
    depth = 1
    for at in range(index + 1, len(lines)):
        depth += 1 if head(lines[at]) else -1 if _END.match(lines[at]) else 0
        if not depth:
            return at, True
    return None, False


def _hunk(body: Sequence[str], marks: int) -> Hunk:
    dividers = [at for at, line in enumerate(body) if (found := _DIVIDER.match(line)) and len(found[1]) == marks]
    dividers = dividers or [at for at, line in enumerate(body) if _DIVIDER.match(line)]
    if not dividers:
        return Hunk("", fault="the block has no line of ======= between what is searched and what replaces it")
    readings = [(_texts(body[:at]), _texts(body[at + 1 :])) for at in dividers]
    search, new = readings[0]
    hunk = Hunk("", search, new, creates=not search)
    return replace(hunk, others=tuple(readings[1:])) if search else hunk


def _texts(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines as a document has them: it ends them at a lone carriage return too, and its BOM belongs to none."""
    return tuple(part for line in lines for part in line.removeprefix(BOM).split("\r"))
