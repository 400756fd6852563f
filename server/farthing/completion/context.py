"""What the model sees of the document: a window before the cursor and one after it."""

from dataclasses import dataclass

from farthing.settings import CompletionSettings
from farthing.text import unix

STEP = 16
"""Lines by which the start of the window moves. The KV cache of the prefix stays valid until it does."""

MAX_PREFIX, MAX_SUFFIX = 8000, 2000
"""Code points, for files whose lines are endless (minified code, data)."""

CHUNK = 1000
"""Code points by which the start of the window moves in such files."""


@dataclass(frozen=True)
class Context:
    """The place of a completion, line breaks as ``\\n`` throughout."""

    prefix: str
    """The window before the cursor."""
    suffix: str
    """The window after the cursor."""

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.prefix[self.prefix.rfind("\n") + 1 :]

    @property
    def line_after(self) -> str:
        """The rest of the cursor's line."""
        return self.suffix.split("\n", 1)[0]

    @property
    def next_line(self) -> str:
        """The first line below the cursor's that is not blank; empty when there is none in the window."""
        return next((line for line in self.suffix.split("\n")[1:] if line.strip()), "")


def window(text: str, offset: int, settings: CompletionSettings, before: str = "") -> Context:
    """Cut the two windows out of a document.

    Args:
        offset: the cursor, in code points.
        before: what is to be seen above the document, as the cells above a notebook's.
    """
    if before:
        text, offset = before + text, len(before) + offset
    line = text.count("\n", 0, offset)
    first = max(0, (line - settings.prefix_lines) // STEP * STEP)
    start = _back(text, offset, line - first)
    if offset - start > MAX_PREFIX:
        start = (offset - MAX_PREFIX + CHUNK - 1) // CHUNK * CHUNK
    end = min(_forward(text, offset, settings.suffix_lines), offset + MAX_SUFFIX)
    if end > offset and text.startswith("\r\n", end - 1):
        end -= 1
    return Context(unix(text[start:offset]), unix(text[offset:end]))


def _back(text: str, offset: int, lines: int) -> int:
    """Start of the line that is so many lines above."""
    for _ in range(lines + 1):
        offset = text.rfind("\n", 0, offset)
        if offset < 0:
            return 0
    return offset + 1


def _forward(text: str, offset: int, lines: int) -> int:
    """End of the line that is so many lines below, line break excluded."""
    end = text.find("\n", offset)
    for _ in range(lines):
        if end < 0:
            break
        end = text.find("\n", end + 1)
    return len(text) if end < 0 else end
