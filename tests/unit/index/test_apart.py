"""An update in a process of its own."""

import multiprocessing
from pathlib import Path

import pytest

from farthing.errors import Cancelled, IndexUnavailable
from farthing.index import apart, indexer
from farthing.index.store import Store
from tests.support import repositories


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.write(tmp_path / "root", repositories.SHOP)


def test_ends_like_an_update_right_here(root: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    summary = apart.update(root, tmp_path / "i.sqlite", lambda done, total: told.append((done, total)), bool, 1)
    assert told[-1][0] == told[-1][1] > 0
    store, fresh = Store(tmp_path / "i.sqlite"), Store(tmp_path / "fresh.sqlite")
    expected = indexer.update(root, fresh)
    assert (summary.files, summary.symbols, summary.parsed) == (expected.files, expected.symbols, expected.parsed)
    assert repositories.contents(store) == repositories.contents(fresh)
    store.close()
    fresh.close()


def test_is_given_up(root: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        apart.update(root, tmp_path / "i.sqlite", lambda done, total: None, lambda: True, 0)
    assert not multiprocessing.active_children()


def test_a_store_that_can_not_be_written(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(IndexUnavailable, match="the index can't be used"):
        apart.update(root, tmp_path / "file" / "i.sqlite", lambda done, total: None, lambda: False, 0)


def test_a_process_that_is_killed(root: Path, tmp_path: Path) -> None:
    def kill() -> bool:
        for each in multiprocessing.active_children():
            each.kill()
        return False

    with pytest.raises(IndexUnavailable, match="was ended"):
        apart.update(root, tmp_path / "i.sqlite", lambda done, total: None, kill, 0)
