"""What the model should know of the rest of the repository: signatures of what is used near the cursor, and lines that
are like those around it. Among these, the places count more where the user was lately, and where something was changed.
"""

import logging
from collections import deque
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from farthing.completion.context import Context
from farthing.errors import FarthingError

if TYPE_CHECKING:  # a server starts, and answers, before it has an index: importing this takes a tenth of a second
    from farthing.index.retrieval import Retrieval
    from farthing.index.similar import Excerpt
    from farthing.index.symbols import Symbol

SIGNATURES, EXCERPTS = 10, 3
"""So many of each at most."""

LEAST_LIKENESS = 0.08
"""Lines that are less like those around the cursor say nothing about them."""

VISITS = 24
"""Places that are remembered."""

NEAR = 10
"""Lines: a place as near to another one is the same."""

_T = TypeVar("_T")

_logger = logging.getLogger(__name__)


class Indexes(Protocol):
    """What is asked of :class:`farthing.index.folders.Folders`, or of what stands in for them."""

    async def ask(self, path: str, question: "Callable[[Retrieval, str], _T]") -> _T | None:
        """Ask the index of the folder that holds a file (absolute); None where there is none."""
        ...


class Surroundings:
    """Looks them up. Belongs to one event loop.

    Args:
        folders: the indexes of the workspace.
        kept: of files relative to a folder, those that must not be told of.
    """

    def __init__(
        self, folders: Indexes, kept: Callable[[Path, Iterable[str]], Container[str]] = lambda root, paths: ()
    ) -> None:
        self._folders, self._kept = folders, kept
        self._visits: deque[tuple[str, int, bool]] = deque(maxlen=VISITS)

    def visited(self, path: str, line: int, changed: bool = False) -> None:
        """The user is at a line (counted from 1) of a file (absolute), and perhaps changes it."""
        for visit in list(self._visits):
            if visit[0] == path and abs(visit[1] - line) < NEAR:
                self._visits.remove(visit)
                changed = changed or visit[2]
        self._visits.append((path, line, changed))

    async def describe(self, path: str, text: str, offset: int, context: Context, room: int) -> str:
        """A header for the prompt.

        Args:
            path: of the file, absolute.
            offset: the cursor in its text, in code points.
            context: what the model sees of it anyway.
            room: characters that the header may have.

        Returns:
            The header, which ends with a blank line; empty where no index holds the file, or none can be asked.
        """
        line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset) - 1
        seen = range(line - context.prefix.count("\n"), line + context.suffix.count("\n") + 1)
        visits = list(self._visits)

        def look(retrieval: "Retrieval", inside: str) -> "tuple[list[Symbol], list[Excerpt]]":
            from farthing.index.similar import Spot, Visit

            root = Path(path).parents[inside.count("/")]
            there = [
                Visit(Path(file).relative_to(root).as_posix(), at, changed)
                for file, at, changed in visits
                if Path(file).is_relative_to(root)
            ]
            signatures = retrieval.signatures_near(inside, line, text, SIGNATURES)
            alike = retrieval.similar(Spot(inside, text, line, column, seen), there, EXCERPTS)
            kept = self._kept(root, [*(each.path for each in signatures), *(each.path for each in alike)])
            return [s for s in signatures if s.path not in kept], [e for e in alike if e.path not in kept]

        try:
            found = await self._folders.ask(path, look)
        except FarthingError as exc:
            _logger.info("nothing of the index for %s: %s", path, exc)
            return ""
        return render(*found, room) if found else ""


def render(signatures: "Sequence[Symbol]", excerpts: "Sequence[Excerpt]", room: int) -> str:
    """The text of a header: the signatures by their files, then the lines, what is most like the cursor's last.

    Args:
        room: characters; what does not fit whole is left out.
    """
    alike = [_titled(each.path, each.text) for each in excerpts if each.likeness >= LEAST_LIKENESS]
    shown = _fitting(alike, room)
    by_file: dict[str, list[str]] = {}
    for symbol in signatures:
        by_file.setdefault(symbol.path, []).append(symbol.signature)
    heads = [_titled(path, "\n".join(lines)) for path, lines in by_file.items()]
    return "".join([*_fitting(heads, room - sum(map(len, shown))), *reversed(shown)])


def _fitting(texts: Iterable[str], room: int) -> list[str]:
    found = []
    for text in texts:
        if len(text) <= room:
            found.append(text)
            room -= len(text)
    return found


def _titled(path: str, text: str) -> str:
    return f"{path}\n{text}\n\n"
