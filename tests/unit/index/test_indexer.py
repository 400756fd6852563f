"""Bringing a store up to date: the end is always what a fresh build gives."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.errors import Cancelled
from farthing.index import indexer
from farthing.index import store as store_module
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from tests.support import repositories


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.write(tmp_path / "root", repositories.SHOP)


def _assert_fresh(root: Path, store: Store, folder: Path) -> None:
    fresh = repositories.indexed(root, folder / "fresh.sqlite")
    assert repositories.contents(store) == repositories.contents(fresh)
    fresh.close()
    (folder / "fresh.sqlite").unlink()


def test_edit_move_delete_and_revert(root: Path, tmp_path: Path) -> None:
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    first = repositories.contents(store)
    cart, prices = root / "shop/cart.py", root / "shop/prices.py"
    cart.write_text(cart.read_text() + "\n\ndef empty(cart):\n    cart.items.clear()\n")
    assert indexer.update(root, store).parsed == 1
    _assert_fresh(root, store, tmp_path)
    prices.rename(root / "rates.py")
    assert indexer.update(root, store).parsed == 0
    _assert_fresh(root, store, tmp_path)
    cart.unlink()
    indexer.update(root, store)
    _assert_fresh(root, store, tmp_path)
    (root / "rates.py").rename(prices)
    cart.write_text(repositories.SHOP["shop/cart.py"])
    assert indexer.update(root, store).parsed == 0, "a content that comes back is not parsed again"
    assert repositories.contents(store) == first
    store.close()


_ACTS = st.lists(
    st.tuples(st.sampled_from(["write", "delete", "move"]), st.sampled_from("abcd"), st.integers(0, 3)), max_size=12
)


@settings(deadline=None, max_examples=25)
@given(acts=_ACTS)
def test_any_sequence_of_changes_ends_like_a_fresh_build(
    acts: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("acts")
    root = folder / "root"
    root.mkdir()
    store = Store(folder / "i.sqlite")
    for act, name, number in acts:
        file = root / f"{name}.py"
        if act == "write":
            file.write_text(f"def f{number}():\n    return g{number}()\n" * number)
        elif act == "delete":
            file.unlink(missing_ok=True)
        elif file.exists():
            file.rename(root / f"{'abcd'[number]}.py")
        indexer.update(root, store)
    _assert_fresh(root, store, folder)
    store.close()
    shutil.rmtree(folder)


def test_nothing_is_parsed_or_written_when_nothing_changed(root: Path, tmp_path: Path) -> None:
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    for path in root.rglob("*.*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    indexer.update(root, store)
    before = store.db.total_changes
    assert indexer.update(root, store).parsed == 0
    assert store.db.total_changes == before
    store.close()


def test_an_edit_that_keeps_size_and_time_within_the_same_moment_is_seen(root: Path, tmp_path: Path) -> None:
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    file = root / "shop/prices.py"
    times = file.stat()
    file.write_text(file.read_text().replace("def rate(", "def rote("))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    indexer.update(root, store)
    _assert_fresh(root, store, tmp_path)
    store.close()


def test_what_is_left_out_has_its_reason(root: Path, tmp_path: Path) -> None:
    repositories.write(
        root,
        {
            "data.bin": b"\0\1\2" * 100,
            "huge.py": "x = 1\n" * 400_000,
            "app.min.js": "a",
            "vendor/lib/index.js": "module.exports = 1\n",
            "node_modules/lib/index.js": "module.exports = 1\n",
            "line\nbreak.py": "x = 1\n",
        },
    )
    store = Store(tmp_path / "i.sqlite")
    reasons = dict(indexer.update(root, store).skipped)
    assert reasons["data.bin"] == "binary"
    assert reasons["huge.py"].startswith("larger than")
    assert reasons["app.min.js"] == "generated"
    assert reasons["vendor"] == "vendored"
    assert not any(path.startswith(("vendor/", "node_modules/")) for path in store.files())
    assert "control characters" in reasons["line\nbreak.py"]
    assert "data.bin" not in store.files()
    store.close()


def test_a_file_that_becomes_binary_leaves_the_index(root: Path, tmp_path: Path) -> None:
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    (root / "shop/cart.py").write_bytes(b"\0\0\0")
    indexer.update(root, store)
    assert "shop/cart.py" not in store.files()
    _assert_fresh(root, store, tmp_path)
    store.close()


def test_cancelling_leaves_a_store_that_the_next_run_completes(root: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "i.sqlite")
    with pytest.raises(Cancelled):
        indexer.update(root, store, cancelled=lambda: True)
    indexer.update(root, store)
    _assert_fresh(root, store, tmp_path)
    store.close()


def test_progress_ends_with_everything_done(root: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    store = Store(tmp_path / "i.sqlite")
    indexer.update(root, store, lambda done, total: seen.append((done, total)))
    assert seen
    assert seen[-1][0] == seen[-1][1] > 0
    store.close()


def test_contents_that_no_file_has_do_not_pile_up(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_DEAD", 10)
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    cart = root / "shop/cart.py"
    for number in range(60):
        cart.write_text(f"def version_{number}():\n    return {number}\n")
        indexer.update(root, store)
    contents, versions = store.db.execute(
        "SELECT count(*), (SELECT count(*) FROM definitions WHERE name LIKE 'version_%') FROM contents"
    ).fetchone()
    assert contents < 60, "forgotten every now and then"
    assert versions < 60
    _assert_fresh(root, store, tmp_path)
    assert [each.symbol for each in Retrieval(root, store).symbols("version_59")] == ["version_59"]
    assert Retrieval(root, store).definition_of("version_12") == []
    store.close()
