"""Where an answer ends. Models of this size rarely know: they go on into the code that stands below the cursor."""

from farthing.completion.context import Context
from farthing.text import indent_of

OPENERS = (":", "{", "(", "[", "=>", "->", "do", "then")
"""A first line that ends with one of these asks for more lines."""

CLOSERS = (")", "]", "}", "end", "else", "elif", "except", "finally", "catch", "case")
"""Lines that may stand further left than where the answer began, as they belong to a block that was open there."""

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
        self._indent = len(indent_of(context.line_before).expandtabs(4))
        self._max_lines = max_lines
        self._next_line = context.next_line.strip()
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
            newline = text.find("\n", 1) if text.startswith("\n") else text.find("\n")
            return newline if newline >= 0 else len(text) if finished else None
        start, number = 0, 0
        lines: list[str] = []
        while True:
            newline = text.find("\n", start)
            if newline < 0 and not finished:
                return None
            line = text[start:] if newline < 0 else text[start:newline]
            # On a blank line the first line is judged by the indentation that the cursor has already.
            if self._ends_before(line, number, lines):
                return max(0, start - 1)
            lines.append(line)
            if newline < 0:
                return len(text)
            if len([each for each in lines if each.strip()]) >= self._max_lines or self._ends_after(lines):
                return newline
            start, number = newline + 1, number + 1

    def _ends_before(self, line: str, number: int, lines: list[str]) -> bool:
        stripped = line.strip()
        if not stripped:
            return False
        if stripped == self._next_line and (number > 0 or self._blank):
            return True
        if number == 0:
            return False
        if len(indent_of(line).expandtabs(4)) < self._indent and not stripped.startswith(CLOSERS):
            return True
        return len(lines) >= REPEATS - 1 and all(each.strip() == stripped for each in lines[-(REPEATS - 1) :])

    def _ends_after(self, lines: list[str]) -> bool:
        if self._open or not any(each.strip() for each in lines):
            return False
        return not lines[0].rstrip().endswith(OPENERS)
