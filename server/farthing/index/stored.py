"""An index as it lies on disk, for commands that ask once and go. Nothing is brought up to date for that."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from farthing.index.retrieval import Retrieval
from farthing.index.store import Store, store_path

_T = TypeVar("_T")


class StoredFolders:
    """Asks the index of the innermost folder that has one."""

    async def ask(self, path: str, question: Callable[[Retrieval, str], _T]) -> _T | None:
        """See :meth:`farthing.index.folders.Folders.ask`."""
        return await asyncio.to_thread(_ask, Path(path), question)


def _ask(file: Path, question: Callable[[Retrieval, str], _T]) -> _T | None:
    file = file.resolve()
    for folder in file.parents:
        if (path := store_path(folder)).is_file():
            store = Store(path)
            try:
                return question(Retrieval(folder, store), file.relative_to(folder).as_posix())
            finally:
                store.close()
    return None
