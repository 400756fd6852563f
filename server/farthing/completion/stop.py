"""Where an answer ends. Models of this size rarely know: they go on into the code that stands below the cursor."""

import re

from farthing.completion.context import Context
from farthing.text import indent_of

OPENER = re.compile(r"(?:[:{(\[]|[=-]>|\b(?:do|then))\s*$")
"""A line that ends so asks for more lines."""

CLOSER = re.compile(r"[)\]}]|(?:end|else|elif|except|finally|catch|case)\b")
"""Lines that begin so may stand further left than where the answer began: they end a block that was open there."""

REPEATS = 3
"""So many times the same line, one below the other, is a loop."""


class StopRule:
    """Looks at a growing answer and says where it ends.

    Args:
        context: the place of the completion.
        max_lines: most lines of an answer.
        multiline: whether more than the first line was asked for outright. Otherwise further lines come only where
            the cursor stands on a blank line, or where the first line opens a block.
    """

    def __init__(self, context: Context, max_lines: int, multiline: bool) -> None:
        blank = not context.line_before.strip()
        self._before = context.line_before
        self._indent = _indent(context.line_before)
        self._max_lines = max_lines
        self._next_line = context.next_line
        # Text behind the cursor, other than what an editor closes by itself, stays where it is: one line only.
        self._single = bool(context.line_after.strip(" \t)]}>\"'`;,:"))
        self._open = multiline or blank
        self._blank = blank

    def end(self, text: str, finished: bool = False) -> int | None:
        """Offset in ``text`` where the answer ends, or None while it may go on.

        Args:
            text: the answer so far.
            finished: nothing more will come, so that the last line is a whole one too.
        """
        if self._single:
            newline = text.find("\n")
            return newline if newline >= 0 else len(text) if finished else None
        start = 0
        lines: list[str] = []
        while True:
            newline = text.find("\n", start)
            if newline < 0 and not finished:
                return None
            line = text[start:] if newline < 0 else text[start:newline]
            if self._ends_before(line, lines):
                return max(0, start - 1)
            lines.append(line)
            if newline < 0:
                return len(text)
            if len([each for each in lines if each.strip()]) >= self._max_lines or self._ends_after(lines):
                return newline
            start = newline + 1

    def _ends_before(self, line: str, lines: list[str]) -> bool:
        *above, whole = self._whole([*lines, line])
        stripped = line.strip()
        if len(above) >= REPEATS - 1 and all(each == whole for each in above[1 - REPEATS :]):
            return True
        if stripped and stripped == self._next_line.strip() and (lines or self._blank):
            # Brackets alone close a block within the answer, unless they stand where those below do.
            return bool(re.search(r"\w", stripped)) or whole == _plain(self._next_line)
        if not stripped or not lines:
            return False
        return _indent(line) < self._indent and not CLOSER.match(stripped)

    def _whole(self, lines: list[str]) -> list[str]:
        """The lines as they will stand in the document."""
        return [_plain(each) for each in (self._before + lines[0], *lines[1:])]

    def _ends_after(self, lines: list[str]) -> bool:
        if self._open or not any(each.strip() for each in lines):
            return False
        return not OPENER.search(self._whole(lines)[0])


def _plain(line: str) -> str:
    return line.expandtabs(4).rstrip()


def _indent(line: str) -> int:
    return len(indent_of(line).expandtabs(4))
