"""Unsaved texts in front of the files on disk."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.errors import IndexUnavailable
from farthing.index import incremental, indexer, rows, scan
from farthing.index.overlay import Overlay
from farthing.index.rank import Ranker, Selection
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from tests.support import repositories

PRICES = "shop/prices.py"
EDITED = repositories.SHOP[PRICES].replace("price_of", "cost_of").replace("Price of an item", "What an item costs")


class Editing:
    """A repository, its index, and the texts in front of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir(exist_ok=True)
        self.file = folder / "index.sqlite"
        self.store = repositories.indexed(self.root, self.file)
        self.overlay = Overlay(self.root, self.store)
        self.ask = Retrieval(self.root, self.store, self.overlay.read)

    def look_at(self, *paths: str) -> None:
        """As when the watch tells of files."""
        assert incremental.update_paths(self.root, self.store, paths, self.overlay.make)
        self.overlay.resync(paths)

    def names(self, name: str) -> list[tuple[str, str]]:
        """Definitions of exactly this name."""
        with self.overlay.steady():
            return [(each.path, each.symbol) for each in self.ask.symbols(name) if each.name == name]

    def close(self) -> None:
        self.overlay.clear()
        self.store.close()


@pytest.fixture
def editing(tmp_path: Path) -> Iterator[Editing]:
    repositories.write(tmp_path / "root", repositories.SHOP)
    opened = Editing(tmp_path)
    yield opened
    opened.close()


def answers(store: Store, ask: Retrieval) -> list[object]:
    """Everything that can be found, without ids and times."""
    found: list[object] = [row for row in repositories.contents(store) if row[0] not in (0, 4)]
    found += sorted(store.db.execute("SELECT path, size FROM files"))
    for name in ("f0", "f1", "f2", "Owner", "Ö"):
        hits = ask.definition_of(name, "a.py", 100)
        found.append(sorted((each.path, each.symbol, each.start, each.end, each.signature) for each in hits))
        found.append(sorted((each.path, each.symbol) for each in ask.symbols(name, 100)))
        found += [
            (use.path, use.line, use.enclosing and use.enclosing.symbol)
            for hit in sorted(hits, key=lambda each: (each.path, each.start))
            for use in ask.references_to(hit)
        ]
        for hit in hits:
            assert name.encode() in (ask.read(hit.path) or b"")[hit.start : hit.end]
    words = store.db.execute(
        "SELECT f.path, d.name FROM files f JOIN definitions d ON d.content = f.content "
        "WHERE d.id IN (SELECT rowid FROM texts WHERE texts MATCH 'word OR other')"
    )
    return [*found, *sorted(words)]


def assert_clean(store: Store) -> None:
    """Nothing is left of any unsaved text."""
    db = store.db
    assert db.execute("SELECT count(*) FROM contents WHERE length(hash) > 16").fetchone() == (0,)
    for table in ("definitions", "uses", "imports"):
        orphans = f"SELECT count(*) FROM {table} WHERE content NOT IN (SELECT id FROM contents)"
        assert db.execute(orphans).fetchone() == (0,), table
    assert db.execute("SELECT name FROM names EXCEPT SELECT name FROM definitions").fetchall() == []
    found = db.execute("SELECT rowid FROM texts WHERE texts MATCH 'def OR class'").fetchall()
    known = {id for (id,) in db.execute("SELECT id FROM definitions")}
    assert {id for (id,) in found} <= known
    for table in ("texts", "name_grams"):
        db.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")


def test_every_question_sees_the_text(editing: Editing) -> None:
    editing.overlay.put(PRICES, EDITED)
    assert editing.names("cost_of") == [(PRICES, "cost_of")]
    assert editing.names("price_of") == []
    assert [each.path for each in editing.ask.definition_of("cost_of", "shop/cart.py")] == [PRICES]
    assert editing.ask.definition_of("price_of") == []
    [rate] = editing.ask.definition_of("rate")
    assert [(use.path, use.enclosing and use.enclosing.symbol) for use in editing.ask.references_to(rate)] == [
        (PRICES, "cost_of")
    ]
    near = editing.ask.signatures_near("shop/cart.py", 1, "from shop.prices import cost_of\n\n\ncost_of(1)\n")
    assert [each.signature for each in near] == ['def cost_of(item, currency="EUR")']
    items = Ranker(editing.ask, read=editing.ask.read).rank("What does cost_of cost", budget_tokens=300)
    assert ("cost_of", PRICES) in [(each.symbol, each.path) for each in items]
    assert "price_of" not in [each.symbol for each in items]


def test_no_other_process_sees_it(editing: Editing) -> None:
    other = Store(editing.file)
    before = repositories.contents(other)
    editing.overlay.put(PRICES, EDITED)
    editing.overlay.put("new.py", "def new():\n    pass\n")
    assert repositories.contents(other) == before
    assert Retrieval(editing.root, other).symbols("cost_of") == []
    assert indexer.update(editing.root, other).parsed == 0
    assert editing.names("cost_of") == [(PRICES, "cost_of")]
    # A file that comes to have the text is parsed by whoever finds it, and is that one's own.
    repositories.write(editing.root, {"copy.py": EDITED})
    assert indexer.update(editing.root, other).parsed == 1
    editing.overlay.clear()
    assert [each.path for each in Retrieval(editing.root, other).symbols("cost_of")] == ["copy.py"]
    other.close()


def test_closing_leaves_the_disk_and_no_trace(editing: Editing) -> None:
    before = repositories.contents(editing.store)
    for typed in range(5):
        editing.overlay.put(PRICES, EDITED + f"\n\ndef half_typed_{typed}():\n    return {typed}\n")
    editing.overlay.put("new.py", "from shop import prices\n")
    editing.overlay.put(PRICES, None)
    assert editing.names("price_of") == [(PRICES, "price_of")]
    editing.overlay.put("new.py", None)
    assert repositories.contents(editing.store) == before
    assert editing.store.db.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'files'").fetchone() is None
    assert_clean(editing.store)


def test_what_was_saved_is_not_parsed_again(editing: Editing, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    make = rows.make

    def counted(data: bytes, language: str) -> rows.ContentRows:
        parsed.append(data)
        return make(data, language)

    monkeypatch.setattr(rows, "make", counted)
    editing.overlay.put(PRICES, EDITED)
    repositories.write(editing.root, {PRICES: EDITED})
    editing.look_at(PRICES)
    editing.look_at(PRICES)
    assert parsed == [EDITED.encode()]
    assert editing.store.content_of(PRICES) == rows.content_hash(EDITED.encode())
    assert editing.overlay.read(PRICES) is None
    assert_clean(editing.store)
    other = Store(editing.file)
    assert [each.path for each in Retrieval(editing.root, other).symbols("cost_of")] == [PRICES]
    other.close()


def test_typing_on_after_a_save(editing: Editing) -> None:
    editing.overlay.put(PRICES, EDITED)
    repositories.write(editing.root, {PRICES: EDITED})
    editing.look_at(PRICES)
    editing.overlay.put(PRICES, EDITED.replace("cost_of", "worth_of"))
    assert editing.names("cost_of") == []
    editing.overlay.put(PRICES, EDITED)
    assert editing.overlay.read(PRICES) is None
    assert editing.names("cost_of") == [(PRICES, "cost_of")]
    assert_clean(editing.store)


def test_a_text_like_its_file_costs_nothing(editing: Editing) -> None:
    written = editing.store.db.total_changes
    repositories.write(editing.root, {"bom.py": b"\xef\xbb\xbfdef with_bom():\n    pass\n"})
    editing.look_at("bom.py")
    written = editing.store.db.total_changes
    editing.overlay.put(PRICES, repositories.SHOP[PRICES])
    editing.overlay.put("bom.py", "def with_bom():\n    pass\n")
    assert editing.store.db.total_changes == written
    [found] = editing.ask.symbols("with_bom")
    assert (editing.ask.read("bom.py") or b"")[found.start : found.end].startswith(b"def with_bom")


@pytest.mark.parametrize(
    "text", ["\ufeffä = '€'\r\n\r\ndef größe(x):\r\n    return x\r\n", "'\ud800'\ndef größe(x): 1\n"]
)
def test_places_are_of_the_bytes_in_utf_8(editing: Editing, text: str) -> None:
    editing.overlay.put("a.py", text)
    [found] = editing.ask.symbols("größe")
    assert (editing.ask.read("a.py") or b"")[found.start : found.end].startswith("def größe(x):".encode())
    assert found.start_line == text.split("def")[0].count("\n") + 1


@pytest.mark.parametrize(
    "path", ["ignored/a.py", "node_modules/a.js", "a.min.js", "link/a.py", "link.py", "rows.csv", "shop/.git/a.py"]
)
def test_what_is_left_out_stays_out(editing: Editing, path: str) -> None:
    repositories.write(editing.root, {".gitignore": "ignored/\n"})
    (editing.root / "link").symlink_to(editing.root / "shop")
    (editing.root / "link.py").symlink_to(editing.root / PRICES)
    editing.overlay.put(path, "def left_out():\n    pass\n")
    assert editing.names("left_out") == []
    assert editing.overlay.read(path) is None


@pytest.mark.parametrize("text", ["\0", "# @generated\nx = 1\n", "x = 1\n" * (scan.MAX_BYTES // 6 + 1)])
def test_a_file_that_would_be_left_out_is_not_found(editing: Editing, text: str) -> None:
    editing.overlay.put(PRICES, text)
    assert editing.names("price_of") == []
    assert (PRICES,) not in editing.store.db.execute("SELECT path FROM files").fetchall()
    editing.overlay.put(PRICES, EDITED)
    assert editing.names("cost_of") == [(PRICES, "cost_of")]


def test_another_process_may_empty_the_store(editing: Editing) -> None:
    editing.overlay.put(PRICES, EDITED)
    editing.overlay.put("new.py", "def new():\n    pass\n")
    other = Store(editing.file)
    other.clear()
    indexer.update(editing.root, other)
    assert editing.names("cost_of") == [(PRICES, "cost_of")]
    assert editing.names("new") == [("new.py", "new")]
    assert len(editing.names("Cart")) == 1
    before = repositories.contents(other)
    editing.overlay.clear()
    assert repositories.contents(editing.store) == repositories.contents(other) == before
    assert_clean(editing.store)
    other.close()


def test_questions_see_one_state(editing: Editing) -> None:
    editing.overlay.put("new.py", "def new():\n    pass\n")
    other = Store(editing.file)
    with editing.overlay.steady():
        before = repositories.contents(editing.store)
        with other.transaction() as db:
            db.execute("DELETE FROM main.files")
        assert repositories.contents(editing.store) == before
    assert editing.names("Cart") == []
    assert editing.names("new") == [("new.py", "new")]
    other.close()


def test_a_full_disk_leaves_the_last_state(editing: Editing) -> None:
    editing.overlay.put(PRICES, EDITED)
    pages = editing.store.db.execute("PRAGMA page_count").fetchone()[0]
    editing.store.db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(IndexUnavailable, match="disk is full"):
        editing.overlay.put(PRICES, "".join(f"def unheard_of_{i}():\n    return {i}\n\n\n" for i in range(3000)))
    assert editing.names("cost_of") == [(PRICES, "cost_of")]
    assert editing.overlay.read(PRICES) == EDITED.encode()


def test_a_first_index_is_not_waited_for(editing: Editing) -> None:
    editing.overlay.put("new.py", "def new():\n    pass\n")
    other = Store(editing.file)
    with other.first_fill():
        editing.overlay.put(PRICES, EDITED)
        assert editing.overlay.read(PRICES) is None
        editing.overlay.put("new.py", None)
    assert editing.names("new") == []
    editing.overlay.resync()
    assert editing.names("cost_of") == [(PRICES, "cost_of")]
    other.close()


def test_no_query_goes_through_all_files(editing: Editing) -> None:
    editing.overlay.put(PRICES, EDITED)
    db, asked, plans = editing.store.db, list[str](), dict[str, list[str]]()
    db.set_trace_callback(asked.append)
    with editing.overlay.steady():
        for symbol in editing.ask.symbols("cost_of") + editing.ask.symbols("Shop.cost_of") + editing.ask.symbols("ad"):
            editing.ask.references_to(symbol)
        editing.ask.definition_of("rate", "shop/cart.py")
        editing.ask.signatures_near("shop/cart.py", 1, "from shop.prices import cost_of\n\n\ncost_of(1)\n")
        Ranker(editing.ask).rank("What does cost_of cost", ["shop/cart.py"], Selection("shop/cart.py", 9, 22), 500)
    db.set_trace_callback(None)
    for query in asked:
        if " files " in query and "count(*)" not in query:
            plans[query] = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len(plans) > 5
    scans = ("MATERIALIZE f", "CO-ROUTINE f", "SCAN main.files", "SCAN temp.unsaved")
    assert {query: plan for query, plan in plans.items() if any(step.startswith(scans) for step in plan)} == {}


def test_a_text_that_cannot_be_erased_is_not_found(editing: Editing, monkeypatch: pytest.MonkeyPatch) -> None:
    editing.overlay.put(PRICES, EDITED)

    @contextlib.contextmanager
    def locked() -> Iterator[None]:
        raise IndexUnavailable("the index can't be used: database is locked")
        yield

    with monkeypatch.context() as patched, pytest.raises(IndexUnavailable):
        patched.setattr(editing.store, "transaction", locked)
        editing.overlay.put(PRICES, None)
    assert editing.names("cost_of") == []
    assert editing.names("price_of") == [(PRICES, "price_of")]


PATHS = ("a.py", "b.py", "sub/c.py")
TEXTS = (
    "",
    "def f0():\n    return f1()  # word\n",
    "def f0():\n    return f1()  # other\n",
    "import a\nfrom b import f1\n\n\nclass Owner:\n    def f2(self):\n        return f0(a.f1)\n",
    "class Owner:\r\n    Ö = 'word'\r\n    def f1(self): return '😀', f2\r\n",
    "def f1(:\n  def f2( word\n",
    "\0",
    "def f2(): pass\n" * 8,
)
STEPS = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(PATHS), st.sampled_from(TEXTS)),
    st.tuples(st.just("write"), st.sampled_from(PATHS), st.sampled_from(TEXTS)),
    st.tuples(st.sampled_from(["save", "close", "remove", "walk"]), st.sampled_from(PATHS), st.just("")),
)


def take(editing: Editing, buffers: dict[str, str], step: tuple[str, str, str]) -> None:
    what, path, text = step
    match what:
        case "type":
            buffers[path] = text
            editing.overlay.put(path, text)
        case "close":
            buffers.pop(path, None)
            editing.overlay.put(path, None)
        case "walk":
            indexer.update(editing.root, editing.store)
            editing.overlay.resync()
        case "remove":
            (editing.root / path).unlink(missing_ok=True)
            editing.look_at(path)
        case "save" | "write" if what == "write" or path in buffers:
            repositories.write(editing.root, {path: text if what == "write" else buffers[path]})
            editing.look_at(path)


@given(st.lists(STEPS, min_size=1, max_size=14))
def test_as_if_every_text_were_saved(steps: list[tuple[str, str, str]]) -> None:
    # In memory where there is such a place: most of the time went into waiting for the disk.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="overlay-", dir=memory if memory.is_dir() else None))
    try:
        (folder / "root" / "sub").mkdir(parents=True)
        editing, buffers = Editing(folder), dict[str, str]()
        for step in steps:
            take(editing, buffers, step)
        shutil.copytree(editing.root, folder / "saved")
        repositories.write(folder / "saved", buffers)
        for root in (folder / "saved", editing.root):
            fresh = repositories.indexed(root, folder / f"{root.name}.sqlite")
            wanted = answers(fresh, Retrieval(root, fresh))
            fresh.close()
            with editing.overlay.steady():
                assert answers(editing.store, editing.ask) == wanted
            editing.overlay.clear()
        assert_clean(editing.store)
        editing.close()
    finally:
        shutil.rmtree(folder)
