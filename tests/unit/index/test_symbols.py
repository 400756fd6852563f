"""Finding definitions by name, and what the index answers about them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing.index import indexer, migrations, store, symbols
from farthing.index.retrieval import Retrieval
from tests.support import repositories

FILES = repositories.SHOP | {
    "shop/urls.py": "def getURLPath(request):\n    return 1\n\n\ndef parse_iso_date(text):\n    return text\n",
    "shop/orders.py": "from shop.cart import Cart\n\n\nclass Order:\n    def total(self):\n        return Cart()\n",
    "tests/test_dates.py": "def parse_iso_date(text):\n    return None\n",
}


@pytest.fixture
def retrieval(tmp_path: Path) -> Iterator[Retrieval]:
    root = repositories.write(tmp_path / "root", FILES)
    opened = repositories.indexed(root, tmp_path / "i.sqlite")
    yield Retrieval(root, opened)
    opened.close()


def _names(retrieval: Retrieval, query: str) -> list[str]:
    return [each.symbol for each in retrieval.symbols(query)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Cart", "Cart"),
        ("cart", "Cart"),
        ("price_of", "price_of"),
        ("price", "price_of"),
        ("url", "getURLPath"),
        ("path", "getURLPath"),
        ("iso_date", "parse_iso_date"),
        ("prise_of", "price_of"),
        ("Order.total", "Order.total"),
        ("Cart::total", "Cart.total"),
        ("Cart#add", "Cart.add"),
        ("ca.tot", "Cart.total"),
        ("URLPath", "getURLPath"),
        ("geturlpaht", "getURLPath"),
        ("parse_ios_date", "parse_iso_date"),
        ("prase_iso_date", "parse_iso_date"),
        ("parse_iso_daet", "parse_iso_date"),
    ],
)
def test_the_best_match_comes_first(retrieval: Retrieval, query: str, first: str) -> None:
    assert _names(retrieval, query)[0] == first


def test_an_owner_excludes_the_others(retrieval: Retrieval) -> None:
    assert _names(retrieval, "Order.total") == ["Order.total"]
    assert set(_names(retrieval, "total")) >= {"Order.total", "Cart.total"}


@pytest.mark.parametrize("query", ["", " ", "...", "%", "_", "zzzzqqqq", '"', "a' OR 1=1 --", "\0", "*"])
def test_queries_that_name_nothing_are_answered(retrieval: Retrieval, query: str) -> None:
    assert all(each.path in FILES for each in retrieval.symbols(query))


def test_the_limit_holds(retrieval: Retrieval) -> None:
    assert len(retrieval.symbols("t", limit=2)) == 2
    assert retrieval.symbols("t", limit=0) == []


def test_code_comes_before_tests(retrieval: Retrieval) -> None:
    assert [each.path for each in retrieval.symbols("parse_iso_date")] == ["shop/urls.py", "tests/test_dates.py"]


def test_a_definition_in_an_imported_file_is_meant(retrieval: Retrieval) -> None:
    assert retrieval.definition_of("price_of", "shop/cart.py")[0].path == "shop/prices.py"
    assert retrieval.definition_of("parse_iso_date", "tests/test_dates.py")[0].path == "tests/test_dates.py"
    assert retrieval.definition_of("Order.total", "shop/cart.py")[0].symbol == "Order.total"
    assert retrieval.definition_of("nothing_of_this_name", "shop/cart.py") == []


def test_references_tell_the_function_that_they_stand_in(retrieval: Retrieval) -> None:
    price_of = retrieval.symbols("price_of")[0]
    uses = retrieval.references_to(price_of)
    assert ("shop/cart.py", "Cart.total") in {(use.path, use.enclosing.symbol) for use in uses if use.enclosing}


def test_signatures_near_a_line_are_those_that_it_needs(retrieval: Retrieval) -> None:
    near = retrieval.signatures_near("shop/cart.py", 21, FILES["shop/cart.py"])
    assert "price_of" in [each.symbol for each in near]
    assert "Cart.add" not in [each.symbol for each in near]


def test_imports_are_files(retrieval: Retrieval) -> None:
    assert retrieval.imported_files("shop/cart.py") == ["shop/prices.py"]
    assert retrieval.imported_files("tests/test_cart.py") == ["shop/cart.py"]
    assert retrieval.imported_files("gone.py") == []


RANKED = {
    "code.py": """
def path(): pass
def Path(): pass
def path_of(): pass
def file_path(): pass
def filePath(): pass
def mypaths(): pass
class Paths: pass
"""
}


def test_whole_names_come_before_beginnings_words_and_other_letters(tmp_path: Path) -> None:
    root = repositories.write(tmp_path / "root", RANKED)
    opened = repositories.indexed(root, tmp_path / "i.sqlite")
    found = [each.name for each in Retrieval(root, opened).symbols("path")]
    opened.close()
    assert found == ["path", "Path", "Paths", "path_of", "filePath", "file_path", "mypaths"]


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Retrieval]:
    """Common names, and more names with the same letters than any list of them is long."""
    count = symbols.MAX_NAMES + 100
    files = {
        "names.py": "".join(f"def test_common_words_{i:04}(): pass\n" for i in range(count)),
        "typo.py": "def test_common_lettuce_words(): pass\n",
        "owners.py": "".join(f"class Owner{i:04}:\n    def get(self): pass\n\n" for i in range(count)),
        "zoo/late.py": "class Zebra:\n    def get(self): pass\n",
        "zoo/user.py": "from zoo.late import Zebra\n\nZebra().get()\n",
    }
    root = repositories.write(tmp_path / "root", files)
    opened = repositories.indexed(root, tmp_path / "i.sqlite")
    yield Retrieval(root, opened)
    opened.close()


def test_a_common_name_is_found_in_its_owner(crowded: Retrieval) -> None:
    assert _names(crowded, "Zebra.get") == ["Zebra.get"]


def test_a_common_name_is_found_where_it_is_imported_from(crowded: Retrieval) -> None:
    assert crowded.definition_of("get", "zoo/user.py")[0].symbol == "Zebra.get"


def test_a_mistyped_name_is_found_among_many_with_the_same_letters(crowded: Retrieval) -> None:
    assert _names(crowded, "test_common_lettuec_words")[0] == "test_common_lettuce_words"
    assert _names(crowded, "test_comomn_words_0499")[0] == "test_common_words_0499"


def test_a_long_name_is_found_by_its_end(crowded: Retrieval) -> None:
    assert _names(crowded, "common_lettuce_words") == ["test_common_lettuce_words"]


def test_imports_follow_files_that_come_and_go(tmp_path: Path) -> None:
    files = {"app/main.py": "import helper\nfrom lib.tool import run\n", "app/helper.py": "", "lib/tool.py": ""}
    root = repositories.write(tmp_path / "root", files)
    opened = repositories.indexed(root, tmp_path / "i.sqlite")
    retrieval = Retrieval(root, opened)
    assert retrieval.imported_files("app/main.py") == ["app/helper.py", "lib/tool.py"]
    (root / "lib/tool.py").unlink()
    repositories.write(root, {"lib/tool/__init__.py": "", "lib/tool/run.py": ""})
    indexer.update(root, opened)
    assert retrieval.imported_files("app/main.py") == ["app/helper.py", "lib/tool/run.py", "lib/tool/__init__.py"]
    opened.close()


def test_a_go_package_is_the_files_of_its_folder(tmp_path: Path) -> None:
    files = {
        "cmd/main.go": 'package main\n\nimport (\n\t"fmt"\n\t"example.com/shop/pkg/store"\n)\n',
        "pkg/store/store.go": "package store\n",
        "pkg/store/deep/other.go": "package deep\n",
        "pkg/store/notes.md": "# Notes\n",
    }
    root = repositories.write(tmp_path / "root", files)
    opened = repositories.indexed(root, tmp_path / "i.sqlite")
    assert Retrieval(root, opened).imported_files("cmd/main.go") == ["pkg/store/store.go"]
    opened.close()


def test_references_are_those_of_the_nearest_files(tmp_path: Path) -> None:
    files = {f"far/use_{i:02}.py": "from near.tool import run\n\nrun()\nrun()\n" for i in range(20)}
    files |= {"near/tool.py": "def run():\n    return run()\n", "near/use.py": "def caller():\n    run()\n"}
    root = repositories.write(tmp_path / "root", files)
    opened = repositories.indexed(root, tmp_path / "i.sqlite")
    retrieval = Retrieval(root, opened)
    uses = retrieval.references_to(retrieval.symbols("run")[0], limit=4)
    opened.close()
    assert [use.path for use in uses[:2]] == ["near/tool.py", "near/use.py"]
    assert [use.enclosing.symbol for use in uses[:2] if use.enclosing] == ["run", "caller"]
    assert len(uses) == 4


def test_questions_use_the_indexes(retrieval: Retrieval) -> None:
    asked: list[str] = []
    retrieval.db.set_trace_callback(asked.append)
    retrieval.signatures_near("shop/cart.py", 21, FILES["shop/cart.py"])
    retrieval.definition_of("price_of", "shop/cart.py")
    retrieval.references_to(retrieval.symbols("price_of")[0])
    retrieval.symbols("Cart.total")
    retrieval.db.set_trace_callback(None)
    plans = [
        (query, step[3])
        for query in asked
        if "files" in query and query.startswith("SELECT")
        for step in retrieval.db.execute("EXPLAIN QUERY PLAN " + query)
    ]
    scans = [(query, step) for query, step in plans if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
    assert plans and scans == []
    names = [(query, step) for query, step in plans if "SEARCH d" in step and "d.name =" in query]
    assert all("COVERING INDEX definitions_by_name" in step for _, step in names)


def test_a_store_of_before_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repositories.write(tmp_path / "root", FILES)
    with monkeypatch.context() as before:
        before.setattr(store, "MIGRATIONS", migrations.MIGRATIONS[:1])
        repositories.indexed(root, tmp_path / "i.sqlite").close()
    opened = store.Store(tmp_path / "i.sqlite")
    assert Retrieval(root, opened).imported_files("shop/cart.py") == ["shop/prices.py"]
    assert Retrieval(root, opened).symbols("Cart.total")[0].symbol == "Cart.total"
    opened.close()
