"""Small repositories on disk, and their indexes, for tests."""

from collections.abc import Mapping
from pathlib import Path

from farthing.index import indexer
from farthing.index.store import Store

SHOP = {
    "shop/__init__.py": "",
    "shop/cart.py": '''"""The cart."""

from shop.prices import price_of


class Cart:
    """What a customer wants to buy."""

    currency = "EUR"

    def __init__(self):
        self.items = []

    def add(self, item, count=1):
        """Put an item into the cart."""
        self.items.append((item, count))

    def total(self):
        """Sum of all prices."""
        return sum(price_of(item) * count for item, count in self.items)
''',
    "shop/prices.py": '''"""Prices."""

RATES = {"EUR": 1.0, "USD": 1.1}


def price_of(item, currency="EUR"):
    """Price of an item in a currency."""
    return item.price * rate(currency)


def rate(currency):
    """Exchange rate of a currency."""
    return RATES[currency]
''',
    "tests/test_cart.py": """from shop.cart import Cart


def test_total_is_zero_for_an_empty_cart():
    assert Cart().total() == 0
""",
    "README.md": "# Shop\n\nSells things.\n\n## Prices\n\nIn euros.\n",
}


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def indexed(root: Path, store: Path) -> Store:
    """An open, up-to-date store of a folder."""
    opened = Store(store)
    indexer.update(root, opened)
    return opened


def contents(store: Store) -> list[tuple[object, ...]]:
    """Everything that can be found in a store, without ids and times: equal for equal indexes."""
    queries = (
        "SELECT f.path, f.size, c.hash, c.language, c.errors FROM files f JOIN contents c ON c.id = f.content",
        'SELECT f.path, d.kind, d.qualified, d.signature, d.doc, d.start, d."end", d.start_line, d.end_line, d.parent '
        "FROM files f JOIN definitions d ON d.content = f.content",
        "SELECT f.path, u.name, u.spots FROM files f JOIN uses u ON u.content = f.content",
        "SELECT f.path, i.module, i.names, i.line FROM files f JOIN imports i ON i.content = f.content",
        "SELECT path, reason FROM skipped",
    )
    return [(i, *row) for i, query in enumerate(queries) for row in sorted(store.db.execute(query).fetchall())]
