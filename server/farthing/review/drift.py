"""What became of documents since a model was shown them: the edits that lead from that text to the one of now."""

from collections.abc import Sequence
from dataclasses import dataclass

from farthing.text import Edit


@dataclass(frozen=True)
class _Step:
    """Edits that came together."""

    size: int
    """Of the text before, in code points; with its hash it stands for the text."""
    hash: int
    edits: tuple[Edit, ...]


class Drift:
    """The edits of all documents while some answer is being written; nothing is kept otherwise."""

    def __init__(self) -> None:
        self._writers: set[str] = set()
        self._steps: dict[str, list[_Step]] = {}

    def begin(self, turn: str) -> None:
        """An answer is begun: from now on a model may be shown a document."""
        self._writers.add(turn)

    def end(self, turn: str) -> None:
        """The answer is over."""
        self._writers.discard(turn)
        if not self._writers:
            self._steps.clear()

    def edited(self, path: str, text: str, edits: Sequence[Edit]) -> None:
        """A document changed.

        Args:
            text: as it is now.
        """
        if self._writers and edits:
            before = text
            for edit in reversed(edits):
                before = before[: edit.begin] + edit.removed + before[edit.begin + len(edit.inserted) :]
            self._steps.setdefault(path, []).append(_Step(len(before), hash(before), tuple(edits)))

    def forget(self, path: str) -> None:
        """What is known of a document no longer leads to its text of now."""
        self._steps.pop(path, None)

    def since(self, path: str, base: str, now: str) -> list[Edit] | None:
        """The edits that made one text of another; None where that is not known."""
        if base == now:
            return []
        steps = self._steps.get(path, [])
        for at in range(len(steps) - 1, -1, -1):
            if (steps[at].size, steps[at].hash) == (len(base), hash(base)):
                return [edit for step in steps[at:] for edit in step.edits]
        return None
