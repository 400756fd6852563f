"""From the applier's result to what a user decides on: whole lines that take the place of others."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from farthing.edit.model import Document, Edit, FileChange, Outcome, Result, Status

GAP = 3
"""Unchanged lines from which on two changes of one hunk are decided on apart."""


@dataclass(frozen=True)
class Piece:
    """Lines of a file that others are to take the place of."""

    path: str
    """Relative to the workspace."""
    outcome: int
    """Index of the hunk of the reply that it is of."""
    first: int
    """Index of the first line, from 0, in the text that the model saw."""
    last: int
    """Index behind the last one; the same where lines are only added."""
    start: int
    """Offset of the first line."""
    before: str
    """The lines as they are, with their ends."""
    after: str
    """The lines as they become."""
    above: str = ""
    """Where lines are only added: the line above that the model gave to say where; the document's beginning is none."""
    below: str = ""
    """The same for the line below."""
    creates: bool = False
    """It is the text of a new file."""

    def touches(self, other: "Piece") -> bool:
        """Whether both are about the same place of the same file."""
        if self.path != other.path:
            return False
        if self.creates or other.creates or (self.first, self.last) == (other.first, other.last):
            return True
        if self.first == self.last:
            return other.first < self.first < other.last
        if other.first == other.last:
            return self.first < other.first < self.last
        return max(self.first, other.first) < min(self.last, other.last)


def pieces(result: Result) -> dict[int, tuple[Piece, ...]]:
    """The pieces of each hunk that can be applied, by the hunk's index. All of them together make the files as the
    applier would write them."""
    changes = {change.path: change for change in result.changes}
    found = {}
    for index, outcome in enumerate(result.outcomes):
        change = changes.get(outcome.path)
        if outcome.status is Status.APPLIED and change:
            found[index] = _of(index, outcome, change)
    return found


def _of(index: int, outcome: Outcome, change: FileChange) -> tuple[Piece, ...]:
    if change.before is None:
        return (Piece(change.path, index, 0, 0, 0, "", change.after, creates=True),)
    base = _base(change.before)
    document = base.document
    made = []
    for first, last, edits in _grouped(base, outcome.placed.edits):
        start = _offset(document, first)
        end = document.lines[last - 1].stop if last > first else start
        above = below = ""
        if first == last:
            # The lines around count where the model gave them: no other hunk of the reply changes those.
            above = _raw(document, first - 1) if outcome.placed.first < first else ""
            below = _raw(document, first) if first < outcome.placed.last else ""
        after = _spliced(document.text, start, end, edits)
        made.append(Piece(change.path, index, first, last, start, document.text[start:end], after, above, below))
    return tuple(made)


@dataclass(frozen=True)
class _Base:
    """A text that hunks are for."""

    document: Document
    starts: list[int]
    """Offsets of its lines."""


@lru_cache(maxsize=16)
def _base(text: str) -> _Base:
    """Kept, as it is asked for with every word that a model writes."""
    document = Document(text)
    return _Base(document, [line.start for line in document.lines])


def _grouped(base: _Base, edits: Sequence[Edit]) -> list[tuple[int, int, list[Edit]]]:
    """Edits by the whole lines that they change; what is near each other is together."""
    groups: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        first, last = _span(base, edit)
        if groups and first - groups[-1][1] < GAP:
            begin, end, known = groups.pop()
            groups.append((begin, max(end, last), [*known, edit]))
        else:
            groups.append((first, last, [edit]))
    return groups


def _span(base: _Base, edit: Edit) -> tuple[int, int]:
    lines, size, starts = base.document.lines, len(base.document.text), base.starts
    open_end = bool(lines) and not lines[-1].end
    if edit.start == size and not open_end:
        return len(lines), len(lines)
    first = bisect_right(starts, edit.start) - 1
    if edit.end == size:
        return first, len(lines)
    line = bisect_right(starts, edit.end) - 1
    whole = starts[line] == edit.end and (not edit.text or edit.text[-1] in "\r\n")
    return first, line if whole else line + 1


def _offset(document: Document, index: int) -> int:
    return document.lines[index].start if index < len(document.lines) else len(document.text)


def _raw(document: Document, index: int) -> str:
    if not 0 <= index < len(document.lines):
        return ""
    line = document.lines[index]
    return line.content + line.end


def _spliced(text: str, start: int, end: int, edits: Sequence[Edit]) -> str:
    parts, at = [], start
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:end]])
