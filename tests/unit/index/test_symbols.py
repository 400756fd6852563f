"""Finding definitions by name, and what the index answers about them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    yield Retrieval(root, store)
    store.close()


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
