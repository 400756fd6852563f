"""What the applier works on: hunks, documents, places, and what became of each hunk."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

from farthing.edit import lines as text_lines
from farthing.edit.lines import Line


class Status(StrEnum):
    """What became of a hunk; the values are those of the command line's contract."""

    APPLIED = "applied"
    ALREADY_APPLIED = "already_applied"
    AMBIGUOUS = "ambiguous"
    NOT_FOUND = "not_found"
    STALE = "stale"
    OVERLAP = "overlap"
    OUTSIDE_WORKSPACE = "outside_workspace"
    EXISTS = "exists"
    MALFORMED = "malformed"
    BREAKS_SYNTAX = "breaks_syntax"
    HELD = "held"


GOOD = frozenset({Status.APPLIED, Status.ALREADY_APPLIED})
"""What a reply without fault has."""

Tier = Literal["exact", "indentation", "trailing_space", "blank_edges", "line_numbers", "pieces"]


@dataclass(frozen=True)
class Hunk:
    """One edit of a reply: lines that are to be found, and what is to stand there instead."""

    path: str
    """As the model wrote it, or the default; empty where neither says which file."""
    search: tuple[str, ...] = ()
    """Whole lines without their ends; none for a new file."""
    replace: tuple[str, ...] = ()
    """Whole lines without their ends."""
    fault: str = ""
    """Why it can't be used, in words; empty where it can."""
    creates: bool = False
    """It is the text of a file that is not there yet."""
    others: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Other readings of the same block, as (search, replace), where more than one line looks like its divider."""
    line: int | None = None
    """Where a diff with right counts says that the lines begin; from 1."""
    scope: tuple[int, int] | None = None
    """Lines, from 1 and inclusive, within which it must lie; set by who knows what the user selected."""
    under: tuple[str, ...] = ()
    """Lines that it stands beneath, outermost first, where a patch says so."""
    ends: tuple[bool, bool] | None = None
    """Whether the file ends with a line break before and after, where a diff says so."""


@dataclass(frozen=True)
class Document:
    """A file's text as it was read."""

    text: str
    """With its line ends and its BOM; bytes that are no UTF-8 as surrogates."""
    plain: bool = True
    """False where such surrogates are in it, so that nothing but ASCII can be added safely."""

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its lines; a BOM belongs to none."""
        return tuple(text_lines.split(self.text))

    @cached_property
    def contents(self) -> tuple[str, ...]:
        """What its lines hold, without their ends."""
        return tuple(line.content for line in self.lines)

    @cached_property
    def bare(self) -> tuple[str, ...]:
        """What its lines hold, blanks at both their ends left out."""
        return tuple(content.strip(" \t") for content in self.contents)

    @cached_property
    def exact(self) -> dict[str, list[int]]:
        """Indices of the lines with a content."""
        return _where(self.contents)

    @cached_property
    def stripped(self) -> dict[str, list[int]]:
        """Indices of the lines with a content, blanks at both its ends left out."""
        return _where(self.bare)


def _where(contents: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, content in enumerate(contents):
        found.setdefault(content, []).append(index)
    return found


@dataclass(frozen=True)
class Edit:
    """A stretch of a text that is replaced."""

    start: int
    """Offset in code points."""
    end: int
    """Offset in code points, exclusive."""
    text: str
    """What stands there afterwards."""


@dataclass(frozen=True)
class Near:
    """Real lines that are like those that were not found."""

    line: int
    """Of the first one, from 1."""
    text: tuple[str, ...]
    """The lines."""
    likeness: float
    """0 to 1."""
    offered: bool
    """So alike, and so much more than anywhere else, that the user may be asked whether this is the place."""


@dataclass(frozen=True)
class Placed:
    """Where a hunk belongs, or why that is not known."""

    status: Status
    reason: str = ""
    """In words, for people and for the model that is to mend it; empty where it is applied as written."""
    tier: Tier | None = None
    """How its lines were found."""
    first: int = 0
    """Index of the first line, from 0."""
    last: int = 0
    """Index behind the last line."""
    edits: tuple[Edit, ...] = ()
    """The stretches that change, ascending and apart."""
    changed: tuple[tuple[int, int], ...] = ()
    """Their lines, as indices; the second is exclusive."""
    matches: tuple[int, ...] = ()
    """Every place where the lines are, from 1."""
    near: Near | None = None
    """For what was not found."""


@dataclass(frozen=True)
class Outcome:
    """What became of one hunk."""

    hunk: Hunk
    path: str
    """Relative to the workspace."""
    placed: Placed

    @property
    def status(self) -> Status:
        """Short for the place's status."""
        return self.placed.status


@dataclass(frozen=True)
class FileChange:
    """A file as it becomes."""

    path: str
    """Relative to the workspace."""
    before: str | None
    """None for a new file."""
    edits: tuple[Edit, ...]
    """Ascending and apart."""
    after: str
    """The text with all of them."""


@dataclass(frozen=True)
class Result:
    """What a whole reply comes to."""

    outcomes: tuple[Outcome, ...]
    """One a hunk, in the order of the reply."""
    changes: tuple[FileChange, ...]
    """What is to be written; nothing where a hunk failed and the rest is held."""

    @property
    def good(self) -> bool:
        """There is a hunk, and each is applied already or can be."""
        return bool(self.outcomes) and all(outcome.status in GOOD for outcome in self.outcomes)
