"""From the heads of a file's sections to its tags. What ``sections`` and ``keys`` find has the same shape."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from farthing.index.tags import Definition, FileTags

MAX_BYTES = 1 << 20
"""Of a file without a grammar no more is looked at: a data file may be large, and its start says what it is."""
MAX_SECTIONS = 1000
"""No more are kept of a file."""
MAX_TEXT = 300
"""Code points of a name, signature or line of documentation."""
MAX_LINE = 2000
"""Bytes of a line that are looked at for a heading or key."""


@dataclass(slots=True)
class Section:
    """A section while its end is looked for."""

    level: int
    """1 for the outermost."""
    name: str
    start: int
    """Byte offset."""
    row: int
    """Counted from 0."""
    signature: str
    end: int = 0
    """Byte offset after its last byte."""
    end_row: int = 0
    """Row of its last byte."""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file."""

    row: int
    """Counted from 0."""
    start: int
    """Byte offset."""
    end: int
    """Byte offset after its last byte; the line end is not part of it."""
    text: str
    """Its first ``MAX_LINE`` bytes, without white space at the end."""


def lines(data: bytes) -> Iterator[Line]:
    """The lines of the first ``MAX_BYTES`` of a file, without a byte order mark."""
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    limit = min(len(data), MAX_BYTES)
    row = 0
    while at < limit:
        end = data.find(b"\n", at, limit)
        end = limit if end < 0 else end
        yield Line(row, at, end, data[at : min(end, at + MAX_LINE)].decode("utf-8", "replace").rstrip())
        at = end + 1
        row += 1


def nested(found: Sequence[Section], ends: Sequence[tuple[int, int]], last: tuple[int, int]) -> list[Section]:
    """Let every section reach to the next of its level or of one further out.

    Args:
        ends: for each section, byte offset and row where the text before it ends.
        last: the same for the end of the file.
    """
    open_: list[Section] = []
    for section, (end, row) in zip(found, ends, strict=True):
        while open_ and open_[-1].level >= section.level:
            _close(open_.pop(), end, row)
        open_.append(section)
    for section in open_:
        _close(section, *last)
    return list(found)


def _close(section: Section, end: int, row: int) -> None:
    section.end, section.end_row = max(section.start, end), max(section.row, row)


def tags(language: str, sections: Sequence[Section], separator: str = ".") -> FileTags:
    """The tags of a file of which all is sections, in the order of their starts."""
    definitions: list[Definition] = []
    open_: list[tuple[Section, int]] = []
    for section in sections[:MAX_SECTIONS]:
        while open_ and open_[-1][0].level >= section.level:
            open_.pop()
        parent = open_[-1][1] if open_ else -1
        name = section.name[:MAX_TEXT]
        definitions.append(
            Definition(
                "section",
                name,
                f"{definitions[parent].qualified}{separator}{name}" if parent >= 0 else name,
                section.signature[:MAX_TEXT],
                section.doc[:MAX_TEXT],
                section.start,
                section.end,
                section.row + 1,
                section.end_row + 1,
                parent,
            )
        )
        open_.append((section, len(definitions) - 1))
    return FileTags(language, tuple(definitions), (), (), False)
