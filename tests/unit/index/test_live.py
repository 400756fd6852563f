"""The index while files change under it."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from farthing.index import incremental, indexer
from farthing.index.folders import Folders
from farthing.index.live import LiveIndex
from farthing.index.retrieval import Retrieval
from farthing.index.rows import content_hash
from farthing.index.store import Store, store_path

PATIENCE = 30.0


class Watched(LiveIndex):
    """One whose updates can be waited for."""

    def __init__(self, root: Path) -> None:
        self.changed = asyncio.Event()
        super().__init__(root, updated=self.changed.set)


def files(ask: Retrieval) -> set[str]:
    return set(ask.store.files())


@pytest_asyncio.fixture
async def live(tmp_path: Path) -> AsyncIterator[Watched]:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "first.py").write_text("def first():\n    pass\n")
    index = Watched(tmp_path)
    index.start()
    await until(index, {"pkg/first.py"})
    yield index
    await index.aclose()


async def until(index: Watched, wanted: object, look: Callable[[Retrieval], object] = files) -> None:
    """Wait until the index holds exactly these files, or says what is wanted."""
    async with asyncio.timeout(PATIENCE):
        while await index.query(look) != wanted:
            await index.changed.wait()
            index.changed.clear()


def dump(store: Store) -> list[tuple[object, ...]]:
    """What can be found in a store, without ids and times."""
    rows: list[tuple[object, ...]] = []
    for table, columns in (
        ("definitions", 'kind, name, qualified, signature, doc, start, "end", start_line, end_line, parent'),
        ("uses", "name, spots"),
        ("imports", "module, names, line"),
    ):
        rows += store.db.execute(
            f"SELECT f.path, f.size, {columns} FROM files f JOIN {table} t ON t.content = f.content"
        ).fetchall()
    rows += store.db.execute("SELECT path FROM files").fetchall()
    return sorted(rows, key=repr)


async def test_new_changed_moved_and_removed_files(live: Watched) -> None:
    root = live.root
    (root / "pkg" / "second.py").write_text("class Second:\n    pass\n")
    await until(live, {"pkg/first.py", "pkg/second.py"})
    assert [each.path for each in await live.query(lambda ask: ask.symbols("Second"))] == ["pkg/second.py"]
    (root / "pkg").rename(root / "moved")
    await until(live, {"moved/first.py", "moved/second.py"})
    (root / ".gitignore").write_text("second.py\n")
    await until(live, {".gitignore", "moved/first.py"})
    shutil.rmtree(root / "moved")
    await until(live, {".gitignore"})


async def test_ends_with_what_a_fresh_index_has(live: Watched, tmp_path_factory: pytest.TempPathFactory) -> None:
    root, dice = live.root, random.Random(5)
    for number in range(60):
        path = root / dice.choice(["pkg", "pkg/sub", "other"]) / f"m{dice.randrange(8)}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        match dice.randrange(4):
            case 0 if path.exists():
                path.unlink()
            case 1 if path.exists():
                path.rename(path.with_name(f"moved{number}.py"))
            case _:
                path.write_text(f"import m{number}\n\n\ndef made_{number % 7}(a):\n    return m{number}.run(a)\n")
        if number % 20 == 19:
            live.changed.clear()
            await live.changed.wait()
    wanted = {path.relative_to(root).as_posix() for path in root.rglob("*.py")}
    await until(live, wanted)
    fresh = Store(tmp_path_factory.mktemp("fresh") / "index.sqlite")
    indexer.update(root, fresh)
    expected = dump(fresh)
    fresh.close()
    await until(live, expected, lambda ask: dump(ask.store))


async def test_closing_gives_an_update_up(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"m{number}.py").write_text(f"def f{number}():\n    pass\n" * 200)
    index = LiveIndex(tmp_path)
    index.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        await index.aclose()


def test_ignore_files_and_folders_need_a_walk(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.py").write_text("x = 1\n")
    store = Store(tmp_path / "index.sqlite")
    assert incremental.update_paths(tmp_path, store, ["a.py"])
    assert not incremental.update_paths(tmp_path, store, [".gitignore"])
    assert not incremental.update_paths(tmp_path, store, ["folder"])
    assert not incremental.update_paths(tmp_path, store, [f"{n}.py" for n in range(incremental.MAX_PATHS + 1)])
    assert set(store.files()) == {"a.py"}
    (tmp_path / "folder" / "b.py").write_text("y = 1\n")
    assert incremental.update_paths(tmp_path, store, ["folder/b.py"])
    shutil.rmtree(tmp_path / "folder")
    assert not incremental.update_paths(tmp_path, store, ["folder"])
    assert incremental.update_paths(tmp_path, store, ["folder/b.py", "folde"])
    assert set(store.files()) == {"a.py"}
    store.close()


def test_what_is_no_file_any_more_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.bin").write_bytes(b"\0")
    store = Store(tmp_path / "cache" / "index.sqlite")
    assert incremental.update_paths(tmp_path, store, ["a.py", "b.bin"])
    assert (set(store.files()), set(store.skipped())) == ({"a.py"}, {"b.bin"})
    for name in ("a.py", "b.bin"):
        (tmp_path / name).unlink()
    (tmp_path / "a.py").symlink_to("/etc/hostname")
    assert incremental.update_paths(tmp_path, store, ["a.py", "b.bin"])
    assert (store.files(), store.skipped()) == ({}, {})
    store.close()


@pytest.mark.parametrize("path", ["node_modules/a.js", "ignored/b.py", "c.min.js", "link.py"])
def test_files_that_do_not_belong_stay_out(tmp_path: Path, path: str) -> None:
    (tmp_path / ".gitignore").write_text("ignored/\n")
    (tmp_path / path).parent.mkdir(exist_ok=True)
    if path == "link.py":
        (tmp_path / path).symlink_to("/etc/hostname")
    else:
        (tmp_path / path).write_text("x = 1\n")
    store = Store(tmp_path / "index.sqlite")
    assert incremental.update_paths(tmp_path, store, [path])
    assert store.files() == {}
    store.close()


def found(name: str) -> Callable[[Retrieval], list[str]]:
    return lambda ask: [each.path for each in ask.symbols(name) if each.name == name]


async def test_unsaved_text_stands_for_its_file_after_a_pause(live: Watched) -> None:
    for typed in ("def renam", "def rename", "def renamed():\n    pass\n"):
        live.overlay("pkg/first.py", typed)
    live.overlay("pkg/new.py", "def fresh():\n    pass\n")
    await until(live, ["pkg/first.py"], found("renamed"))
    await until(live, ["pkg/new.py"], found("fresh"))
    assert await live.query(found("first")) == await live.query(found("rename")) == []
    assert await live.query(files) == {"pkg/first.py"}
    assert await live.query(lambda ask: ask.read("pkg/first.py")) == b"def renamed():\n    pass\n"
    live.overlay("pkg/first.py", None)
    await until(live, ["pkg/first.py"], found("first"))
    assert await live.query(lambda ask: ask.read("pkg/first.py")) == b"def first():\n    pass\n"


async def test_a_saved_text_is_the_files_own(live: Watched) -> None:
    text = "def saved():\n    pass\n"
    live.overlay("pkg/first.py", text)
    await until(live, ["pkg/first.py"], found("saved"))
    (live.root / "pkg" / "first.py").write_text(text)
    live.saved("pkg/first.py")
    hash = content_hash(text.encode())
    await until(live, hash, lambda ask: ask.store.content_of("pkg/first.py"))
    await until(live, None, lambda ask: ask.unsaved("pkg/first.py"))
    assert await live.query(found("saved")) == ["pkg/first.py"]


async def test_the_same_text_again_is_no_work(live: Watched) -> None:
    text = "def typed():\n    pass\n"
    live.overlay("pkg/first.py", text)
    await until(live, ["pkg/first.py"], found("typed"))
    written = await live.query(lambda ask: ask.db.total_changes)
    live.changed.clear()
    live.overlay("pkg/first.py", text)
    live.overlay("pkg/other.py", None)
    live.overlay("pkg/last.py", "x = 1\n")
    await until(live, ["pkg/last.py"], found("x"))
    alone = await live.query(lambda ask: ask.db.total_changes) - written
    live.overlay("pkg/last.py", None)
    await until(live, [], found("x"))
    assert alone < 20


async def test_closing_takes_unsaved_text_out_of_the_store(tmp_path: Path) -> None:
    index = Watched(tmp_path)
    index.start()
    index.overlay("new.py", "def fresh():\n    pass\n")
    await until(index, ["new.py"], found("fresh"))
    store = Store(store_path(tmp_path))
    assert store.db.execute("SELECT count(*) FROM contents").fetchone() == (1,)
    await index.aclose()
    assert store.db.execute("SELECT count(*) FROM contents").fetchone() == (0,)
    store.close()


async def test_the_innermost_folder_has_the_text(tmp_path: Path) -> None:
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    file, inner = tmp_path / "real" / "inner" / "a.py", str(tmp_path / "link" / "inner")
    folders = Folders()

    async def until_outer_has(wanted: list[str]) -> None:
        async with asyncio.timeout(PATIENCE):
            while await folders._open[tmp_path / "real"].query(found("unsaved")) != wanted:
                pass
            while [each.path for each in await folders.symbols("unsaved", 10)] != [file]:
                pass

    # Before any folder is open; by a link, as the editor names its folder.
    folders.overlay(f"{inner}/a.py", "def unsaved():\n    pass\n")
    folders.overlay(f"{inner}/../../elsewhere.py", "def unsaved():\n    pass\n")
    folders.open(str(tmp_path / "link"), lambda done, total: None)
    await until_outer_has(["inner/a.py"])
    folders.open(inner, lambda done, total: None)
    await until_outer_has([])
    await folders.close(inner)
    await until_outer_has(["inner/a.py"])
    await folders.aclose()
    assert await folders.symbols("unsaved", 10) == []
