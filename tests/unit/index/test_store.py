"""The store: damage, other versions, several at once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from farthing.errors import IndexUnavailable
from farthing.index import indexer
from farthing.index.bulk import Change
from farthing.index.migrations import MIGRATIONS
from farthing.index.rows import content_hash, make
from farthing.index.store import Store, store_path
from tests.support import repositories

BUILD = (
    "from pathlib import Path; from farthing.index import indexer; from farthing.index.store import Store; import sys\n"
)
BUILD += "indexer.update(Path(sys.argv[1]), Store(Path(sys.argv[2])))"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.write(tmp_path / "root", repositories.SHOP)


def test_each_root_has_its_store(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert store_path(tmp_path / "a") == store_path(tmp_path / "link") != store_path(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_store_is_made_anew(root: Path, tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "index.sqlite"
    fresh = repositories.indexed(root, file)
    wanted = repositories.contents(fresh)
    fresh.close()
    file.write_bytes(damage)
    store = repositories.indexed(root, file)
    assert repositories.contents(store) == wanted
    store.close()


def test_a_store_of_a_newer_version_is_made_anew(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "index.sqlite"
    fresh = repositories.indexed(root, file)
    wanted = repositories.contents(fresh)
    fresh.close()
    db = sqlite3.connect(file)
    db.execute("DROP TABLE uses")
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.commit()
    db.close()
    store = repositories.indexed(root, file)
    assert repositories.contents(store) == wanted
    assert store.db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    store.close()


def test_an_open_store_is_as_it_was_left(root: Path, tmp_path: Path) -> None:
    first = repositories.indexed(root, tmp_path / "i.sqlite")
    wanted = repositories.contents(first)
    first.close()
    again = Store(tmp_path / "i.sqlite")
    assert repositories.contents(again) == wanted
    again.close()


def test_two_processes_build_the_same_store_at_once(root: Path, tmp_path: Path) -> None:
    repositories.write(root, {f"many/m{i}.py": f"def function_{i}():\n    return {i}\n" for i in range(150)})
    together, alone = tmp_path / "together.sqlite", tmp_path / "alone.sqlite"
    command = [sys.executable, "-c", BUILD, str(root), str(together)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    for each in running:
        _, errors = each.communicate(timeout=120)
        assert each.returncode == 0, errors.decode()
    both, one = Store(together), repositories.indexed(root, alone)
    assert repositories.contents(both) == repositories.contents(one)
    assert both.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (
        both.db.execute("SELECT count(*) FROM definitions").fetchone()
        == one.db.execute("SELECT count(*) FROM definitions").fetchone()
    )
    both.close()
    one.close()


def test_a_reader_sees_all_of_a_transaction_or_nothing(root: Path, tmp_path: Path) -> None:
    writer = repositories.indexed(root, tmp_path / "i.sqlite")
    reader = Store(tmp_path / "i.sqlite")
    before = repositories.contents(reader)
    with pytest.raises(RuntimeError), writer.transaction() as db:
        db.execute("DELETE FROM files")
        assert repositories.contents(reader) == before
        raise RuntimeError
    assert repositories.contents(writer) == before
    writer.close()
    reader.close()


def test_the_same_content_is_written_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "i.sqlite")
    rows = make(b"def one():\n    return 1\n", "python")
    store.apply([Change("a.py", 1, 1, rows), Change("b.py", 1, 1, rows)])
    assert store.db.execute("SELECT count(*) FROM contents").fetchone() == (1,)
    assert store.counts()[:2] == (2, 2)
    assert (content_hash(b"def one():\n    return 1\n"), "python") in store.known_contents()
    store.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexUnavailable, match="the index can't be used"):
        Store(tmp_path / "file" / "index.sqlite")


def test_a_full_disk_is_said_and_leaves_the_index_whole(root: Path, tmp_path: Path) -> None:
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    before = repositories.contents(store)
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    store.db.execute(f"PRAGMA max_page_count = {pages}")
    big = "".join(f"def unheard_of_{i}():\n    return {i}\n\n\n" for i in range(3000))
    repositories.write(root, {"big.py": big})
    with pytest.raises(IndexUnavailable, match="disk is full"):
        indexer.update(root, store)
    assert repositories.contents(store) == before
    store.close()
