"""What is kept of a parsed file."""

from dataclasses import dataclass
from typing import NamedTuple


class Definition(NamedTuple):
    """Something with a name that code can refer to. A tuple, as it becomes a row of the store."""

    kind: str
    """``function``, ``method``, ``class``, ``interface``, ``enum``, ``type``, ``module``, ``variable``, ``field``,
    ``constant``, ``macro``, ``section``."""
    name: str
    qualified: str
    """Names of the enclosing definitions and its own, joined with dots."""
    signature: str
    """Its head, white space folded, without the body."""
    doc: str
    """First line of its documentation; empty when it has none."""
    start: int
    """Byte offset, decorators included."""
    end: int
    start_line: int
    """Counted from 1; decorators included."""
    end_line: int
    """Inclusive."""
    parent: int
    """Index of the enclosing definition in the file's list; -1 at top level."""


class Reference(NamedTuple):
    """A use of a name. A tuple, as a file has hundreds."""

    name: str
    kind: str
    """``call``, ``type``, ``inherit``, ``use``."""
    line: int
    enclosing: int
    """Index of the innermost definition around it; -1 at top level."""


@dataclass(frozen=True, slots=True)
class Import:
    """A module that the file names."""

    module: str
    """As written, quotes removed."""
    names: tuple[str, ...]
    """What is taken from it; empty for the whole of it."""
    line: int


@dataclass(frozen=True, slots=True)
class FileTags:
    """All of one file."""

    language: str
    definitions: tuple[Definition, ...]
    references: tuple[Reference, ...]
    imports: tuple[Import, ...]
    errors: bool
    """Whether a part of it could not be parsed."""
