"""A file as the editor has it: its lines, and what is defined in them."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from farthing.index import languages, statements
from farthing.index.tags import Definition, FileTags

# Not splitlines(): a form feed or a line separator within a string ends no line.
_LINE = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")

_SIGNS = frozenset("#/*-;")
"""What a line of comment begins with, in all languages: only then is it worth while to look at the syntax."""

CODE = frozenset(("function", "method"))
CLASSES = frozenset(("class", "interface", "enum", "type", "module"))
VALUES = frozenset(("constant", "variable", "macro"))

COMMENT = 12
"""Lines of comment that belong to the definition below them: a longer one costs more to write again than it helps."""

PARAGRAPH = 10
"""Lines that a paragraph reaches to on each side at most."""


@dataclass(frozen=True)
class Place:
    """A definition, with the comments above it."""

    definition: Definition
    first: int
    """Line, from 1."""
    last: int

    @property
    def symbol(self) -> str:
        """Its qualified name."""
        return self.definition.qualified


class Source:
    """The text of one file.

    Args:
        path: relative to the root.
        text: with any line ends; lines are those of LSP.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.language = languages.language_id(path)
        self._text = text.removeprefix("\ufeff")

    @functools.cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines with their ends."""
        if "\r" in self._text:
            return tuple(_LINE.findall(self._text))
        # The same, in a tenth of the time.
        *lines, last = self._text.split("\n")
        return (*(f"{line}\n" for line in lines), *([last] if last else []))

    @property
    def count(self) -> int:
        """Lines that it has."""
        return len(self.lines)

    @functools.cached_property
    def plain(self) -> str:
        """The text with line ends as ``\\n``."""
        if "\r" not in self._text:
            return self._text
        return "".join(line.rstrip("\r\n") + "\n" if line[-1] in "\r\n" else line for line in self.lines)

    @functools.cached_property
    def tags(self) -> FileTags:
        """What is defined and used in it."""
        return statements.outline(self.plain, self.language)

    @functools.cached_property
    def places(self) -> tuple[Place, ...]:
        """What may be shown or changed by its name, in the order of the file."""
        kinds = CODE | CLASSES | VALUES | {"section"}
        return tuple(self.place(each) for each in self.tags.definitions if each.kind in kinds)

    def place(self, definition: Definition) -> Place:
        """Where a definition stands, comments and all."""
        first = definition.start_line
        above = self.lines[first - 2].strip() if first > 1 else ""
        if above[:1] in _SIGNS or above.endswith("*/"):
            with_comments = statements.commented(self.plain, self.language, first)
            first = with_comments if first - with_comments <= COMMENT else first
        return Place(definition, first, min(definition.end_line, self.count))

    def text(self, first: int, last: int) -> str:
        """Some lines with their ends, counted from 1, the last one included."""
        return "".join(self.lines[max(0, first - 1) : last])

    def blank(self, first: int, last: int) -> bool:
        """Whether nothing stands in some lines."""
        return not self.text(first, last).strip()

    def around(self, first: int, last: int) -> list[Place]:
        """The definitions that hold all of some lines, the innermost first."""
        found = [each for each in self.places if each.first <= first and last <= each.last]
        return sorted(found, key=lambda each: each.last - each.first)

    def grown(self, first: int, last: int) -> tuple[int, int]:
        """Some lines and the rest of the statements that they are of; of the paragraphs, where there is no grammar."""
        if languages.grammar(self.language) is None:
            return self._paragraph(first, last)
        first, last = statements.grown(self.plain, self.language, first, last)
        return max(1, first), min(last, self.count)

    def final(self, most: int) -> tuple[int, int]:
        """The last statement, or the last one in it where it has more lines than that; without a grammar, paragraph."""
        found = statements.final(self.plain, self.language, most)
        if found:
            return found[0], min(found[1], self.count)
        last = self.count
        while last > 1 and self.blank(last, last):
            last -= 1
        return self._paragraph(last, last)

    def _paragraph(self, first: int, last: int) -> tuple[int, int]:
        low, high = first - PARAGRAPH, last + PARAGRAPH
        while first > max(1, low) and not self.blank(first - 1, first - 1):
            first -= 1
        while last < min(self.count, high) and not self.blank(last + 1, last + 1):
            last += 1
        return first, last

    def named(self, name: str) -> list[Place]:
        """The definitions of a name, or of a qualified one."""
        return [each for each in self.places if name in (each.definition.name, each.symbol)]

    def head(self, place: Place) -> int:
        """Last line of a definition before the first one that stands inside it: of a class, before its methods."""
        inner = [
            each.first for each in self.places
            if each is not place and each.definition.kind in CODE | CLASSES
            and place.definition.start <= each.definition.start and each.definition.end <= place.definition.end
        ]  # fmt: skip
        return max(place.definition.start_line, min(inner) - 1) if inner else place.last


def trimmed(source: Source, first: int, last: int) -> tuple[int, int]:
    """Some lines without the empty ones at their ends; at least one is left."""
    while first < last and source.blank(first, first):
        first += 1
    while first < last and source.blank(last, last):
        last -= 1
    return first, last


def names_in(text: str) -> Sequence[str]:
    """The different names in a text, in the order of their first places."""
    return list(dict.fromkeys(re.findall(r"[^\W\d]\w*", text)))
