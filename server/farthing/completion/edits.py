"""What an edit leaves of a text that the user accepted."""

from dataclasses import dataclass, field

from farthing.text import Edit


@dataclass
class Kept:
    """An accepted text, followed through the edits of its document."""

    begin: int
    text: str
    since: float
    """When it was accepted, in seconds."""
    pieces: list[tuple[int, str]] = field(init=False)
    """Offset and text of what is left."""
    judged: bool = False
    """It has been looked at for the first time."""

    def __post_init__(self) -> None:
        self.pieces = [(self.begin, self.text)]

    @property
    def left(self) -> int:
        """Characters that are still there."""
        return sum(len(text) for _, text in self.pieces)

    def follow(self, edit: Edit) -> None:
        """The document was edited."""
        left: list[tuple[int, str]] = []
        for begin, text in self.pieces:
            used = max(left[-1][0] + len(left[-1][1]) - edit.begin, 0) if left else 0
            left += [piece for piece in _after(edit, begin, text, used) if piece[1]]
        self.pieces = left


def _after(edit: Edit, begin: int, text: str, used: int) -> list[tuple[int, str]]:
    """What an edit leaves of a text, and where; the first so many characters that it inserted are taken."""
    if edit.end <= begin:
        return [(begin + len(edit.inserted) - len(edit.removed), text)]
    if edit.begin >= begin + len(text):
        return [(begin, text)]
    before = text[: max(edit.begin - begin, 0)]
    after = text[edit.end - begin :]
    within = text[len(before) : len(text) - len(after)]
    again = [(edit.begin + at, line) for at, line in _again(within, edit.inserted, used)]
    return [(begin, before), *again, (edit.begin + len(edit.inserted), after)]


def _again(removed: str, inserted: str, start: int) -> list[tuple[int, str]]:
    """Lines of a removed text that the inserted one has too, in the same order: formatters replace whole regions."""
    found = []
    for line in removed.splitlines(keepends=True):
        for form in (line, line.strip()):
            at = inserted.find(form, start) if form else -1
            if at >= 0:
                found.append((at, form))
                start = at + len(form)
                break
    return found
