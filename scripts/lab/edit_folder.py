"""A package as a folder that is edited, with an index of its own."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edit_cases import Case, site_packages

from farthing.index import indexer
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store

_T = TypeVar("_T")


class Folder:
    """A copy of one package.

    Args:
        parent: a folder for it and its index.
        package: its name.
        copy: False where it is there already.
    """

    def __init__(self, parent: Path, package: str, copy: bool = True) -> None:
        self.root = (parent / package).resolve()
        self._database = parent / f"{package}.db"
        if copy:
            source = site_packages(package)
            shutil.copytree(source, self.root / package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))

    def prepare(self, case: Case) -> Callable[[], None]:
        """Have the file as the case begins. Returns what puts it back."""
        path = self.root / case.file
        original = path.read_bytes()
        self.write(case.file, case.before)

        def back() -> None:
            path.write_bytes(original)

        return back

    def write(self, file: str, text: str) -> None:
        """Give a file this text."""
        (self.root / file).write_bytes(text.encode())

    async def index(self, question: Callable[[Retrieval | None], _T]) -> _T:
        """See :class:`farthing.chat.files.Index`."""
        with contextlib.closing(Store(self._database)) as store:
            indexer.update(self.root, store)
            return question(Retrieval(self.root, store))
