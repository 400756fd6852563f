"""The live indexes of a workspace, one for each of its folders."""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from farthing.errors import FarthingError

if TYPE_CHECKING:
    from farthing.index.live import LiveIndex
    from farthing.index.retrieval import Retrieval
    from farthing.index.symbols import Symbol

_T = TypeVar("_T")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoundSymbol:
    """A symbol and its file."""

    path: Path
    """Absolute."""
    symbol: "Symbol"


class Folders:
    """The indexes by their folder. Belongs to one event loop."""

    def __init__(self) -> None:
        self._open: dict[Path, LiveIndex] = {}
        self._called: dict[Path, Path] = {}
        """Each folder by the name that the editor has for it: on its way there may be links."""
        self._texts: dict[Path, str] = {}

    def open(self, path: str, progress: Callable[[int, int], None]) -> None:
        """Index a folder and keep it fresh; nothing happens where it is open already, or no folder.

        Args:
            progress: bytes done and to do; called in the loop.
        """
        # Here, as a server starts, and answers, before it watches: importing this takes 0.1 s.
        from farthing.index.live import LiveIndex

        called = Path(os.path.normpath(path))
        root = called.resolve()
        if root in self._open or not root.is_dir():
            return
        if Path.home().is_relative_to(root):
            _logger.warning("%s holds the home folder and is no repository: it is not indexed", root)
            return
        loop = asyncio.get_running_loop()
        index = LiveIndex(root, lambda done, total: _in_loop(loop, progress, done, total))
        self._open[root] = index
        self._called[root] = called
        index.start()
        self._hand_out()

    async def close(self, path: str) -> None:
        """Stop watching a folder."""
        root = await asyncio.to_thread(Path(path).resolve)
        if index := self._open.pop(root, None):
            self._hand_out()
            await index.aclose()

    async def aclose(self) -> None:
        """Stop watching all of them."""
        while self._open:
            await self._open.popitem()[1].aclose()

    def overlay(self, path: str, text: str | None) -> None:
        """Let the text of an open document stand for its file in the innermost folder that holds it; None ends that.

        Args:
            path: absolute, as the editor names it. Outside of all folders nothing happens.
        """
        file = Path(os.path.normpath(path))
        if text is None:
            self._texts.pop(file, None)
        else:
            self._texts[file] = text
        for index, inside in self._around(file)[:1]:
            index.overlay(inside, text)

    def saved(self, path: str) -> None:
        """Look at a file again at once."""
        for index, inside in self._around(Path(os.path.normpath(path))):
            index.saved(inside)

    def _around(self, file: Path) -> "list[tuple[LiveIndex, str]]":
        """Indexes of the folders that hold a file, the innermost first, with its path in them. Asks no disk."""
        found: list[tuple[int, LiveIndex, str]] = []
        for root, index in self._open.items():
            for name in {self._called[root], root}:
                if file.is_relative_to(name):
                    found.append((len(root.parts), index, file.relative_to(name).as_posix()))
                    break
        return [(index, inside) for _, index, inside in sorted(found, key=lambda each: -each[0])]

    def _hand_out(self) -> None:
        """Give each text to the folder that is the innermost one now."""
        for file, text in self._texts.items():
            for i, (index, inside) in enumerate(self._around(file)):
                index.overlay(inside, None if i else text)

    async def ask(self, path: str, question: "Callable[[Retrieval, str], _T]") -> _T | None:
        """Ask the index of the innermost folder that holds a file; None where there is none.

        Args:
            path: absolute, as the editor names it.
            question: called with the index and the file's path in the folder, in the index's own thread.

        Raises:
            IndexUnavailable: the index can't be asked.
        """
        found = self._around(Path(os.path.normpath(path)))  # noqa: ASYNC240  # asks no disk
        if not found:
            return None
        index, inside = found[0]
        return await index.query(lambda retrieval: question(retrieval, inside))

    async def symbols(self, query: str, limit: int) -> list[FoundSymbol]:
        """Definitions whose name is like the query, best first in each folder."""
        found: list[FoundSymbol] = []
        for root, index in list(self._open.items()):
            try:
                hits = await index.query(lambda ask: ask.symbols(query, limit))
            except FarthingError as exc:
                _logger.warning("%s", exc)
                continue
            found += [FoundSymbol(root / hit.path, hit) for hit in hits]
        return found[:limit]


def _in_loop(loop: asyncio.AbstractEventLoop, progress: Callable[[int, int], None], done: int, total: int) -> None:
    loop.call_soon_threadsafe(progress, done, total)
