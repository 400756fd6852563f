"""Who has which sequence of a context and how many of its cells: documents give way to others.

Only the document in use has cells. Every other one's are kept beside the context and put back when it is used again,
which takes some milliseconds: llama.cpp looks at all cells for each token, whosever they are. Behind 2,800 cells of
others the 0.5B read 77 tokens a second instead of 175, and needed 51 ms for a token instead of 40.

Of several in use, as one interrupts the other, first those that nobody needs now give way, the one unused for longest
before the others. Then work that is paused: what runs is more urgent than all that is paused, so it never has to wait
for room. Of several the one begun first gives way: it was paused by the others, so it is the least urgent. Its cells
are put back when it goes on, and computed again only where they were just being moved.

That does not happen before there is need: 3,000 cells of the 1.5B take 30 to 230 ms to save, which a keystroke would
wait for, and 15 ms to put back. Beside them a token takes it 101 ms instead of 89, and 16 tokens 396 instead of 310.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from farthing.engine.kv_plan import Block
from farthing.errors import EngineError

DOCUMENTS = 8
"""Documents whose cells are kept at most."""

SEQUENCES = DOCUMENTS + 4
"""Sequences of a context: one for each document, others for cells that are set aside."""

NONE = -1
"""In place of a sequence."""


Saved = bytes | memoryview
"""The cells of a sequence, as bytes."""


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

    def save(self, sequence: int) -> Saved | None:
        """The cells of a sequence, to be loaded into any other one; None where that can't be done now."""
        ...

    def load(self, sequence: int, cells: Saved) -> bool:
        """Put saved cells into an empty sequence; False where there is no room for them."""
        ...


@dataclass(eq=False)
class Cells:
    """What the cache holds of one document."""

    sequence: int
    """NONE while its cells are parked, or it has given way to more urgent work."""
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
    aside: int = NONE
    """The sequence in which cells wait until what comes before them is computed."""
    moved: list[Block] = field(default_factory=list)
    """Those that wait there."""
    parked: Saved | None = None
    """Its cells, while another document is in use."""
    shared: int = 0
    """So many of the first are what other conversations begin with, too."""
    lost: bool = False
    """Whether the work under way has had to compute everything again."""

    @property
    def size(self) -> int:
        """What they take of the context: as much as the work under way may still fill."""
        return 0 if self.sequence == NONE else max(len(self.tokens), self.room if self.users else 0)


class Room:
    """The sequences and cells of one context.

    Args:
        memory: the context's memory.
        size: its cells.
    """

    def __init__(self, memory: Memory, size: int) -> None:
        self._memory = memory
        self.size = size
        """Cells of the context."""
        self._free = list(range(SEQUENCES if memory.can_shift else 1))
        self.documents: OrderedDict[str, Cells] = OrderedDict()
        """The last one is the last that would be forgotten."""

    @property
    def last(self) -> Cells | None:
        """The document that was used last."""
        return next(reversed(self.documents.values()), None)

    def add(self, document: str) -> Cells:
        """No cells yet, for a new document."""
        while len(self.documents) >= DOCUMENTS and (unused := self._unused(None)):
            self.drop(unused)
        self._free_a_sequence(None)
        cells = self.documents[document] = Cells(self._free.pop())
        return cells

    def park(self, cells: Cells) -> None:
        """Keep a document's cells beside the context."""
        cells.parked = self._memory.save(cells.sequence)
        self.release(cells.sequence)
        cells.sequence = NONE
        if cells.parked is None:
            self.drop(cells)

    def unpark(self, cells: Cells, room: int = 0) -> None:
        """Put a document's cells back; all of them, or none.

        Args:
            room: cells that it may come to need.
        """
        parked, cells.parked = cells.parked, None
        self._free_a_sequence(cells)
        cells.sequence = self._free.pop()
        self.make(cells, max(room, len(cells.tokens)))
        if parked is None or not self._memory.load(cells.sequence, parked):
            cells.tokens.clear()
            cells.prompt, cells.tail, cells.exact = 0, -1, 0
            cells.lost = True

    def make(self, cells: Cells, room: int) -> None:
        """See that a document can have so many cells.

        Raises:
            EngineError: the context is smaller.
        """
        if room > self.size:
            raise EngineError("the text is too long for the context", "Raise farthing.engine.contextTokens")
        while sum(each.size for each in self.documents.values() if each is not cells) > self.size - room:
            self._one_gives_way(cells)
        cells.room = room

    def come_back(self, cells: Cells) -> None:
        """Give a document that has given way a sequence and its room again, and what was kept of its cells."""
        if cells.parked is not None:
            self.unpark(cells, cells.room)
            return
        self._free_a_sequence(cells)
        cells.sequence = self._free.pop()
        self.make(cells, cells.room)

    def empty(self) -> None:
        """Put everything beside the context, as far as that can be done."""
        for cells in list(self.documents.values()):
            if cells.users:
                self._give_way(cells)
            elif cells.sequence != NONE:
                self.park(cells)

    def spare(self, wanted: int) -> int:
        """Cells for work that nobody waits for, ``wanted`` at most, and 0 where there is no free sequence either.
        Nothing gives way to that."""
        return max(0, min(wanted, self._left())) if self._free else 0

    def set_aside(self) -> int:
        """A sequence for cells that are moved; NONE where all are taken. To be released."""
        return self._free.pop() if self._free else NONE

    @contextmanager
    def borrow(self) -> Iterator[int]:
        """A sequence for a moment, where :meth:`spare` has said that one is free."""
        sequence = self._free.pop()
        try:
            yield sequence
        finally:
            self.release(sequence)

    def release(self, sequence: int) -> None:
        """Forget the cells of a sequence, which is free then."""
        if sequence != NONE:
            self._memory.remove(sequence, 0, -1)
            self._free.append(sequence)

    @property
    def can_set_aside(self) -> bool:
        """Whether a sequence is free."""
        return bool(self._free)

    def drop(self, cells: Cells) -> None:
        """Forget a document."""
        for document in [name for name, each in self.documents.items() if each is cells]:
            del self.documents[document]
        self._lose(cells)

    def _left(self) -> int:
        return self.size - sum(each.size for each in self.documents.values())

    def _free_a_sequence(self, cells: Cells | None) -> None:
        while not self._free or sum(each.sequence != NONE for each in self.documents.values()) >= DOCUMENTS:
            self._one_gives_way(cells)

    def _one_gives_way(self, cells: Cells | None) -> None:
        # Whose cells are beside the context already has nothing here to give.
        if unused := next((each for each in self.documents.values() if each is not cells and _fills(each)), None):
            self.park(unused)
        else:
            self._give_way(
                next(each for each in self.documents.values() if each is not cells and each.sequence != NONE)
            )

    def _unused(self, cells: Cells | None) -> Cells | None:
        """The document unused for longest, other than one."""
        return next((each for each in self.documents.values() if each is not cells and not each.users), None)

    def _give_way(self, cells: Cells) -> None:
        """Put the cells of paused work beside the context, or forget them where some of them are being moved."""
        if cells.sequence != NONE and cells.aside == NONE and cells.tokens:
            cells.parked = self._memory.save(cells.sequence)
        if cells.parked is None:
            self._lose(cells)
        else:
            self.release(cells.sequence)
            cells.sequence = NONE

    def _lose(self, cells: Cells) -> None:
        self.release(cells.sequence)
        self.release(cells.aside)
        cells.sequence = cells.aside = NONE
        cells.parked = None
        cells.moved.clear()
        cells.tokens.clear()
        cells.exact, cells.lost = 0, True


def _fills(cells: Cells) -> bool:
    """Whether cells are in the context that nobody needs now."""
    return cells.sequence != NONE and not cells.users
