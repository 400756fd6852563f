"""Which lines an edit will change."""

import pytest

from farthing.context.model import Pin, Target, Wanted
from farthing.index.rank import Selection
from tests.support import repositories
from tests.unit.context.conftest import Make, Shop

LONG = "def report(lines):\n" + "".join(f"    step_{i} = lines[{i}] + {i}\n" for i in range(300)) + "    return lines\n"
COMMENTED = """\
import os

# Says who it is.
# To people.
@cached
def greet(name):
    return "hi " + name


x = compute(
    1,
    2,
)
y = x
"""


def _target(shop: Shop, text: str, path: str = "", lines: tuple[int, int] | None = None, budget: int = 600) -> Target:
    context = shop.ask(Wanted(text, budget, True, path, Selection(path, *lines) if lines else None))
    assert context.target, context.note
    source = (shop.read(context.target.path) or "").splitlines(keepends=True)
    assert context.target.text == "".join(source[context.target.first - 1 : context.target.last])
    assert context.items[0].text == context.target.text
    assert context.items[0].reason.startswith("to be changed")
    return context.target


@pytest.mark.parametrize(
    ("text", "path", "lines", "symbol", "first", "last"),
    [
        ("round it", "shop/cart.py", (20, 20), "Cart.total", 18, 20),
        ("round it", "shop/cart.py", (19, 20), "Cart.total", 18, 20),
        ("rework both", "shop/cart.py", (14, 20), "Cart", 6, 20),
        ("use another", "shop/cart.py", (3, 3), "", 3, 3),
        ("add CHF", "shop/prices.py", (3, 3), "RATES", 3, 3),
        ("make it right", "README.md", (7, 7), "Shop > Prices", 5, 7),
        ("make `rate` safe", "shop/prices.py", None, "rate", 11, 13),
        ("Cart.add has to check the count", "shop/cart.py", None, "Cart.add", 14, 16),
        ("use `price_of` right", "README.md", None, "price_of", 6, 8),
        ("round the total", "", None, "Cart.total", 18, 20),
        ("the exchange rate of a currency may be missing", "", None, "rate", 11, 13),
    ],
)
def test_a_place(
    shop: Shop, text: str, path: str, lines: tuple[int, int] | None, symbol: str, first: int, last: int
) -> None:
    found = _target(shop, text, path, lines)
    assert (found.symbol, found.first, found.last) == (symbol, first, last)


def test_decorators_and_comments_above_belong_to_a_definition(make: Make) -> None:
    found = _target(make({"a.py": COMMENTED}), "shout", "a.py", (7, 7))
    assert (found.symbol, found.first, found.last) == ("greet", 3, 7)


def test_a_selection_at_module_level_grows_to_whole_statements(make: Make) -> None:
    shop = make({"a.js": "use(\n  1,\n  2,\n)\nlet y = f(\n  1,\n)\nlet z = 1\n"})
    found = _target(shop, "change", "a.js", (2, 6))
    assert (found.symbol, found.first, found.last) == ("", 1, 7)


def test_lines_of_a_long_function_are_changed_with_a_few_around_them(make: Make) -> None:
    found = _target(make({"a.py": LONG}), "change", "a.py", (100, 104))
    assert (found.symbol, found.first, found.last) == ("report", 97, 107)
    assert "long" in found.reason


def test_a_cursor_in_a_long_function(make: Make) -> None:
    found = _target(make({"a.py": LONG}), "change", "a.py", (100, 100))
    assert found.first < 100 < found.last
    assert found.last - found.first < 40


def test_an_empty_line_between_functions_asks_what_is_named(shop: Shop) -> None:
    assert _target(shop, "make `rate` safe", "shop/prices.py", (9, 9)).symbol == "rate"
    assert _target(shop, "let the price be rounded", "shop/prices.py", (9, 9)).symbol == "price_of"


def test_an_empty_line_takes_something_new(shop: Shop) -> None:
    found = _target(shop, "add a function that formats prices", "shop/prices.py", (9, 9))
    assert (found.text, found.first, found.last) == ("\n", 9, 9)


def test_something_new_stands_at_the_end_where_there_is_no_cursor(shop: Shop) -> None:
    assert _target(shop, "add a function that formats prices", "shop/prices.py").last == 13


def test_a_name_in_the_instruction_counts_more_than_a_cursor_elsewhere(shop: Shop) -> None:
    assert _target(shop, "fix `add`", "shop/cart.py", (20, 20)).symbol == "Cart.add"
    # The cursor is in what uses it, so that may be meant.
    assert _target(shop, "fix `rate` here", "shop/prices.py", (8, 8)).symbol == "price_of"


def test_a_test_is_written_where_the_tests_are(shop: Shop) -> None:
    context = shop.ask(Wanted("write a test for it", 600, True, "shop/cart.py", Selection("shop/cart.py", 15, 15)))
    assert context.target
    assert (context.target.path, context.target.last) == ("tests/test_cart.py", 5)
    assert ("Cart.add", "to be tested") in [(item.symbol, item.reason) for item in context.items]


def test_without_a_test_file_there_is_no_target(shop: Shop) -> None:
    context = shop.ask(Wanted("add tests for `rate`", 600, True, "shop/prices.py"))
    assert context.target is None
    assert "new file" in context.note
    assert [item.symbol for item in context.items] == ["rate"]


@pytest.mark.parametrize("budget", [14, 40, 100])
def test_a_target_that_does_not_fit_becomes_a_window(make: Make, budget: int) -> None:
    shop = make({"a.py": LONG})
    found = _target(shop, "change", "a.py", (100, 102), budget)
    assert found.first <= 100 <= found.last
    assert "cut to the budget" in found.reason


@pytest.mark.parametrize(
    ("path", "text", "note"),
    [
        ("a.py", "", "is empty"),
        ("b.py", None, "no text"),
        (".env", "KEY=1\n", "secrets"),
        ("c.py", "x = 1\0", "no text"),
    ],
)
def test_what_can_not_be_changed_is_said(make: Make, path: str, text: str | None, note: str) -> None:
    shop = make({"z.py": "z = 1\n"})
    shop.unsaved = {} if text is None else {path: text}
    context = shop.ask(Wanted("change `it`", 600, True, path, Selection(path, 1, 1)))
    assert context.target is None
    assert note in context.note
    assert context.items == ()


def test_a_secret_file_that_is_pinned_may_be_changed(make: Make) -> None:
    shop = make({".env": "KEY=1\n"})
    context = shop.ask(Wanted("change", 600, True, ".env", Selection(".env", 1, 1), pins=(Pin(".env"),)))
    assert context.target


def test_the_text_of_the_editor_counts_and_not_the_index(shop: Shop) -> None:
    shop.unsaved["shop/prices.py"] = "\n\n\n" + repositories.SHOP["shop/prices.py"].replace("def rate", "def factor")
    found = _target(shop, "make `factor` safe", "shop/prices.py")
    assert (found.symbol, found.first) == ("factor", 14)


def test_it_works_without_an_index(shop: Shop) -> None:
    shop.retrieval = None
    assert _target(shop, "sum up all prices", "shop/cart.py").symbol == "Cart.total"
    assert shop.ask(Wanted("sum up all prices", 600)).target is None


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_stay(shop: Shop, end: str) -> None:
    text = repositories.SHOP["shop/prices.py"].replace("\n", end)
    shop.unsaved["shop/prices.py"] = text
    context = shop.ask(Wanted("make `rate` safe", 600, True, "shop/prices.py"))
    assert context.target
    assert context.target.text == end.join(
        ["def rate(currency):", '    """Exchange rate of a currency."""', "    return RATES[currency]", ""]
    )
