"""Positions in text and changes of it, in one place.

Inside Farthing a position is an offset in code points. LSP counts lines from 0 and columns in the code units of the
negotiated encoding; the command line counts both from 1 and columns in code points.
"""

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from farthing.errors import UsageError

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_BREAK = re.compile("\r\n|\r|\n")

_WALKED = 4096
"""Code points in which lines are looked for one by one."""

MAX_DOCUMENT = 8_000_000
"""Code points. In a longer document nothing is completed: it is data, and each keystroke would copy it."""


def line_bounds(text: str, line: int) -> tuple[int, int] | None:
    """Offsets of a line's first code point and of its end, line break excluded; None when there is no such line.

    Lines end with ``\\n``, ``\\r\\n`` or ``\\r``, as in LSP.

    Args:
        line: counted from 0.
    """
    if line > len(text):  # also what islice can't take
        return None
    start = _line_start(text, line)
    return None if start is None else (start, _next_break(text, start))


def _line_start(text: str, line: int) -> int | None:
    if line <= 0:
        return 0
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        above = next(itertools.islice(_BREAK.finditer(text), line - 1, None), None)
        return above and above.end()
    # By counting in halves: four edits and questions a keystroke would each walk through all the lines of a long file.
    start, end = 0, len(text)
    while end - start > _WALKED:
        middle = (start + end) // 2
        breaks = text.count("\n", start, middle)
        if breaks < line:
            start, line = middle, line - breaks
        else:
            end = middle
    for _ in range(line):
        start = text.find("\n", start) + 1
        if not start:
            return None
    return start


def _next_break(text: str, start: int) -> int:
    found = _BREAK.search(text, start)
    return found.start() if found else len(text)


def lsp_offset(text: str, line: int, column: int, encoding: Encoding) -> int:
    """Offset of an LSP position. As LSP wants it, a column past the end of its line means that end, and one within a
    surrogate pair or a multi-byte sequence the start of its code point; a line past the last one means the end."""
    bounds = line_bounds(text, line)
    if bounds is None:
        return len(text)
    start, end = bounds
    if encoding == "utf-32":
        return min(start + max(column, 0), end)
    units = 0
    for offset in range(start, end):
        units += _units(text[offset], encoding)
        if units > column:
            return offset
    return end


def lsp_column(text: str, start: int, offset: int, encoding: Encoding) -> int:
    """Column, in units of the encoding, of an offset in the line that starts at ``start``."""
    if encoding == "utf-32":
        return offset - start
    return sum(_units(character, encoding) for character in text[start:offset])


def line_of(text: str, offset: int) -> int:
    """Number of the line, from 0, that an offset is in."""
    return text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)


def lsp_position(text: str, offset: int, encoding: Encoding) -> tuple[int, int]:
    """The LSP position of an offset, which is not within a line break."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return line_of(text, offset), lsp_column(text, start, offset, encoding)


def _units(character: str, encoding: Encoding) -> int:
    code = ord(character)
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def cli_offset(text: str, line: int, column: int) -> int:
    """Offset of a position of the command line: both counted from 1, the column in code points.

    Raises:
        UsageError: there is no such position.
    """
    if line < 1 or column < 1:
        raise UsageError("lines and columns count from 1")
    bounds = line_bounds(text, line - 1)
    if bounds is None:
        raise UsageError(f"line {line} is past the end of the file")
    start, end = bounds
    if start + column - 1 > end:
        raise UsageError(f"column {column} is past the end of line {line}, which has {end - start} characters")
    return start + column - 1


def line_break(text: str) -> str:
    """The line break that a text uses first; ``\\n`` where it has none."""
    end = _next_break(text, 0)
    return "\r\n" if text.startswith("\r\n", end) else text[end : end + 1] or "\n"


def unix(text: str) -> str:
    """The text with line breaks as ``\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def indent_of(line: str) -> str:
    """The white space that a line starts with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


@dataclass(frozen=True)
class Edit:
    """A part of a document was replaced."""

    begin: int
    """Offset, in code points, in the document as it was before this edit and after those before it."""
    removed: str
    inserted: str

    @property
    def end(self) -> int:
        """Offset of the end of what was removed."""
        return self.begin + len(self.removed)

    def least(self) -> "Edit":
        """The same edit without what it removes only to insert it again, at its beginning and at its end."""
        if not self.removed or not self.inserted:
            return self
        head = _common(self.removed, self.inserted)
        removed, inserted = self.removed[head:], self.inserted[head:]
        tail = _common(removed[::-1], inserted[::-1])
        return Edit(self.begin + head, removed[: len(removed) - tail], inserted[: len(inserted) - tail])


def _common(one: str, other: str) -> int:
    """Length of the longest common beginning. By slices: a document may be replaced as a whole."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
