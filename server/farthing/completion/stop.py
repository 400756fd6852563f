"""Where an answer ends. Models of this size rarely know: they go on into the code that stands below the cursor.

By syntax throughout: a block is closed, a line stands further left than the answer began, a bracket is closed twice,
the next line of the document or the next cell is reached, or the same is said again. Never by a blank line, and never
by time.
"""

import re

from farthing.completion.context import Context
from farthing.completion.notebook import BOUNDARY
from farthing.completion.postprocess.place import Place
from farthing.completion.postprocess.repetition import repeated_from
from farthing.completion.postprocess.suffix_overlap import CLOSING, spare_bracket
from farthing.text import indent_of

OPENER = re.compile(r"(?:[:{(\[]|[=-]>|\b(?:do|then))\s*$")
"""A line that ends so asks for more lines."""

CLOSER = re.compile(r"[)\]}]|(?:end|else|elif|except|finally|catch|case|done|fi|esac)\b")
"""Lines that begin so may stand further left than where the answer began: they end a block that was open there."""

_CLOSED = re.compile(r"[)\]}]|(?:end|done|fi|esac)\b")
"""Those after which, if they open nothing themselves, the block is over."""

DEFINITION = re.compile(
    r"(?:(?:export|default|public|private|protected|internal|static|abstract|async|pub|override|final|unsafe)\s+)*"
    r"(?:def|class|func|function|fn|fun|impl|struct|enum|interface|trait|module|namespace)\b|@\w"
)
"""How definitions begin. An answer that is one ends before the next one."""

REPEATS = 3
"""So many blank lines, one below the other, are a loop."""

_FIRST_WORD = re.compile(r"\s*(?:\w+\W|[^\w\s])")
"""Enough of a line to know what it is."""


class StopRule:
    """Looks at a growing answer and says where it ends.

    Args:
        context: the place of the completion.
        max_lines: most lines of an answer.
        multiline: whether more than the first line was asked for outright. Otherwise further lines come only where
            the cursor stands on a blank line, or where the first line opens a block, until that is closed. Where the
            document has the block's lines already, the one that opens it is the last one.
    """

    def __init__(self, context: Context, max_lines: int, multiline: bool) -> None:
        blank = not context.line_before.strip()
        self._place = Place(context.prefix, context.suffix)
        self._before = context.line_before
        self._indent = _indent(context.line_before)
        self._max_lines = max_lines
        self._next_line = context.next_line
        self._next_indent = _indent(context.next_line)
        rest = context.line_after.strip()
        self._rest = rest if rest and rest[0] in CLOSING else ""
        # Text behind the cursor, other than what an editor closes by itself, stays where it is: one line only.
        self._single = bool(rest.strip(" \t)]}>\"'`;,:"))
        self._open = multiline or blank
        self._blank = blank

    def end(self, text: str, finished: bool = False, cut_off: bool = False) -> int | None:
        """Offset in ``text`` where the answer ends, or None while it may go on.

        Args:
            text: the answer so far.
            finished: nothing more will come, so that the last line is a whole one too.
            cut_off: nothing more will come, but only as there was no more room. The last of several lines is dropped.
        """
        if cut_off:
            end = self.end(text)
            return end if end is not None else text.rfind("\n") if text.strip() and "\n" in text.strip() else len(text)
        spare = spare_bracket(text, self._rest, self._before) if self._rest else None
        end = self._end_by_lines(text if spare is None else text[:spare], finished)
        # What comes before the bracket may end earlier, by a rule for whole lines.
        return end if end is not None else spare

    def _end_by_lines(self, text: str, finished: bool) -> int | None:
        if self._single:
            newline = text.find("\n")
            return newline if newline >= 0 else len(text) if finished else None
        lines = text.split("\n")
        partial = "" if finished else lines.pop()
        again = repeated_from(self._place, lines) if lines else None
        start = 0
        for count, line in enumerate(lines):
            if self._ends_before(line, lines[:count]) or count == again:
                return max(0, start - 1)
            start += len(line) + 1
            if start > len(text):
                return len(text)
            said = lines[: count + 1]
            if len([each for each in said if each.strip()]) >= self._max_lines or self._ends_after(said):
                return start - 1
        if BOUNDARY.match(partial) and (lines or self._blank):
            return max(0, start - 1)
        # A line that stands too far left ends the answer with its first word.
        if lines and _FIRST_WORD.match(partial) and self._leaves(partial, lines):
            return max(0, start - 1)
        return None

    def _ends_before(self, line: str, lines: list[str]) -> bool:
        *above, whole = self._whole([*lines, line])
        stripped = line.strip()
        if BOUNDARY.match(line) and (lines or self._blank):
            return True
        if not stripped and len(above) >= REPEATS - 1 and not any(above[1 - REPEATS :]):
            return True
        if stripped and stripped == self._next_line.strip() and (lines or self._blank):
            # Brackets alone close a block within the answer, unless they stand where those below do.
            return bool(re.search(r"\w", stripped)) or whole == _plain(self._next_line)
        return bool(lines) and self._leaves(line, lines)

    def _leaves(self, line: str, lines: list[str]) -> bool:
        """Whether a further line is no longer part of what was begun."""
        stripped, indent = line.strip(), _indent(line)
        if not stripped or CLOSER.match(stripped):
            return False
        said = self._said(lines)
        if not said:
            return indent < self._indent
        start = _indent(said[0])
        if len(said) == 1 and OPENER.search(said[0]) and 0 < indent <= start:
            return False  # counted from the cursor instead of the margin; a filter moves it
        opener = None if self._open else next(filter(OPENER.search, said), None)
        if opener is not None:
            return indent <= _indent(opener)
        if indent > start:
            return False
        return indent < start or (self._open and _defines(said[0]) and _defines(line) and said[-1].lstrip()[0] != "@")

    def _said(self, lines: list[str]) -> list[str]:
        return [each for each in self._whole(lines) if each.strip()]

    def _whole(self, lines: list[str]) -> list[str]:
        """The lines as they will stand in the document."""
        return [_plain(each) for each in (self._before + lines[0], *lines[1:])]

    def _ends_after(self, lines: list[str]) -> bool:
        if not any(each.strip() for each in lines):
            return False
        said = self._said(lines)
        if OPENER.search(said[-1]):
            return self._indent < self._next_indent and _indent(said[-1]) < self._next_indent
        opener = None if self._open else next(filter(OPENER.search, said), None)
        if opener is None and not self._open:
            return True
        # The block is closed that the answer opened, or the one that it stands in.
        limit = _indent(said[0]) - 1 if opener is None else _indent(opener)
        return len(said) > 1 and _CLOSED.match(said[-1].strip()) is not None and _indent(said[-1]) <= limit


def _defines(line: str) -> bool:
    return DEFINITION.match(line.strip()) is not None


def _plain(line: str) -> str:
    return line.expandtabs(4).rstrip()


def _indent(line: str) -> int:
    width = len(indent_of(line).expandtabs(4))
    return width - 1 if width and line.lstrip().startswith("*") else width  # within or at the end of a /** comment
