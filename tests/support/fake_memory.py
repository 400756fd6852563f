"""llama.cpp's memory as a list of cells, with its rules: what breaks one of them fails the test."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from farthing.engine.kv import BATCH
from farthing.engine.kv_room import SEQUENCES, Saved
from farthing.errors import EngineError


@dataclass(eq=False)
class Cell:
    """One token that was computed."""

    token: int
    position: int
    value: int
    """What was computed: differs with the token, and with every value that was before it then."""
    sequences: set[int]


class FakeMemory:
    """See :class:`farthing.engine.kv.Memory`.

    Args:
        size: its cells.
        can_shift: as of models whose cells can be moved.
        can_cut: False for memories that can only forget a whole sequence.
    """

    def __init__(self, size: int = 10_000, can_shift: bool = True, can_cut: bool = True) -> None:
        self.size, self.can_shift, self._can_cut = size, can_shift, can_cut
        self.cells: list[Cell] = []
        self.computed: list[tuple[int, int]] = []
        """Position and token of everything that was computed, in order."""
        self.batches: list[int] = []
        """Tokens of each batch."""
        self.stops = 0
        """So many of the next batches are stopped by the abort flag."""
        self.outputs = 0
        self.last = -1
        """The sequence that was computed last."""

    def decode(self, sequence: int, tokens: Sequence[int], position: int, logits: int) -> bool:
        assert 0 <= sequence < SEQUENCES and 0 < len(tokens) <= BATCH and 0 <= logits <= len(tokens)
        before = self.sequence(sequence)
        assert position == len(before), "a batch must begin right behind the last cell of its sequence"
        if self.stops:
            self.stops -= 1
            return False
        if len(self.cells) + len(tokens) > self.size:
            raise EngineError("llama.cpp could not evaluate the prompt (status 1)")
        values = [cell.value for cell in before]
        for i, token in enumerate(tokens):
            values.append(hash((token, tuple(values))))
            self.cells.append(Cell(token, position + i, values[-1], {sequence}))
            self.computed.append((position + i, token))
        self.batches.append(len(tokens))
        self.last, self.outputs = sequence, logits
        return True

    def remove(self, sequence: int, start: int, end: int) -> bool:
        if not self._can_cut and (start, end) != (0, -1):
            return False
        for cell in self._of(sequence, start, end):
            cell.sequences.discard(sequence)
        self.cells = [cell for cell in self.cells if cell.sequences]
        return True

    def copy(self, source: int, target: int, start: int, end: int) -> None:
        assert self.can_shift, "a memory that can't shift can't share cells"
        taken = {cell.position for cell in self._of(target, 0, -1)}
        for cell in self._of(source, start, end):
            assert cell.position not in taken, "two cells of a sequence at one place"
            cell.sequences.add(target)

    def shift(self, sequence: int, start: int, end: int, by: int) -> None:
        assert self.can_shift
        moved = self._of(sequence, start, end)
        for cell in moved:  # whoever shares them sees them move
            cell.position += by
            assert cell.position >= 0
        at = [cell.position for cell in self._of(sequence, 0, -1)]
        assert len(at) == len(set(at)), "two cells of a sequence at one place"

    def save(self, sequence: int) -> bytes | None:
        return json.dumps([(cell.token, cell.position, cell.value) for cell in self.sequence(sequence)]).encode()

    def load(self, sequence: int, cells: Saved) -> bool:
        assert not self.sequence(sequence)
        saved = json.loads(bytes(cells))
        if len(self.cells) + len(saved) > self.size:
            return False
        self.cells += [Cell(token, position, value, {sequence}) for token, position, value in saved]
        return True

    def exchange(self, size: int) -> int:
        assert not self.cells, "cells that nobody put beside the context are lost"
        self.size = size
        return size

    def _of(self, sequence: int, start: int, end: int) -> list[Cell]:
        return [
            cell
            for cell in self.cells
            if sequence in cell.sequences and cell.position >= start and (end < 0 or cell.position < end)
        ]

    def sequence(self, sequence: int) -> list[Cell]:
        """A sequence's cells in order; they must be at consecutive positions."""
        cells = sorted(self._of(sequence, 0, -1), key=lambda cell: cell.position)
        assert [cell.position for cell in cells] == list(range(len(cells))), "a hole in a sequence"
        return cells

    def tokens(self, sequence: int) -> list[int]:
        """A sequence's tokens in order."""
        return [cell.token for cell in self.sequence(sequence)]

    def exact(self, sequence: int) -> int:
        """So many of a sequence's first cells are as if they were computed in one go."""
        values: list[int] = []
        for cell in self.sequence(sequence):
            if cell.value != hash((cell.token, tuple(values))):
                break
            values.append(cell.value)
        return len(values)
