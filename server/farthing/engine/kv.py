"""The KV cache of one context: a sequence of cells for each document, moved and mended instead of computed again.

A prompt for filling in the middle is what is before the cursor, a marker, what is behind the cursor, and a last
marker. A keystroke changes the end of the first part alone, but every cell behind it is at the wrong place then, and
was computed for another text before it. The second does little harm, the first is mended by shifting positions: the
cells behind the marker are set aside, moved and put back, and only the new tokens and the marker are computed. In the
same way cells live on when the window before the cursor moves. What was moved is computed anew when there is time
(:meth:`KvCache.refresh`).

Work is done by generators that yield wherever more urgent work may come between: before every batch, and when the abort
flag stopped one, which is then computed again.
"""

from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from farthing.engine.kv_files import SavedCells
from farthing.engine.kv_plan import Block, Prompt, plan
from farthing.errors import EngineError

DOCUMENTS = 8
"""Documents whose cells are kept at most."""

SEQUENCES = DOCUMENTS + 4
"""Sequences of a context: one for each document, others for cells that are set aside."""

BATCH = 128
"""Tokens that are computed in one go at most; larger ones are no faster on a CPU, and cost memory."""

SMALL_BATCH = 64
"""The same for work that nobody waits for."""


class Memory(Protocol):
    """What is asked of llama.cpp. Positions are counted from 0 in each sequence; an end of -1 means all the rest."""

    can_shift: bool
    """Whether cells can change their position, and be shared by sequences."""

    def decode(self, sequence: int, tokens: Sequence[int], position: int, logits: int) -> bool:
        """Compute tokens behind the last cell of a sequence, and the logits of the last so many of them; False when
        the abort flag stopped it, with nothing changed."""
        ...

    def remove(self, sequence: int, start: int, end: int) -> bool:
        """Forget cells; False where this memory can't be cut there."""
        ...

    def copy(self, source: int, target: int, start: int, end: int) -> None:
        """Let another sequence share cells."""
        ...

    def shift(self, sequence: int, start: int, end: int, by: int) -> None:
        """Move cells along the positions."""
        ...


@dataclass(eq=False)
class Cells:
    """What the cache holds of one document."""

    sequence: int
    tokens: list[int] = field(default_factory=list)
    prompt: int = 0
    """So many of them are the prompt without its closing tokens; the rest is what followed it."""
    tail: int = -1
    """Where the cells of what is behind the cursor begin; -1 where nothing is."""
    exact: int = 0
    """So many of the first cells are as if computed in one go; one of those behind was moved."""
    users: int = 0
    """Work under way that needs them."""
    room: int = 0
    """So many cells that work may come to need."""
    shared: int = 0
    """So many of them are another document's as well."""
    version: int = 0
    """Counts the prompts, and that it was forgotten."""

    @property
    def size(self) -> int:
        """What they take of the context: as much as the work under way may still fill."""
        return max(len(self.tokens), self.room if self.users else 0) - self.shared


Work = Generator[None, None, None]


@dataclass(frozen=True)
class Prepared:
    """A prompt that is in the cache."""

    cells: Cells
    kept: int
    """Tokens of the prompt that were there already."""


_T = TypeVar("_T")


def finish(work: Generator[None, None, _T]) -> _T:
    """Do work in one go, where nothing can be more urgent."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: _T = end.value
            return result


class KvCache:
    """The cells of one context.

    Args:
        memory: the context's memory.
        size: its cells.
    """

    def __init__(self, memory: Memory, size: int) -> None:
        self._memory = memory
        self._size = size
        self._documents: OrderedDict[str, Cells] = OrderedDict()
        self._loose: list[Cells] = []
        """Copies that are being computed beside a document's cells."""
        self.restore: Callable[[str, int], SavedCells | None] | None = None
        """Fills a new document's sequence with what an earlier engine kept of it."""
        self._free = list(range(SEQUENCES if memory.can_shift else 1))

    def prepare(
        self, document: str, prompt: Prompt, reserve: int = 0, batch: int = BATCH
    ) -> Generator[None, None, Prepared]:
        """Bring a document's cells to exactly ``prompt``, closing tokens included; their last logits can be read then.

        Args:
            reserve: cells that are kept free for what will follow.

        Raises:
            EngineError: the prompt is longer than the context.
        """
        cells = self._cells(document)
        cells.version += 1
        with self.using(cells):
            if not self._make_room(cells, len(prompt.tokens) + len(prompt.closing) + reserve):
                raise EngineError("the text is too long for the context", "Raise farthing.engine.contextTokens")
            if prompt.marker >= 0:
                self.cut(cells, cells.prompt)
            blocks = plan(cells.tokens, cells.tail, prompt)
            if not self._free:
                del blocks[1:]
            kept = yield from self._assemble(cells, prompt, blocks, batch)
            yield from self.extend(cells, prompt.closing)
        return Prepared(cells, kept)

    @contextmanager
    def using(self, cells: Cells) -> Iterator[None]:
        """Keep a document's cells, and the room that was made for them, from all other work."""
        cells.users += 1
        try:
            yield
        finally:
            cells.users -= 1

    def extend(self, cells: Cells, tokens: Sequence[int], logits: int = 1, batch: int = BATCH) -> Work:
        """Compute tokens behind the last cell, and the logits of the last so many."""
        for start in range(0, len(tokens), batch):
            chunk = tokens[start : start + batch]
            wanted = logits if start + batch >= len(tokens) else 0
            yield
            while not self._memory.decode(cells.sequence, chunk, len(cells.tokens), wanted):
                yield
            if cells.exact == len(cells.tokens):
                cells.exact += len(chunk)
            cells.tokens.extend(chunk)

    def cut(self, cells: Cells, length: int) -> None:
        """Forget all cells but so many of the first; all of them where the memory can't be cut."""
        if length < len(cells.tokens) and not self._memory.remove(cells.sequence, length, -1):
            self._memory.remove(cells.sequence, 0, -1)
            length = 0
        del cells.tokens[length:]
        cells.prompt, cells.exact = min(cells.prompt, length), min(cells.exact, length)
        if cells.tail > length:
            cells.tail = -1

    def refresh(self) -> Work:
        """Compute the moved cells of the last document anew, beside them, and put them in their place when all are
        done. Ends early when the document gets another prompt meanwhile, and where there is no room for both."""
        cells = next(reversed(self._documents.values()), None)
        if cells is None or cells.users or cells.exact >= cells.prompt or not self._free:
            return
        if 2 * cells.prompt - cells.exact > self._size:
            return
        self.cut(cells, cells.prompt)
        version, first, wanted = cells.version, cells.exact, list(cells.tokens)
        fresh = Cells(self._free.pop(), wanted[:first], exact=first, users=1, shared=first)
        self._loose.append(fresh)
        try:
            with self.using(cells):
                if not self._make_room(fresh, len(wanted)):
                    return
            self._memory.copy(cells.sequence, fresh.sequence, 0, first)
            for _ in self.extend(fresh, wanted[first:], 0, SMALL_BATCH):
                yield
                if cells.version != version:
                    return
            self._memory.remove(cells.sequence, 0, -1)
            self._memory.copy(fresh.sequence, cells.sequence, 0, -1)
            cells.tokens[:], cells.exact = wanted, len(wanted)
        finally:
            self._loose.remove(fresh)
            self._release(fresh.sequence)

    def _assemble(
        self, cells: Cells, prompt: Prompt, blocks: Sequence[Block], batch: int
    ) -> Generator[None, None, int]:
        """Keep the first block, compute what the others don't have, put them into their places. Returns how many tokens
        were kept."""
        first, *moved = blocks
        old, aside = list(cells.tokens), self._free.pop() if moved else -1
        for block in moved:
            self._memory.copy(cells.sequence, aside, block.old, block.old + block.count)
        self.cut(cells, first.count)
        kept = len(cells.tokens) + sum(block.count for block in moved)
        # In this order none of them is ever moved over another one.
        for block in [*(b for b in reversed(moved) if b.new > b.old), *(b for b in moved if b.new < b.old)]:
            self._memory.shift(aside, block.old, block.old + block.count, block.new - block.old)
        try:
            while moved:
                yield from self.extend(cells, prompt.tokens[len(cells.tokens) : moved[0].new], 0, batch)
                self._put_back(cells, aside, moved.pop(0), old)
            yield from self.extend(cells, prompt.tokens[len(cells.tokens) :], 0, batch)
        finally:
            cells.tail = prompt.marker + 1
            for block in moved:
                # Given up half-way: what is set aside follows what is computed, as the next prompt will want it.
                cells.tail = at = len(cells.tokens)
                self._memory.shift(aside, block.new, block.new + block.count, at - block.new)
                self._put_back(cells, aside, replace(block, new=at), old)
            cells.prompt = len(cells.tokens)
            if not 0 < cells.tail <= cells.prompt:
                cells.tail = -1
            if aside >= 0:
                self._release(aside)
        return kept

    def _put_back(self, cells: Cells, aside: int, block: Block, old: Sequence[int]) -> None:
        self._memory.copy(aside, cells.sequence, block.new, block.new + block.count)
        cells.tokens.extend(old[block.old : block.old + block.count])

    def _cells(self, document: str) -> Cells:
        """A document's cells, now the last that would be forgotten; none yet for a new document."""
        while document in self._documents and self._documents[document].users:
            document += "\n"  # another window is at work on it, and its cells are not to be changed meanwhile
        cells = self._documents.pop(document, None)
        if cells is None:
            while len(self._documents) >= min(DOCUMENTS, len(self._free) + len(self._documents)):
                if not self._forget_oldest():
                    raise EngineError("the engine works on too many documents at once")
            cells = Cells(self._free.pop())
            if self.restore is not None and (saved := self.restore(document, cells.sequence)):
                cells.tokens, cells.prompt = list(saved.tokens), len(saved.tokens)
                cells.tail, cells.exact = saved.tail, saved.exact
        self._documents[document] = cells
        return cells

    def saved(self) -> list[tuple[str, int, SavedCells]]:
        """What is worth keeping for the next engine: each document's prompt and sequence, last what was used last."""
        found = []
        for document, cells in self._documents.items():
            self.cut(cells, cells.prompt)
            if cells.prompt:
                found.append((document, cells.sequence, SavedCells(tuple(cells.tokens), cells.tail, cells.exact)))
        return found

    def _make_room(self, cells: Cells, room: int) -> bool:
        """Forget other documents until this one can have so many cells; returns whether it can."""
        others = [each for each in (*self._documents.values(), *self._loose) if each is not cells]
        free = self._size - (room - cells.shared) - sum(each.size for each in others if each.users)
        if free < 0:
            return False
        while sum(each.size for each in self._documents.values() if not each.users and each is not cells) > free:
            self._forget_oldest()
        cells.room = room
        return True

    def _forget_oldest(self) -> bool:
        for document, cells in self._documents.items():
            if not cells.users:
                del self._documents[document]
                cells.version += 1
                self._release(cells.sequence)
                return True
        return False

    def _release(self, sequence: int) -> None:
        self._memory.remove(sequence, 0, -1)
        self._free.append(sequence)
