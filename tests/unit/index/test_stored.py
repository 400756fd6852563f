"""Asking an index that nobody keeps fresh."""

from pathlib import Path

from farthing.index import indexer
from farthing.index.store import Store, store_path
from farthing.index.stored import StoredFolders
from tests.support import repositories


async def test_the_innermost_folder_with_an_index_is_asked(tmp_path: Path) -> None:
    folders = StoredFolders()
    root = repositories.write(tmp_path / "root", repositories.SHOP)
    file = root / "shop" / "new.py"
    assert await folders.ask(str(file), lambda retrieval, path: path) is None
    for folder in (root, root / "shop"):
        store = Store(store_path(folder))
        indexer.update(folder, store)
        store.close()
        found = await folders.ask(str(file), lambda retrieval, path: (path, retrieval.symbols("price_of")[0].path))
        assert found == (file.relative_to(folder).as_posix(), (root / "shop/prices.py").relative_to(folder).as_posix())
