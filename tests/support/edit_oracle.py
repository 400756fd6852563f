"""What may become of a file, told from how a case was made and from a plain comparison of lines.

Nothing here is of the implementation: lines are split and compared anew, as slowly and simply as possible.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Lines = list[str]


@dataclass(frozen=True)
class Text:
    """A file's lines, apart from their ends."""

    mark: str
    """Its BOM, or nothing."""
    lines: Lines
    ends: list[str]

    @property
    def joined(self) -> str:
        """The whole text."""
        return self.mark + "".join(map("".join, zip(self.lines, self.ends, strict=True)))


def text_of(data: bytes) -> Text:
    """The lines of a file's bytes; those that are no UTF-8 as surrogates."""
    text = data.decode("utf-8", "surrogateescape")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    parts = re.split("(\r\n|\r|\n)", text[len(mark) :])
    lines, ends = parts[::2], [*parts[1::2], ""]
    if not lines[-1]:
        lines, ends = lines[:-1], ends[:-1]
    return Text(mark, lines, ends)


def exact(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where lines are, character by character."""
    size = len(wanted)
    return [at for at in range(len(lines) - size + 1) if list(lines[at : at + size]) == list(wanted)]


def loose(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where lines are if all that is blank at their ends, and all blank lines around them, are left out: the places
    that anybody could mean."""
    bare = [line.strip(" \t") for line in lines]
    return exact(bare, trimmed([line.strip(" \t") for line in wanted]))


def trimmed(lines: Sequence[str]) -> Lines:
    """Without blank lines at both ends."""
    told = [at for at, line in enumerate(lines) if line.strip()]
    return list(lines[told[0] : told[-1] + 1]) if told else []


def is_splice(before: Text, after: bytes, start: int, end: int, new: Sequence[str]) -> bool:
    """Whether a file is as before but for new lines in the place of some, whose ends are such as the file has."""
    head = before.mark + "".join(map("".join, zip(before.lines[:start], before.ends[:start], strict=True)))
    tail = "".join(map("".join, zip(before.lines[end:], before.ends[end:], strict=True)))
    text = after.decode("utf-8", "surrogateescape")
    if not (text.startswith(head) and text.endswith(tail) and len(text) >= len(head) + len(tail)):
        return False
    whole = text_of(after)
    if whole.lines != [*before.lines[:start], *new, *before.lines[end:]]:
        return False
    known = set(filter(None, before.ends)) or {"\n"}
    # Where a carriage return would meet the line feed of a blank line, one more keeps them apart.
    known |= {"\r\n"} if {"\r", "\n"} <= known else set()
    # A line that was not the last one keeps its end where it is the last one now.
    kept = bool(new) and new[-1] in before.lines[start : end - 1]
    if end == len(before.lines) and new and not kept and bool(whole.ends[-1]) != bool(before.ends[-1]):
        return False
    return known.issuperset(filter(None, whole.ends))


def holds(reply: str, lines: Sequence[str]) -> bool:
    """Whether a reply has something of each line but its blanks: what it doesn't speak of, nobody may touch."""
    said = re.split("\r\n|\r|\n", reply)
    whole = "\n".join(said)
    return all(line.strip() in whole for line in lines)
