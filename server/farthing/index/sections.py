"""Tags of files without a grammar: the sections of Markdown, the keys of JSON, YAML and TOML, the words of any other.

Nothing here raises, whatever the bytes are, and no more than the first ``outline.MAX_BYTES`` of a file are looked at.
"""

import re

from farthing.index import keys, outline
from farthing.index.outline import Line, Section
from farthing.index.tags import FileTags, Reference

MAX_WORDS = 5000
"""Different words that are kept of a file."""

_WORD = re.compile(r"\b[^\W\d]\w{1,63}+\b")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_SETEXT = re.compile(r" {0,3}(=+|-+)$")
_FENCE = re.compile(r" {0,3}(`{3,}(?!.*`)|~{3,})")
_NO_PARAGRAPH = re.compile(r" {4}|\t| {0,3}(?:[>|<]|[-*+](?:\s|$)|\d{1,9}[.)](?:\s|$)|(?:[-*_][ \t]*){3,}$)")


def parse(data: bytes, language: str) -> FileTags:
    """The tags of a file whose language has no grammar; of an unknown one, its words."""
    if language == "markdown":
        return outline.tags(language, _Markdown().read(data), separator=" > ")
    if language in keys.READERS:
        return outline.tags(language, keys.READERS[language](data))
    text = data[: outline.MAX_BYTES].decode("utf-8", "replace")
    return FileTags(language, (), words(text), (), False)


def words(text: str) -> tuple[Reference, ...]:
    """The different words of a text in the order of their first places, at most ``MAX_WORDS``.

    A word has 2 to 64 letters, digits and underscores and starts with no digit: longer ones are data.
    """
    found: dict[str, Reference] = {}
    for row, line in enumerate(text.split("\n")):
        for match in _WORD.finditer(line):
            word = match.group()
            if word not in found:
                found[word] = Reference(word, "word", row + 1, -1)
                if len(found) == MAX_WORDS:
                    return tuple(found.values())
    return tuple(found.values())


class _Markdown:
    """Reads headings: ``#`` and underlined ones, none in front matter, fenced code and comments."""

    def __init__(self) -> None:
        self._sections: list[Section] = []
        self._ends: list[tuple[int, int]] = []
        self._text_end = (0, 0)
        self._paragraph: list[Line] = []
        self._before_paragraph = (0, 0)
        self._until: re.Pattern[str] | None = None

    def read(self, data: bytes) -> list[Section]:
        """The sections, in order."""
        lines = list(outline.lines(data))
        for line in lines[_front_matter(lines) :]:
            if len(self._sections) == outline.MAX_SECTIONS:
                break
            self._line(line)
            if line.text:
                self._text_end = (line.end, line.row)
        if lines and self._sections and len(self._sections) == outline.MAX_SECTIONS:
            self._text_end = (lines[-1].end, lines[-1].row)
        self._document()
        return outline.nested(self._sections, self._ends, self._text_end)

    def _line(self, line: Line) -> None:
        if self._until is not None:
            if self._until.search(line.text):
                self._until = None
        elif fence := _FENCE.match(line.text):
            mark = fence.group(1)
            self._until = re.compile(rf"^ {{0,3}}{mark[0]}{{{len(mark)},}}$")
            self._document()
        elif line.text.lstrip().startswith("<!--"):
            self._until = None if "-->" in line.text else re.compile("-->")
            self._document()
        elif atx := _ATX.match(line.text):
            name = (atx.group(2) or "").strip()
            bare = name.rstrip("#")
            name = bare.strip() if not bare or bare[-1] in " \t" else name
            self._document()
            self._heading(len(atx.group(1)), name, line, self._text_end)
        elif self._paragraph and (underline := _SETEXT.match(line.text)):
            name = " ".join(each.text.strip() for each in self._paragraph)
            self._heading(1 if underline.group(1)[0] == "=" else 2, name, self._paragraph[0], self._before_paragraph)
        else:
            self._text(line)

    def _heading(self, level: int, name: str, line: Line, before: tuple[int, int]) -> None:
        self._paragraph = []
        if name:
            self._sections.append(Section(level, name, line.start, line.row, line.text.strip()))
            self._ends.append(before)

    def _text(self, line: Line) -> None:
        if not line.text or (not self._paragraph and _NO_PARAGRAPH.match(line.text)):
            self._document()
            return
        if not self._paragraph:
            self._before_paragraph = self._text_end
        self._paragraph.append(line)

    def _document(self) -> None:
        """A paragraph that has ended is the documentation of its section."""
        if self._paragraph and self._sections and not self._sections[-1].doc:
            self._sections[-1].doc = self._paragraph[0].text.strip()
        self._paragraph = []


def _front_matter(lines: list[Line]) -> int:
    """How many lines the front matter has; 0 without one."""
    if lines and lines[0].text in ("---", "+++"):
        ends = ("---", "...") if lines[0].text == "---" else ("+++",)
        return next((i + 1 for i in range(1, len(lines)) if lines[i].text in ends), 0)
    return 0
