"""Lines as LSP knows them, with the ends that they have."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BOM = "\ufeff"

# Not splitlines(): a form feed or a line separator within a string ends no line.
_BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text."""

    start: int
    """Offset of its first code point."""
    content: str
    """Without its end."""
    end: str
    """Its line break; empty for a last line without one."""

    @property
    def stop(self) -> int:
        """Offset behind its end."""
        return self.start + len(self.content) + len(self.end)


def split(text: str) -> Iterator[Line]:
    """The lines of a text; a BOM before the first is part of none, and an empty text has none."""
    start = len(BOM) if text.startswith(BOM) else 0
    for found in _BREAK.finditer(text, start):
        yield Line(start, text[start : found.start()], found.group())
        start = found.end()
    if start < len(text):
        yield Line(start, text[start:], "")


def contents(text: str) -> tuple[str, ...]:
    """The lines of a text without their ends."""
    return tuple(line.content for line in split(text))


def usual_end(lines: Sequence[Line]) -> str:
    """The line break that most lines have; ``\\n`` where none has one."""
    ends = [line.end for line in lines if line.end]
    return max(dict.fromkeys(ends), key=ends.count) if ends else "\n"
