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

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from farthing.engine.kv_files import KEPT, SavedCells
from farthing.engine.kv_plan import Block, Prompt, common_start, plan
from farthing.engine.kv_room import NONE, Cells, Memory, Room

BATCH = 128
"""Tokens that are computed in one go at most; larger ones are no faster on a CPU, and cost memory."""

SMALL_BATCH = 64
"""The same for work that nobody waits for."""

LEAST_SHARED = 32
"""Tokens that another document's cells must have in common with a new one to be taken over."""

SHARED = "chat:"
"""Under this name an engine keeps for the next one what new conversations begin with."""

LEAST_REFRESHED = 16
"""The least of it that is worth a batch: fewer take nearly as long."""

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
        self._room = Room(memory, size)
        self.restore: Callable[[str, int], SavedCells | None] | None = None
        """Fills a new document's sequence with what an earlier engine kept of it."""

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
        cells.lost = False
        with self.using(cells):
            self._room.make(cells, len(prompt.tokens) + len(prompt.closing) + reserve)
            if not cells.tokens and prompt.marker < 0:
                self._begin_as_another(cells, prompt.tokens)
            if prompt.marker >= 0:
                self.cut(cells, cells.prompt)
            blocks = plan(cells.tokens, cells.tail, prompt)
            if not self._room.can_set_aside:
                del blocks[1:]
            kept = yield from self._assemble(cells, prompt, blocks, batch)
            yield from self.extend(cells, prompt.closing)
        return Prepared(cells, 0 if cells.lost else kept)

    def known(self, document: str) -> Sequence[int]:
        """The tokens of a document that need no computing, brought back if they are kept elsewhere."""
        return self._cells(document).tokens

    def keep(self, cells: Cells) -> None:
        """What followed a prompt is a part of it from now on."""
        cells.prompt = len(cells.tokens)

    @contextmanager
    def using(self, cells: Cells) -> Iterator[None]:
        """Keep a document's cells, and the room that was made for them, from all but more urgent work."""
        cells.users += 1
        try:
            yield
        finally:
            cells.users -= 1
            if not cells.users and cells.sequence == NONE and cells.parked is None:
                self._room.drop(cells)

    def extend(self, cells: Cells, tokens: Sequence[int], logits: int = 1, batch: int = BATCH) -> Work:
        """Compute tokens behind the last cell, and the logits of the last so many. Cells that were lost to more urgent
        work meanwhile are computed again before them."""
        known, wanted = len(cells.tokens), [*cells.tokens, *tokens]
        while len(cells.tokens) < len(wanted):
            yield
            if cells.sequence == NONE:
                self._room.come_back(cells)
            start = len(cells.tokens)
            end = min(start + batch, known if start < known else len(wanted))
            chunk = wanted[start:end]
            if self._memory.decode(cells.sequence, chunk, start, logits if end == len(wanted) else 0):
                cells.exact += len(chunk) if cells.exact == start else 0
                cells.tokens.extend(chunk)

    def cut(self, cells: Cells, length: int) -> None:
        """Forget all cells but so many of the first; all of them where the memory can't be cut."""
        length = min(length, len(cells.tokens))
        if length < len(cells.tokens) and not self._memory.remove(cells.sequence, length, -1):
            self._memory.remove(cells.sequence, 0, -1)
            length = 0
        del cells.tokens[length:]
        cells.prompt, cells.exact = min(cells.prompt, length), min(cells.exact, length)
        if cells.tail > length:
            cells.tail = -1

    def refresh(self) -> Work:
        """Compute the moved cells of the last document anew, some at a time, beside them, and put them in their place.
        What is given up half-way stays as far as it came. Ends where there is no room for it."""
        while self._refresh_some():
            yield

    def _refresh_some(self) -> bool:
        cells = self._room.last
        if cells is None or cells.users or cells.sequence == NONE or cells.exact >= cells.prompt:
            return False
        self.cut(cells, cells.prompt)
        start = cells.exact
        left = cells.prompt - start
        count = self._room.spare(min(SMALL_BATCH, left))
        if not count or count < min(LEAST_REFRESHED, left):
            return False
        with self._room.borrow() as aside:
            self._memory.copy(cells.sequence, aside, 0, start)
            if self._memory.decode(aside, cells.tokens[start : start + count], start, 0):
                self._memory.remove(cells.sequence, start, start + count)
                self._memory.copy(aside, cells.sequence, start, start + count)
                cells.exact += count
        return True

    def compute_aside(self, count: int) -> bool:
        """Compute so many tokens and forget them, to see how long it takes; False when that was stopped, or where there
        is no room that nobody needs."""
        if self._room.spare(count) < count:
            return False
        with self._room.borrow() as sequence:
            return self._memory.decode(sequence, [0] * count, 0, 1)

    def _assemble(
        self, cells: Cells, prompt: Prompt, blocks: Sequence[Block], batch: int
    ) -> Generator[None, None, int]:
        """Keep the first block, compute what the others don't have, put them into their places. Returns how many tokens
        were kept."""
        first, *moved = blocks
        old = list(cells.tokens)
        cells.aside, cells.moved = self._room.set_aside() if moved else NONE, moved
        for block in moved:
            self._memory.copy(cells.sequence, cells.aside, block.old, block.old + block.count)
        self.cut(cells, first.count)
        kept = len(cells.tokens) + sum(block.count for block in moved)
        # In this order none of them is ever moved over another one.
        for block in [*(b for b in reversed(moved) if b.new > b.old), *(b for b in moved if b.new < b.old)]:
            self._memory.shift(cells.aside, block.old, block.old + block.count, block.new - block.old)
        try:
            while moved:
                yield from self.extend(cells, prompt.tokens[len(cells.tokens) : moved[0].new], 0, batch)
                if moved:  # it may have given way to more urgent work
                    self._put_back(cells, moved.pop(0), old)
            yield from self.extend(cells, prompt.tokens[len(cells.tokens) :], 0, batch)
        finally:
            cells.tail = prompt.marker + 1
            for block in moved:
                # Given up half-way: what is set aside follows what is computed, as the next prompt will want it.
                cells.tail = at = len(cells.tokens)
                self._memory.shift(cells.aside, block.new, block.new + block.count, at - block.new)
                self._put_back(cells, replace(block, new=at), old)
            cells.prompt = len(cells.tokens)
            if not 0 < cells.tail <= cells.prompt:
                cells.tail = -1
            self._room.release(cells.aside)
            cells.aside = NONE
        return kept

    def _put_back(self, cells: Cells, block: Block, old: Sequence[int]) -> None:
        self._memory.copy(cells.aside, cells.sequence, block.new, block.new + block.count)
        cells.tokens.extend(old[block.old : block.old + block.count])

    def _cells(self, document: str) -> Cells:
        """A document's cells, now the last that would be forgotten; none yet for a new document."""
        documents = self._room.documents
        while document in documents and documents[document].users:
            document += "\n"  # another window is at work on it, and its cells are not to be changed meanwhile
        self._park_all_but(document)
        if document in documents:
            documents.move_to_end(document)
            if documents[document].sequence == NONE:
                self._room.unpark(documents[document])
            return documents[document]
        cells = self._room.add(document)
        if self.restore is not None and (saved := self.restore(document, cells.sequence)):
            cells.tokens, cells.prompt = list(saved.tokens), len(saved.tokens)
            cells.tail, cells.exact = saved.tail, saved.exact
        return cells

    def _begin_as_another(self, cells: Cells, tokens: Sequence[int]) -> None:
        """Take over what another document begins with, so that what they all begin with is read once."""
        if not self._memory.can_shift:
            return
        # Cells are never shared by two documents: one would see the other's move.
        others = [each for each in self._room.documents.values() if each.parked is not None]
        counts = [common_start(each.tokens[: each.exact], tokens) for each in others]
        count, other = max(zip(counts, others, strict=True), key=lambda pair: pair[0], default=(0, cells))
        if count < LEAST_SHARED:
            if self.restore is not None and (saved := self.restore(SHARED, cells.sequence)):
                cells.tokens, cells.exact = list(saved.tokens), saved.exact
        elif other.parked is not None:
            room = cells.room
            self._room.make(cells, max(room, len(other.tokens)))
            if self._memory.load(cells.sequence, other.parked):
                self._memory.remove(cells.sequence, count, -1)
                cells.tokens, cells.exact = other.tokens[:count], count
            self._room.make(cells, room)

    def exchange(self, make: Callable[[], int]) -> None:
        """Put everything beside the context while another one takes its place.

        Args:
            make: exchanges it, and returns how many cells there are now.
        """
        self._room.empty()
        self._room.size = make()

    def _park_all_but(self, document: str) -> None:
        for name, other in list(self._room.documents.items()):
            if name != document and not other.users and other.sequence != NONE:
                self.cut(other, other.prompt)
                self._room.park(other)

    def saved(self) -> Iterator[tuple[str, int, SavedCells]]:
        """What is worth keeping for the next engine: each document's prompt, and the sequence that holds it until the
        next one is asked for; last what was used last."""
        for document, cells in list(self._room.documents.items())[-KEPT:]:
            self._park_all_but(document)  # two of them may be more than the context holds
            if cells.sequence == NONE:
                self._room.unpark(cells)
            self.cut(cells, cells.prompt)
            if cells.prompt:
                yield document, cells.sequence, SavedCells(tuple(cells.tokens), cells.tail, cells.exact)
            if 0 < cells.shared <= cells.exact:
                self.cut(cells, cells.shared)
                yield SHARED, cells.sequence, SavedCells(tuple(cells.tokens), -1, len(cells.tokens))
