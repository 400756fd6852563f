"""Fills a budget of tokens with the text of candidates, and never goes over it."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from farthing import tokens
from farthing.index.symbols import Symbol

LEAST = 12
"""Tokens: when fewer are left, nothing worth sending fits."""

SMALL_WINDOW = 8
"""Lines: a shorter window of a function shows nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of context."""

    path: str
    symbol: str
    kind: str
    """``body`` or ``signature``."""
    start_line: int
    end_line: int
    """The lines that are shown, counted from 1; the last one is included."""
    tokens: int
    """Of :attr:`text`, by o200k_base."""
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate that may be shown."""

    symbol: Symbol
    end_line: int
    """Last line of its own text: of a class, before its first method."""
    reason: Callable[[], str]
    """Asked for only when the candidate is taken."""
    body: bool = True


@functools.lru_cache(maxsize=4096)
def count(text: str) -> int:
    """Tokens of a text, remembered."""
    return tokens.count(text)


class Text:
    """The lines of a file, as the parser counts them: a form feed or a lone carriage return ends none.

    Args:
        data: of the file; what isn't UTF-8 is replaced in the lines.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1

    def lines(self, first: int, last: int) -> str:
        """Some lines with their ends, counted from 1, with the last one; without those that the file hasn't."""
        return self._data[self._end(first - 1) : self._end(last)].decode("utf-8", "replace")

    def _end(self, line: int) -> int:
        if line < 1:
            return 0
        return int(self._ends[line - 1]) if line <= len(self._ends) else len(self._data)


class Packer:
    """Takes choices, best first, as long as they fit.

    Args:
        budget: tokens of all items together.
        text: gives a file by its path, an empty one for a file that can't be read.
        words: stems that the instruction has; windows of long functions are laid around lines that hold them.
        share: of the budget; a body that takes more is cut to a window.
    """

    def __init__(self, budget: int, text: Callable[[str], Text], words: frozenset[str], share: float) -> None:
        self.left = budget
        self.items: list[Item] = []
        self._limit = int(share * budget)
        self._text = text
        self._words = words
        self._texts: set[str] = set()

    def offer(self, choice: Choice, whole: bool = False) -> bool:
        """Take a choice if it fits; a long one as a window, unless it is wanted whole or not at all.

        Returns:
            Whether it is shown now.
        """
        if self.left < LEAST or self._shown(choice):
            return False
        if not choice.body:
            return self._signature(choice)
        first, last = choice.symbol.start_line, choice.end_line
        text = self._text(choice.symbol.path).lines(first, last)
        if not text.strip() or text in self._texts:
            return False
        # A token is never shorter than a byte nor, in code, longer than some 12: most that don't fit aren't counted.
        size = count(text) if len(text) <= 12 * self.left + 100 else len(text) // 3
        inner = [] if size > self.left else self._inside(choice, first, last)
        if size <= min(self.left, self._limit if not whole else self.left):
            for each in inner:
                self.items.remove(each)
                self.left += each.tokens
            return self._take(choice, "body", first, last, size, text)
        return not whole and size > self._limit and self._window(choice, first, last)

    def _shown(self, choice: Choice) -> bool:
        symbol = choice.symbol
        return any(
            item.path == symbol.path and item.kind == "body"
            and item.start_line <= symbol.start_line and choice.end_line <= item.end_line
            for item in self.items
        )  # fmt: skip

    def _inside(self, choice: Choice, first: int, last: int) -> list[Item]:
        path = choice.symbol.path
        return [item for item in self.items if item.path == path and first <= item.start_line and item.end_line <= last]

    def _take(self, choice: Choice, kind: str, first: int, last: int, size: int, text: str) -> bool:
        self.items.append(
            Item(choice.symbol.path, choice.symbol.symbol, kind, first, last, size, choice.reason(), text)
        )
        self._texts.add(text)
        self.left -= size
        return True

    def _signature(self, choice: Choice) -> bool:
        symbol = choice.symbol
        text = symbol.signature + "\n"
        if not symbol.signature.strip() or text in self._texts or (size := count(text)) > self.left:
            return False
        return self._take(choice, "signature", symbol.start_line, self._signature_end(symbol), size, text)

    def _signature_end(self, symbol: Symbol) -> int:
        wanted = len(re.sub(r"\s", "", symbol.signature))
        text = self._text(symbol.path)
        for number in range(symbol.start_line, symbol.end_line + 1):
            wanted -= len(re.sub(r"\s", "", text.lines(number, number)))
            if wanted <= 0:
                return number
        return symbol.start_line

    def _window(self, choice: Choice, first: int, last: int) -> bool:
        """Show the lines around those that say most about the instruction."""
        text = self._text(choice.symbol.path)
        lines = [line for number in range(first, last + 1) if (line := text.lines(number, number))]
        room = min(self._limit, self.left)
        costs = [count(line) + 1 for line in lines]
        hits = [sum(word in line.lower() for word in self._words) for line in lines]
        begin, end = _densest(costs, hits, room)
        if end - begin < SMALL_WINDOW:
            return False
        shown = "".join(lines[begin:end])
        size = count(shown)
        if size > self.left:
            return False
        return self._take(choice, "body", first + begin, first + end - 1, size, shown)


def _densest(costs: Sequence[int], hits: Sequence[int], room: int) -> tuple[int, int]:
    """The run of lines within a cost that has most hits; of equals the first."""
    best, best_hits = (0, 0), -1
    begin = cost = found = 0
    for end in range(len(costs)):
        cost += costs[end]
        found += hits[end]
        while cost > room:
            cost -= costs[begin]
            found -= hits[begin]
            begin += 1
        if found > best_hits or (found == best_hits and end + 1 - begin > best[1] - best[0] and begin == best[0]):
            best, best_hits = (begin, end + 1), found
    return best
