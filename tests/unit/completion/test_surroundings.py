"""What stands before a document in the prompt: of which files, how much, and in which order."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio

from farthing.completion.context import window
from farthing.completion.surroundings import NEAR, VISITS, Surroundings, render
from farthing.index import indexer
from farthing.index.folders import Folders
from farthing.index.similar import Excerpt
from farthing.index.store import Store, store_path
from farthing.index.symbols import Symbol
from farthing.settings import CompletionSettings
from tests.support import repositories

INVOICE = """\
from shop.prices import price_of


def invoice_lines(orders, currency):
    lines = []
    for order in orders:
        amount = price_of(order.item, currency) * order.count
        lines.append(f"{order.item}: {amount}")
    return lines
"""
RECEIPT = """\
from shop.prices import price_of


def receipt_lines(orders, currency):
    lines = []
    for order in orders:
        amount = \n    return lines
"""
OFFSET = RECEIPT.index("amount = ") + len("amount = ")
CONTEXT = window(RECEIPT, OFFSET, CompletionSettings())
FAR = "\n".join(f"value_{n} = {n}" for n in range(60)) + "\n\n\ndef unrelated(wind):\n    return wind.speed\n"


@pytest_asyncio.fixture
async def folders(tmp_path: Path) -> AsyncIterator[Folders]:
    files = repositories.SHOP | {"shop/invoice.py": INVOICE, "shop/receipt.py": RECEIPT, "shop/far.py": FAR}
    root = repositories.write(tmp_path / "root", files)
    store = Store(store_path(root))
    indexer.update(root, store)
    store.close()
    opened = Folders()
    opened.open(str(root), lambda done, total: None)
    yield opened
    await opened.aclose()


async def test_signatures_of_what_is_used_then_lines_that_are_alike(folders: Folders, tmp_path: Path) -> None:
    around = Surroundings(folders)
    text = await around.describe(str(tmp_path / "root/shop/receipt.py"), RECEIPT, OFFSET, CONTEXT, 2000)
    signature, alike = text.index("shop/prices.py\ndef price_of(item"), text.index("shop/invoice.py\ndef invoice_lines")
    assert signature < alike
    assert "amount = price_of(order.item, currency)" in text
    assert "receipt_lines" not in text
    assert text.endswith("\n\n")


async def test_never_more_than_the_room(folders: Folders, tmp_path: Path) -> None:
    around = Surroundings(folders)
    for room in (0, 40, 120, 400):
        text = await around.describe(str(tmp_path / "root/shop/receipt.py"), RECEIPT, OFFSET, CONTEXT, room)
        assert len(text) <= room
        assert text.count("\n\n") == 0 or text.endswith("\n\n")


async def test_a_file_of_no_folder_has_no_surroundings(folders: Folders, tmp_path: Path) -> None:
    around = Surroundings(folders)
    around.visited(str(tmp_path / "elsewhere.py"), 3, changed=True)
    assert await around.describe(str(tmp_path / "elsewhere.py"), RECEIPT, OFFSET, CONTEXT, 2000) == ""
    assert await Surroundings(Folders()).describe("", RECEIPT, OFFSET, CONTEXT, 2000) == ""


async def test_what_was_changed_elsewhere_comes_in(folders: Folders, tmp_path: Path) -> None:
    text = "from shop.far import value_59\n\n\nspeed = value_59\n"
    path = str(tmp_path / "root/shop/new.py")
    context = window(text, len(text) - 1, CompletionSettings())
    around = Surroundings(folders)
    around.visited(str(tmp_path / "elsewhere.py"), 3, changed=True)  # outside of the folder: never shown
    plain = await around.describe(path, text, len(text) - 1, context, 2000)
    around.visited(str(tmp_path / "root/shop/far.py"), 63, changed=True)
    changed = await around.describe(path, text, len(text) - 1, context, 2000)
    assert "value_52 = 52" not in plain
    assert "value_52 = 52" in changed


def test_places_that_are_near_are_one_and_only_the_last_are_kept() -> None:
    around = Surroundings(Folders())
    around.visited("/a.py", 10, changed=True)
    around.visited("/a.py", 10 + NEAR - 1)
    assert list(around._visits) == [("/a.py", 10 + NEAR - 1, True)]
    for line in range(VISITS + 5):
        around.visited("/b.py", line * NEAR)
    assert len(around._visits) == VISITS
    assert all(path == "/b.py" for path, _, _ in around._visits)


def _excerpt(path: str, text: str, likeness: float) -> Excerpt:
    return Excerpt(path, 1, text.count("\n") + 1, text, likeness)


def test_the_best_lines_stand_last_and_unlike_ones_nowhere() -> None:
    symbol = Symbol(1, "a.py", "f", "f", "function", "def f(x)", "", 0, 1, 1, 1)
    alike = [_excerpt("b.py", "best", 0.9), _excerpt("c.py", "second", 0.5), _excerpt("d.py", "unlike", 0.01)]
    assert render([symbol], alike, 1000) == "a.py\ndef f(x)\n\nc.py\nsecond\n\nb.py\nbest\n\n"
    assert render([symbol], alike, len("b.py\nbest\n\n")) == "b.py\nbest\n\n"
    assert render([], [], 1000) == ""


@pytest.mark.parametrize("room", [-1, 0, 3])
def test_no_room_no_text(room: int) -> None:
    assert render([], [_excerpt("b.py", "best", 0.9)], room) == ""


async def test_nothing_is_told_of_files_that_are_kept(folders: Folders, tmp_path: Path) -> None:
    def kept(root: Path, paths: Iterable[str]) -> frozenset[str]:
        assert root == tmp_path / "root"
        return frozenset(paths) & {"shop/invoice.py"}

    around = Surroundings(folders, kept)
    text = await around.describe(str(tmp_path / "root/shop/receipt.py"), RECEIPT, OFFSET, CONTEXT, 2000)
    assert "shop/prices.py\ndef price_of(item" in text
    assert "invoice" not in text
