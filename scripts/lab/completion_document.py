"""The lines to be typed again: chosen from source trees, and taken out of a copy of these on disk too."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from farthing.index import languages
from farthing.index.ignore import is_generated
from farthing.index.scan import scan
from farthing.text import indent_of, line_break, lsp_column

VISIBLE = 14
"""Characters other than white space that a line must have."""

LONGEST = 72
"""Characters of a line at most: longer ones are mostly prose, and take long to type."""

ABOVE, BELOW = 10, 3
"""Lines that there must be before and after it."""

APART = 40
"""Lines between two that are taken out of one file."""


@dataclass(frozen=True)
class Document:
    """A file in an editor, with a cursor."""

    path: Path
    language: str
    """LSP language id."""
    head: str
    """Text before the cursor."""
    tail: str
    """Text after it."""
    version: int = 1

    def typed(self, text: str) -> "Document":
        """With something inserted at the cursor."""
        return replace(self, head=self.head + text, version=self.version + 1)

    @property
    def uri(self) -> str:
        """For LSP."""
        return self.path.as_uri()

    @property
    def position(self) -> dict[str, int]:
        """The cursor in LSP's units, UTF-16."""
        line = self.head.count("\n")
        start = self.head.rfind("\n") + 1
        return {"line": line, "character": lsp_column(self.head, start, len(self.head), "utf-16")}


@dataclass(frozen=True)
class Place:
    """A line that is missing."""

    path: Path
    """In the copy."""
    name: str
    """Root and path, for people."""
    language: str
    number: int
    """Counted from 1, in the original."""
    head: str
    """All before it, without the line break that it comes after."""
    tail: str
    """All after it, from a line break on."""
    indent: str
    """White space that the editor puts there when Enter is pressed."""
    text: str
    """What is to be typed: the rest of the line, without white space at its end."""

    @property
    def document(self) -> Document:
        """The file without the line, the cursor where Enter would make it."""
        return Document(self.path, self.language, self.head, self.tail)

    @property
    def enter(self) -> str:
        """What Enter inserts."""
        return line_break(self.head) + self.indent


def suitable(lines: Sequence[str]) -> list[int]:
    """Indices of the lines that may be taken out."""
    return [
        index
        for index in range(ABOVE, len(lines) - BELOW)
        if len("".join(lines[index].split())) >= VISIBLE and len(lines[index].strip()) <= LONGEST
    ]


def choose(texts: Iterable[tuple[str, str, str]], count: int, dice: random.Random) -> list[tuple[str, int]]:
    """Choose lines, language by language in turn, of as many files as possible.

    Args:
        texts: name, language and text of each file.

    Returns:
        Name of the file and index of the line. Fewer than ``count`` where there are no more.
    """
    open_: dict[str, list[tuple[str, list[int]]]] = {}
    for name, language, text in texts:
        if indices := suitable(text.splitlines()):
            open_.setdefault(language, []).append((name, dice.sample(indices, len(indices))))
    queues = {language: _deal(dice.sample(files, len(files))) for language, files in sorted(open_.items())}
    chosen: list[tuple[str, int]] = []
    while queues and len(chosen) < count:
        for language in list(queues):
            found = next(queues[language], None)
            if found is None:
                del queues[language]
            elif len(chosen) < count:
                chosen.append(found)
    return chosen


def _deal(files: Sequence[tuple[str, list[int]]]) -> Iterator[tuple[str, int]]:
    """One line of every file, then another of every file, and so on."""
    taken: dict[str, list[int]] = {name: [] for name, _ in files}
    rest = [(name, iter(indices)) for name, indices in files]
    while rest:
        remaining = []
        for name, indices in rest:
            index = next(
                (index for index in indices if all(abs(index - other) >= APART for other in taken[name])), None
            )
            if index is not None:
                taken[name].append(index)
                remaining.append((name, indices))
                yield name, index
        rest = remaining


def without(text: str, indices: Iterable[int], wanted: int) -> tuple[str, str, str]:
    """What is before a line, the line, and what is after it, in a text that lacks other lines too.

    Args:
        indices: of all lines that are missing.
        wanted: the one of them that this is about.
    """
    lines = text.splitlines(keepends=True)
    gone = set(indices)
    before = "".join(line for index, line in enumerate(lines) if index < wanted and index not in gone)
    after = "".join(line for index, line in enumerate(lines) if index > wanted and index not in gone)
    ending = line_break(text)
    return before.removesuffix(ending), lines[wanted], ending + after


def prepare(roots: Sequence[Path], copies: Path, count: int, seed: int) -> tuple[list[Path], list[Place]]:
    """Copy source trees without the lines that will be typed.

    The copies hold what an index takes, and no history, where the lines would still be.

    Returns:
        The copies of the roots, and the places in the order in which they are to be typed.
    """
    texts: dict[str, str] = {}
    folders = [copies / f"{number}" / root.resolve().name for number, root in enumerate(roots)]
    for root, folder in zip(roots, folders, strict=True):
        for found in scan(root).files:
            data = (root / found.path).read_bytes()
            target = folder / found.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            text = data.decode("utf-8", "replace")
            if languages.language_id(found.path) in languages.BY_ID and _plain(data, text):
                texts[target.relative_to(copies).as_posix()] = text
    files = [(name, languages.language_id(name), text) for name, text in texts.items()]
    chosen = choose(files, count, random.Random(seed))
    missing: dict[str, list[int]] = {}
    for name, index in chosen:
        missing.setdefault(name, []).append(index)
    places = []
    for name, index in chosen:
        head, line, tail = without(texts[name], missing[name], index)
        places.append(_place(copies, name, index, head, line, tail))
        (copies / name).write_bytes((head + tail).encode())
    return folders, places


def _plain(data: bytes, text: str) -> bool:
    """Whether every system counts the lines of a file alike, and people wrote it."""
    plain = "\ufffd" not in text and text.splitlines() == text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return plain and not is_generated(data[:8192])


def _place(copies: Path, name: str, index: int, head: str, line: str, tail: str) -> Place:
    indent = indent_of(line)
    shown = name.partition("/")[2]  # without the number that keeps roots of one name apart
    return Place(
        copies / name, shown, languages.language_id(name), index + 1, head, tail, indent, line[len(indent) :].rstrip()
    )
