"""Lines of a repository that are like those around a cursor."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.index import similar
from farthing.index.retrieval import Retrieval
from farthing.index.similar import Excerpt, Spot, Visit
from tests.support import repositories

INVOICE = """\
from shop.prices import price_of, rate


def invoice_lines(orders, currency):
    lines = []
    for order in orders:
        amount = price_of(order.item, currency) * order.count
        lines.append(f"{order.item}: {amount}")
    return lines
"""
RECEIPT = """\
from shop.prices import price_of, rate


def receipt_lines(orders, currency):
    lines = []
    for order in orders:
        amount = \n    return lines
"""
LONG = "def unlike():\n    pass\n\n\n" * 30
FILES = repositories.SHOP | {
    "shop/invoice.py": INVOICE,
    "shop/receipt.py": RECEIPT,
    "shop/weather.py": "def forecast(wind, cloud):\n    humid = wind + cloud\n    return humid\n",
    "shop/notes.md": "# Invoice lines\n\nfor order in orders amount price_of currency\n",
}
LINE = RECEIPT[: RECEIPT.index("amount = ")].count("\n") + 1
SPOT = Spot("shop/receipt.py", RECEIPT, LINE, len("        amount = "), range(1, 9))


@pytest.fixture
def retrieval(tmp_path: Path) -> Iterator[Retrieval]:
    root = repositories.write(tmp_path / "root", FILES)
    opened = repositories.indexed(root, tmp_path / "i.sqlite")
    yield Retrieval(root, opened)
    opened.close()


def test_what_is_done_in_the_same_way_comes_first(retrieval: Retrieval) -> None:
    first, *others = retrieval.similar(SPOT)
    assert (first.path, first.start_line, first.end_line) == ("shop/invoice.py", 4, 9)
    assert "amount = price_of(order.item, currency)" in first.text
    assert all(each.likeness <= first.likeness <= 1 for each in others)
    assert not any(each.path.endswith((".md", "weather.py")) for each in others)


def test_nothing_of_what_the_model_sees_anyway(retrieval: Retrieval) -> None:
    visits = [Visit("shop/receipt.py", LINE, True)]
    assert all(each.path != "shop/receipt.py" for each in retrieval.similar(SPOT, visits))


def test_the_same_file_beyond_the_window(retrieval: Retrieval) -> None:
    text = INVOICE + LONG + RECEIPT
    line = (INVOICE + LONG).count("\n") + LINE
    spot = Spot("shop/receipt.py", text, line, SPOT.column, range(line - 8, line + 2))
    near = retrieval.similar(spot, [Visit("shop/receipt.py", 6, False)])
    assert any(each.path == "shop/receipt.py" and "amount = price_of" in each.text for each in near)


def test_where_something_was_changed_counts_more(retrieval: Retrieval) -> None:
    plain = {each.path: each.likeness for each in retrieval.similar(SPOT, limit=9)}
    visited = {each.path: each.likeness for each in retrieval.similar(SPOT, [Visit("shop/invoice.py", 7, False)], 9)}
    changed = {each.path: each.likeness for each in retrieval.similar(SPOT, [Visit("shop/invoice.py", 7, True)], 9)}
    assert plain["shop/invoice.py"] < visited["shop/invoice.py"] < changed["shop/invoice.py"]


def test_a_visited_file_that_is_gone_or_shorter_now(retrieval: Retrieval) -> None:
    visits = [Visit("shop/gone.py", 5, True), Visit("shop/weather.py", 5000, True)]
    assert retrieval.similar(SPOT, visits)[0].path == "shop/invoice.py"


def test_words_that_are_everywhere_or_nowhere_find_nothing(retrieval: Retrieval) -> None:
    assert retrieval.similar(Spot("shop/new.py", "unheard_of = zzyzx", 1, 18, range(1, 2))) == []
    assert retrieval.similar(Spot("shop/new.py", "", 1, 0, range(1, 2))) == []


@pytest.mark.parametrize(
    ("path", "other", "expected"),
    [
        ("shop/cart.py", "tests/test_cart.py", True),
        ("tests/test_cart.py", "shop/cart.py", True),
        ("cart.go", "cart_test.go", True),
        ("src/cart.ts", "src/cart.test.ts", True),
        ("Cart.java", "CartTest.java", True),
        ("shop/cart.py", "shop/cart.py", False),
        ("shop/cart.py", "shop/cart.ts", False),
        ("shop/cart.py", "tests/test_prices.py", False),
        ("Makefile", "shop/Makefile.test", False),
    ],
)
def test_a_module_and_its_tests_are_a_pair(path: str, other: str, expected: bool) -> None:
    assert similar.paired(path, other) is expected


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 30), st.integers(0, 9)), max_size=12), st.integers(0, 5)
)
def test_no_two_excerpts_share_a_line(spans: list[tuple[str, int, int]], limit: int) -> None:
    given_ = [Excerpt(path, start, start + more, f"{path}{start}", 0.5) for path, start, more in spans]
    found = list(similar.apart(given_, limit))
    lines = [(each.path, line) for each in found for line in range(each.start_line, each.end_line + 1)]
    assert len(lines) == len(set(lines))
    assert len(found) <= limit
    assert not given_ or not limit or found[0] == given_[0]
