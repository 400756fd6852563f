"""The files that a conversation is about, as the editor has them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

from farthing.edit.files import Workspace
from farthing.edit.paths import Place, locate
from farthing.index.retrieval import Retrieval

_T = TypeVar("_T")


class Index(Protocol):
    """The index of the repository."""

    def __call__(self, question: Callable[[Retrieval | None], _T]) -> Awaitable[_T]:
        """Ask it in its own thread; with None where there is no index."""
        ...


class Files:
    """One folder of the workspace.

    Args:
        root: resolved.
        index: of the folder.
        unsaved: the text that the editor has of a file, by its relative path; None where it has none.
    """

    def __init__(self, root: Path, index: Index, unsaved: Callable[[str], str | None] = lambda path: None) -> None:
        self.root, self.index, self.unsaved = root, index, unsaved

    def workspace(self) -> Workspace:
        """To be read once for a turn: it remembers what was read."""
        return Workspace(self.root, unsaved=self.unsaved)

    def read(self, path: str) -> str | None:
        """See :data:`farthing.context.model.Read`."""
        place = locate(self.root, path)
        if not isinstance(place, Place):
            return None
        if (text := self.unsaved(place.relative)) is not None:
            return text
        try:
            data = place.absolute.read_bytes()
        except OSError:
            return None
        return None if b"\0" in data else data.decode("utf-8", "surrogateescape")
