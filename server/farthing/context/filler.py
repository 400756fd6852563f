"""Takes items, best first, as long as they fit."""

from collections.abc import Callable, Iterable

from farthing.context.model import Item, Kind
from farthing.context.source import Source
from farthing.index.pack import count


class Filler:
    """A budget while it is filled; it is never exceeded.

    Args:
        budget: tokens of all items that are sent now.
        drops: keys of items that are not wanted.
        known: whether an item was sent in an earlier turn and stands there unchanged, so that it costs nothing.
    """

    def __init__(self, budget: int, drops: Iterable[str], known: Callable[[Item], bool]) -> None:
        self.left = max(0, budget)
        self.items: list[Item] = []
        self._drops = frozenset(drops)
        self._known = known

    def offer(self, item: Item, share: int | None = None) -> bool:
        """Take an item if it fits and says something new.

        Args:
            share: tokens that it may take; by default all that are left.

        Returns:
            Whether it was taken.
        """
        if not item.text or item.key in self._drops or self._shown(item):
            return False
        replaced = self._signatures_in(item) if item.kind == "body" else []
        left = self.left + sum(map(self._cost, replaced))
        if self._cost(item) > min(left, left if share is None else share):
            return False
        self.items = [*(each for each in self.items if each not in replaced), item]
        self.left = left - self._cost(item)
        return True

    def shows(self, path: str, line: int) -> bool:
        """Whether a line of a file is among what was taken."""
        return any(
            each.kind == "body" and each.path == path and each.start_line <= line <= each.end_line
            for each in self.items
        )

    def _cost(self, item: Item) -> int:
        return 0 if self._known(item) else item.tokens

    def _signatures_in(self, item: Item) -> list[Item]:
        """Signatures that a body makes needless."""
        return [
            each for each in self.items
            if each.kind == "signature" and each.path == item.path and not each.pinned
            and item.start_line <= each.start_line and each.end_line <= item.end_line
        ]  # fmt: skip

    def _shown(self, item: Item) -> bool:
        if item.kind == "body":
            # Lines are sent once: what holds a part of them already leaves the rest out as well.
            return any(
                each.kind == "body" and each.path == item.path
                and each.start_line <= item.end_line and item.start_line <= each.end_line
                for each in self.items
            )  # fmt: skip
        if item.kind == "signature" and self.shows(item.path, item.start_line):
            return True
        return any(each.key == item.key and each.text == item.text for each in self.items)


def body(source: Source, first: int, last: int, symbol: str, reason: str, pinned: bool = False) -> Item:
    """Some lines of a file as an item."""
    text = source.text(first, last)
    return Item(source.path, symbol, "body", first, last, count(text), reason, text, pinned)


def said(kind: Kind, path: str, symbol: str, lines: tuple[int, int], text: str, reason: str) -> Item:
    """Something about lines of a file as an item."""
    return Item(path, symbol, kind, lines[0], lines[1], count(text), reason, text)
