"""Choosing context: the budget, the reasons, and the order."""

import functools
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing import tokens
from farthing.index import candidates, coverage, symbols
from farthing.index.pack import Item, Text
from farthing.index.rank import Ranker, Selection
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from tests.support import repositories

LONG = "def report(lines):\n" + "".join(f"    step_{i} = lines[{i}] + {i}\n" for i in range(300)) + "    return lines\n"
LONG = LONG.replace("step_250 = ", "invoice_footer = ")


@functools.cache
def _built() -> tuple[Path, Path]:
    folder = Path(tempfile.mkdtemp(prefix="rank-"))
    root = repositories.write(folder / "root", repositories.SHOP | {"shop/report.py": LONG})
    repositories.indexed(root, folder / "index.sqlite").close()
    return root, folder / "index.sqlite"


@pytest.fixture
def ranker() -> Iterator[Ranker]:
    root, file = _built()
    store = Store(file)
    yield Ranker(Retrieval(root, store))
    store.close()


def _shown(items: list[Item]) -> list[str]:
    return [item.symbol for item in items]


@settings(deadline=None, max_examples=60)
@given(
    instruction=st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from(
                ["price_of", "Cart.total", "rate", "currency", "`report`", "shop/cart.py", "test", "*", '"']
            ),
            max_size=6,
        ).map(" ".join),
    ),
    budget=st.integers(-5, 3000),
    lines=st.one_of(st.none(), st.tuples(st.integers(1, 400), st.integers(0, 50))),
)
def test_the_budget_is_hard(instruction: str, budget: int, lines: tuple[int, int] | None) -> None:
    root, file = _built()
    store = Store(file)
    try:
        selection = Selection("shop/report.py", lines[0], lines[0] + lines[1]) if lines else None
        items = Ranker(Retrieval(root, store)).rank(instruction, ["shop/report.py"], selection, budget)
    finally:
        store.close()
    assert sum(item.tokens for item in items) <= max(0, budget)
    for item in items:
        assert item.tokens == tokens.count(item.text) > 0
        assert item.reason
        lines_of_file = (root / item.path).read_text(encoding="utf-8").splitlines(keepends=True)
        if item.kind == "body":
            assert "".join(lines_of_file[item.start_line - 1 : item.end_line]) == item.text
        assert 1 <= item.start_line <= item.end_line <= len(lines_of_file)


def test_no_line_is_shown_twice(ranker: Ranker) -> None:
    items = ranker.rank("Cart total price_of add currency rate", budget_tokens=3000)
    lines = [(item.path, n) for item in items if item.kind == "body" for n in range(item.start_line, item.end_line + 1)]
    assert len(lines) == len(set(lines))


def test_what_is_named_comes_first(ranker: Ranker) -> None:
    items = ranker.rank("`price_of` ignores the currency", budget_tokens=500)
    assert items[0].symbol == "price_of"
    assert items[0].reason == "names `price_of`"


def test_the_selection_comes_first_and_what_it_calls_is_said(ranker: Ranker) -> None:
    items = ranker.rank("make this faster", ["shop/cart.py"], Selection("shop/cart.py", 20, 20), 500)
    assert (items[0].symbol, items[0].reason) == ("Cart.total", "selected")
    reasons = {item.symbol: item.reason for item in items}
    assert reasons["price_of"] == "called by the selection"


def test_a_long_function_is_shown_by_the_lines_that_matter(ranker: Ranker) -> None:
    items = ranker.rank("wrong invoice_footer in the report", budget_tokens=400)
    window = next(item for item in items if item.symbol == "report")
    assert "invoice_footer" in window.text
    assert 0 < window.end_line - window.start_line < 299
    assert window.tokens <= 400


def test_a_class_is_shown_without_its_methods(ranker: Ranker) -> None:
    items = ranker.rank("Cart customer wants to buy", budget_tokens=2000)
    head = next(item for item in items if item.symbol == "Cart")
    assert "currency" in head.text
    assert "def add" not in head.text


def test_the_same_question_gives_the_same_answer(ranker: Ranker) -> None:
    root, file = _built()
    other = Store(file)
    again = Ranker(Retrieval(root, other)).rank("price of an item in the cart", budget_tokens=800)
    other.close()
    assert ranker.rank("price of an item in the cart", budget_tokens=800) == again


def test_an_unknown_file_in_focus_changes_nothing(ranker: Ranker) -> None:
    assert _shown(ranker.rank("exchange rate", ["gone.py"], budget_tokens=500)) == _shown(
        ranker.rank("exchange rate", budget_tokens=500)
    )


def test_an_open_file_comes_before_its_equals(tmp_path: Path) -> None:
    text = "def load(path):\n    return open(path)  # {}\n"
    root = repositories.write(tmp_path / "r", {"a.py": text.format("a"), "b.py": text.format("b")})
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    ranker = Ranker(Retrieval(root, store))
    for focus in ("a.py", "b.py"):
        assert ranker.rank("load the path", [focus], budget_tokens=200)[0].path == focus
    store.close()


def test_an_empty_repository_gives_nothing(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    root.mkdir()
    store = repositories.indexed(root, tmp_path / "index.sqlite")
    assert Ranker(Retrieval(root, store)).rank("anything at all") == []
    store.close()


def test_a_file_that_vanished_is_left_out(tmp_path: Path) -> None:
    root = repositories.write(tmp_path / "r", repositories.SHOP)
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    (root / "shop/prices.py").unlink()
    items = Ranker(Retrieval(root, store)).rank("price_of and Cart.total", budget_tokens=500)
    assert "Cart.total" in _shown(items)
    assert not any(item.path == "shop/prices.py" and item.kind == "body" for item in items)
    store.close()


def test_unsaved_text_is_what_is_shown(tmp_path: Path) -> None:
    root = repositories.write(tmp_path / "r", repositories.SHOP)
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    edited = repositories.SHOP["shop/prices.py"].replace("RATES[currency]", "RATES.get(currency)").encode()
    ranker = Ranker(Retrieval(root, store), read=lambda path: edited if path == "shop/prices.py" else None)
    assert any("RATES.get" in item.text for item in ranker.rank("exchange rate of a currency", budget_tokens=500))
    store.close()


def test_what_a_selection_uses_is_found_where_it_is_imported(tmp_path: Path) -> None:
    files = {f"{folder}/rates.py": "def rate(currency):\n    return 1\n" for folder in ("a", "b", "c")}
    files["shop.py"] = "from b.rates import rate\n\n\ndef price(item):\n    return rate(item.currency)\n"
    root = repositories.write(tmp_path / "r", files)
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    meant = candidates.meant(store.db, ["rate", "price", "unknown"], "shop.py", ["b/rates.py"])
    store.close()
    assert [(each.path, each.name) for each in meant] == [("b/rates.py", "rate"), ("shop.py", "price")]


def test_a_class_ends_before_its_first_function(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    x = 1\n\n    def f(self): ...\n\n\nclass B:\n    y = 2\n\n\ndef g(): ...\n"}
    root = repositories.write(tmp_path / "r", files)
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    found = {each.id: each for each in symbols.select(store.db, "f.path = 'a.py'")}
    heads = {found[id].name: place for id, place in candidates.heads(store.db, list(found.values())).items()}
    store.close()
    assert heads["A"] == (3, files["a.py"].index("def f"))
    assert "B" not in heads


@given(
    st.lists(st.sampled_from(["ab", "a", "b", " ", "aab"]), max_size=30).map("".join),
    st.sampled_from(["ab", "aab", "b", "abab"]),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), max_size=8).map(sorted),
)
def test_a_word_is_in_a_span_only_as_a_whole(text: str, word: str, spans: list[list[int]]) -> None:
    data = text.encode()
    found = coverage.holding(data, word.encode(), [(first, last) for first, last in spans])
    if word in text:
        assert found == [word in text[first:last] for first, last in spans]
    else:
        assert found is None


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\x00", b"\n").replace(b"\x01", b"\r")))
def test_lines_are_as_the_parser_counts_them(data: bytes) -> None:
    expected = [line.decode("utf-8", "replace") for line in io.BytesIO(data).readlines()]
    text = Text(data)
    assert [text.lines(n, n) for n in range(1, len(expected) + 1)] == expected
    assert text.lines(2, len(expected) + 3) == "".join(expected[1:])


def test_a_file_is_read_once_for_a_question(tmp_path: Path) -> None:
    root = repositories.write(tmp_path / "r", repositories.SHOP)
    store = repositories.indexed(root, tmp_path / "i.sqlite")
    retrieval = Retrieval(root, store)
    read: list[str] = []

    def counted(path: str) -> bytes | None:
        read.append(path)
        return retrieval.read(path)

    ranker = Ranker(retrieval, read=counted)
    assert ranker.rank("price_of an item", ["shop/cart.py"], Selection("shop/cart.py", 20, 20), 900)
    assert len(read) == len(set(read)) > 0
    ranker.rank("price_of an item")
    assert len(read) > len(set(read))  # and again for the next one: it may have changed
    store.close()
