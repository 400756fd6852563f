"""What is sent for an instruction beside the place that is changed."""

import functools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import tokens
from farthing.context.assemble import assemble
from farthing.context.model import Diagnostic, Item, Pin, Wanted
from farthing.context.turns import Memory
from farthing.index.rank import Selection
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from tests.support import repositories
from tests.unit.context.conftest import Make, Shop

TOTAL = Selection("shop/cart.py", 19, 20)


def _rows(items: tuple[Item, ...]) -> list[tuple[str, str]]:
    return [(item.kind, item.symbol or f"{item.path}:{item.start_line}") for item in items]


def test_an_edit_gets_what_it_calls_and_who_calls_it(shop: Shop) -> None:
    context = shop.ask(Wanted("round it", 600, True, "shop/cart.py", TOTAL))
    assert _rows(context.items) == [
        ("body", "Cart.total"),
        ("body", "shop/cart.py:3"),
        ("signature", "price_of"),
        ("signature", "test_total_is_zero_for_an_empty_cart"),
        ("body", "test_total_is_zero_for_an_empty_cart"),
    ]
    assert context.items[2].text == 'def price_of(item, currency="EUR")\n'
    assert context.items[4].text == "    assert Cart().total() == 0\n"


def test_alone_nothing_stands_beside_but_what_is_named(shop: Shop) -> None:
    wanted = Wanted("round it", 600, True, "shop/cart.py", TOTAL, alone=True)
    assert _rows(shop.ask(wanted).items) == [("body", "Cart.total")]
    named = Wanted("round it as `price_of` does", 600, True, "shop/cart.py", TOTAL, alone=True)
    assert ("body", "price_of") in _rows(shop.ask(named).items)


def test_without_an_index_the_file_itself_is_known(shop: Shop) -> None:
    shop.retrieval = None
    context = shop.ask(Wanted("round", 600, True, "shop/prices.py", Selection("shop/prices.py", 8, 8)))
    assert _rows(context.items) == [("body", "price_of"), ("signature", "rate"), ("signature", "RATES")]
    assert context.items[2].reason == "a name of the same file"


def test_what_is_pinned_comes_after_the_target_and_what_is_dropped_never(shop: Shop) -> None:
    wanted = Wanted(
        "round it", 600, True, "shop/cart.py", TOTAL,
        pins=(Pin("shop/prices.py", 6, 8), Pin("nowhere.py"), Pin("shop/cart.py", 14, 20)),
        drops=frozenset({"body:shop/cart.py:3", "signature:tests/test_cart.py:test_total_is_zero_for_an_empty_cart"}),
    )  # fmt: skip
    context = shop.ask(wanted)
    assert _rows(context.items)[:3] == [("body", "Cart.total"), ("body", "price_of"), ("body", "Cart")]
    assert (context.items[2].start_line, context.items[2].end_line) == (14, 17)
    assert [item.pinned for item in context.items[:3]] == [False, True, True]
    assert not wanted.drops & {item.key for item in context.items}


def test_a_dropped_target_is_not_sent_at_all(shop: Shop) -> None:
    drops = frozenset({"body:shop/cart.py:Cart.total"})
    context = shop.ask(Wanted("round it", 600, True, "shop/cart.py", TOTAL, drops=drops))
    assert context.target is None
    assert "dropped" in context.note
    assert "Cart.total" not in [item.symbol for item in context.items]


def test_diagnostics_at_the_place_are_sent_and_others_not(shop: Shop) -> None:
    there = Diagnostic("shop/cart.py", 20, "no such\n  name", "ruff")
    other = Diagnostic("shop/cart.py", 3, "unused")
    context = shop.ask(Wanted("fix", 600, True, "shop/cart.py", TOTAL, (there, other)))
    found = [item for item in context.items if item.kind == "diagnostic"]
    assert [item.text for item in found] == ["shop/cart.py:20: no such name (ruff)\n"]


def test_a_question_is_answered_from_bodies(shop: Shop) -> None:
    context = shop.ask(Wanted("how is the price of an item computed?", 4000, False))
    assert context.target is None
    assert context.note == ""
    assert context.items[0].symbol == "price_of"
    assert context.items[0].kind == "body"


def test_a_question_about_a_selection_has_it_first(shop: Shop) -> None:
    context = shop.ask(Wanted("explain", 4000, False, "shop/cart.py", TOTAL))
    assert (context.items[0].symbol, context.items[0].reason) == ("Cart.total", "selected")
    assert context.target is None


def test_files_that_hold_secrets_are_not_sent_unless_pinned(make: Make) -> None:
    shop = make({"a.py": "def load_password():\n    return 1\n", "secrets.yaml": "password: hunter2\n"})
    wanted = Wanted("where is the password?", 4000, False)
    assert {item.path for item in shop.ask(wanted).items} == {"a.py"}
    pinned = Wanted("where is the password?", 4000, False, pins=(Pin("secrets.yaml"),))
    assert shop.ask(pinned).items[0].path == "secrets.yaml"


def test_what_read_does_not_give_is_not_sent(shop: Shop) -> None:
    wanted = Wanted("how is the price of an item computed?", 4000, False)
    context = assemble(wanted, shop.retrieval, lambda path: None if "prices" in path else shop.read(path))
    assert context.items
    assert "shop/prices.py" not in {item.path for item in context.items}


def test_bodies_are_those_of_the_editor(shop: Shop) -> None:
    text = repositories.SHOP["shop/prices.py"].replace("Price of an item", "What an item costs")
    shop.unsaved["shop/prices.py"] = "\n\n" + text
    context = shop.ask(Wanted("how is the price of an item computed?", 4000, False))
    found = next(item for item in context.items if item.symbol == "price_of")
    assert "What an item costs" in found.text
    assert found.start_line == 8


def test_a_small_budget_is_not_filled_with_what_may_help(shop: Shop) -> None:
    small = shop.ask(Wanted("round it", 600, True, "shop/cart.py", TOTAL))
    large = shop.ask(Wanted("round it, as the price of an item is too exact", 8000, True, "shop/cart.py", TOTAL))
    assert {item.symbol for item in small.items} < {item.symbol for item in large.items}


def test_a_name_that_is_not_imported_means_nothing_of_another_file(make: Make) -> None:
    shop = make(
        {
            "a.py": "from c import known\n\n\ndef f(x):\n    known()\n    x.method_of()\n    return Response(x)\n",
            "b.py": "class Response:\n    def method_of(self):\n        pass\n",
            "c.py": "def known():\n    pass\n",
        }
    )
    context = shop.ask(Wanted("go on", 600, True, "a.py", Selection("a.py", 5, 5)))
    assert [item.symbol for item in context.items if item.kind == "signature"] == ["known", "Response.method_of"]


def test_a_body_takes_the_place_of_its_signature(shop: Shop) -> None:
    context = shop.ask(Wanted("round it as `price_of` does", 600, True, "shop/cart.py", TOTAL))
    assert [item.kind for item in context.items if item.symbol == "price_of"] == ["body"]


def test_what_was_sent_costs_nothing(shop: Shop) -> None:
    wanted = Wanted("round it", 600, True, "shop/cart.py", TOTAL)
    first = shop.ask(wanted)
    again = shop.ask(wanted, Memory().after(first))
    assert [item.text for item in again.items] == [item.text for item in first.items]
    assert again.tokens == 0


@functools.cache
def _built() -> tuple[Path, Path]:
    folder = Path(tempfile.mkdtemp(prefix="context-"))
    long = "def report(lines):\n" + "".join(f"    step_{i} = lines[{i}] + {i}\n" for i in range(200))
    root = repositories.write(folder / "root", repositories.SHOP | {"shop/report.py": long})
    repositories.indexed(root, folder / "index.sqlite").close()
    return root, folder / "index.sqlite"


PATHS = sorted([*repositories.SHOP, "shop/report.py", "nowhere.py"])
_lines = st.tuples(st.integers(-1, 250), st.integers(0, 60))
_words = st.sampled_from(
    ["price_of", "Cart.total", "`rate`", "write a test for", "add a new function", "undo", "*", '"']
)


@given(
    instruction=st.lists(_words, max_size=5).map(" ".join),
    budget=st.integers(-5, 3000),
    edits=st.booleans(),
    path=st.sampled_from(PATHS),
    lines=st.none() | _lines,
    pins=st.lists(st.builds(Pin, st.sampled_from(PATHS), st.integers(0, 30), st.integers(0, 60)), max_size=3),
    drops=st.sets(st.sampled_from(["body:shop/cart.py:Cart.total", "signature:shop/prices.py:price_of"])),
    indexed=st.booleans(),
    unsaved=st.none() | st.sampled_from(["", "\r\n", "def broken(:\n", "x = 1\r" * 5, "a" * 9000]),
)
def test_the_budget_is_hard_and_lines_are_real(
    instruction: str, budget: int, edits: bool, path: str, lines: tuple[int, int] | None, pins: list[Pin],
    drops: set[str], indexed: bool, unsaved: str | None,
) -> None:  # fmt: skip
    root, file = _built()
    selection = Selection(path, lines[0], lines[0] + lines[1]) if lines else None

    def read(name: str) -> str | None:
        if name == path and unsaved is not None:
            return unsaved
        return (root / name).read_text(encoding="utf-8") if (root / name).is_file() else None

    wanted = Wanted(
        instruction, budget, edits, path, selection, (Diagnostic(path, 3, "bad"),), tuple(pins), frozenset(drops)
    )
    store = Store(file)
    try:
        context = assemble(wanted, Retrieval(root, store) if indexed else None, read)
    finally:
        store.close()
    assert sum(item.tokens for item in context.items) == context.tokens <= max(0, budget)
    assert not drops & {item.key for item in context.items}
    shown: set[tuple[str, int]] = set()
    for item in context.items:
        assert item.tokens == tokens.count(item.text) > 0
        assert item.reason
        if item.kind == "body":
            text = (read(item.path) or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
            assert item.text.splitlines() == text[item.start_line - 1 : item.end_line]
            numbers = {(item.path, line) for line in range(item.start_line, item.end_line + 1)}
            assert not numbers & shown
            shown |= numbers
    if context.target:
        assert edits
        first = context.items[0]
        assert (first.path, first.start_line, first.end_line) == (
            context.target.path, context.target.first, context.target.last,
        )  # fmt: skip
        assert first.text == context.target.text


def test_what_is_not_in_the_workspace_is_never_read_around_the_caller(shop: Shop) -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return None

    context = assemble(Wanted("x", 600, True, pins=(Pin("../secret.txt"),)), shop.retrieval, read)
    assert "../secret.txt" in asked
    assert context.items == ()


@pytest.mark.parametrize("budget", [0, -1])
def test_no_budget_no_context(shop: Shop, budget: int) -> None:
    context = shop.ask(Wanted("round it", budget, True, "shop/cart.py", TOTAL))
    assert (context.items, context.target) == ((), None)
    assert "budget" in context.note
