"""The files of one question, each read once, and what an index says of them checked against their texts."""

from collections.abc import Sequence

from farthing.context.model import Read
from farthing.context.source import Source
from farthing.privacy.names import is_secret

LONGEST = 40
"""Lines of a definition's head, decorators and comments in between included."""


class Files:
    """Texts as the editor has them.

    Args:
        read: gives them; None for what is not to be read.
        allowed: paths that are sent although they look like a secret.
    """

    def __init__(self, read: Read, allowed: frozenset[str]) -> None:
        self._read = read
        self._allowed = allowed
        self._known: dict[str, Source | None] = {}

    def get(self, path: str) -> Source | None:
        """A file that may be sent; None for others."""
        if path not in self._known:
            text = None if self.withheld(path) else self._read(path)
            self._known[path] = None if text is None or "\0" in text else Source(path, text)
        return self._known[path]

    def withheld(self, path: str) -> bool:
        """Whether it is kept back, as it may hold secrets."""
        return is_secret(path) and path not in self._allowed


def signature_lines(source: Source, symbol: str, signature: str, start: int) -> tuple[int, int] | None:
    """The lines that a signature stands on; None where the text has it no more.

    Args:
        start: line on which the index, which may be older, has the definition, decorators included.
    """
    wanted = _squeezed([signature])
    if not wanted:
        return None
    if found := _lines_from(source, wanted, start):
        return found
    # The index is older than the text, which is parsed only now: most files of which a line is shown need not be.
    now = [each.start_line for each in source.tags.definitions if each.qualified == symbol]
    nearest = sorted(now, key=lambda line: abs(line - start))
    return next((found for line in nearest if (found := _lines_from(source, wanted, line))), None)


def _lines_from(source: Source, wanted: str, first: int) -> tuple[int, int] | None:
    for last in range(first, min(first + LONGEST, source.count + 1)):
        if wanted in _squeezed(source.lines[first - 1 : last]):
            while first < last and wanted in _squeezed(source.lines[first:last]):
                first += 1
            return first, last
    return None


def _squeezed(lines: Sequence[str]) -> str:
    return "".join("".join(lines).split())
