"""A small shop with its index, and everything that may be asked of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from farthing.context.assemble import assemble
from farthing.context.model import Context, Wanted
from farthing.context.turns import Memory
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from tests.support import repositories


@dataclass
class Shop:
    """A repository, and texts of it that are not saved."""

    root: Path
    retrieval: Retrieval | None
    unsaved: dict[str, str]

    def read(self, path: str) -> str | None:
        """As an editor has it."""
        if path in self.unsaved:
            return self.unsaved[path]
        file = self.root / path
        return file.read_bytes().decode() if file.is_file() else None

    def ask(self, wanted: Wanted, memory: Memory | None = None) -> Context:
        """Put the context together."""
        context = assemble(wanted, self.retrieval, self.read, memory or Memory())
        assert context.tokens <= max(0, wanted.budget)
        return context


Make = Callable[[Mapping[str, str]], Shop]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a repository of some files."""
    stores: list[Store] = []

    def made(files: Mapping[str, str]) -> Shop:
        root = repositories.write(tmp_path / "root", files)
        stores.append(repositories.indexed(root, tmp_path / "index.sqlite"))
        return Shop(root, Retrieval(root, stores[-1]), {})

    yield made
    for store in stores:
        store.close()


@pytest.fixture
def shop(make: Make) -> Shop:
    """The shop."""
    return make(repositories.SHOP)
