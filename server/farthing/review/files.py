"""The hunks of one document, in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from farthing.edit import splice
from farthing.edit.model import Edit as Splice
from farthing.review.hunks import Hunk, followed, proved, replacement
from farthing.review.places import Place, widened
from farthing.text import Edit


@dataclass(frozen=True)
class Step:
    """A replacement that the editor was asked for."""

    id: str
    """Of the hunk."""
    edit: Splice
    """In the text as it is before all steps."""


@dataclass(frozen=True)
class Asked:
    """What an editor was asked to do with a document, until it tells that it has."""

    text: str | None
    """That the document has afterwards; None where there is none then."""
    steps: tuple[Step, ...]
    """Ascending and apart."""


@dataclass
class ReviewedFile:
    """A document, or a file that is not open, and its hunks."""

    path: str
    """Absolute."""
    shown: str
    """Its path for people."""
    uri: str
    text: str | None
    """As it was told last; None where there is no such file."""
    version: int | None = None
    """None where it is not open."""
    hunks: list[Hunk] = field(default_factory=list)
    """In the order of the document."""
    asked: Asked | None = None
    unsaved: str | None = None
    """The text that an editor has of the file, which is not open as far as it told, and may not be on disk yet."""

    def changed(self, text: str | None, edits: Sequence[Edit] | None, version: int | None) -> Sequence[Edit]:
        """The document changed.

        Args:
            edits: what was told; None where only the text is known.

        Returns:
            The edits that it is taken for: what was asked of the editor, where it has done just that.
        """
        asked, self.asked, self.version = self.asked, None, version
        if asked and text is not None and self.text is not None and asked.text == text:
            told = [Edit(s.edit.start, self.text[s.edit.start : s.edit.end], s.edit.text) for s in asked.steps]
            self._take(asked.steps)
            self._prove(text)
            return told[::-1]  # the last one first, so that the offsets of the others hold
        if edits is None:
            edits = [] if text is None or self.text is None else [Edit(0, self.text, text)]
        before = self.text or ""
        for edit in map(widened, edits if self.hunks else ()):
            self.hunks = [followed(hunk, edit, before) for hunk in self.hunks]
            before = before[: edit.begin] + edit.inserted + before[edit.end :]
        self._prove(text)
        return edits

    def _take(self, steps: Sequence[Step]) -> None:
        """Follow what was asked for, which is known better than what an editor tells of it."""
        order = {hunk.id: at for at, hunk in enumerate(self.hunks)}
        for step in reversed(steps):
            edit = Edit(step.edit.start, "." * (step.edit.end - step.edit.start), step.edit.text)
            mine = order.get(step.id, -1)
            for at, hunk in enumerate(self.hunks):
                if hunk.id == step.id:
                    place = Place(step.edit.start, step.edit.start + len(step.edit.text))
                    self.hunks[at] = replace(hunk, place=place, side="after" if hunk.side == "before" else "before")
                else:
                    self.hunks[at] = followed(hunk, edit, ahead=mine < at)

    def _prove(self, text: str | None) -> None:
        self.text = text
        seen = [proved(hunk, text) for hunk in self.hunks]
        # What is reverted is gone with its lines.
        kept = [hunk for hunk in seen if not (hunk.leaving and hunk.side == "before" and hunk.place.sure)]
        self.hunks = sorted(kept, key=lambda hunk: hunk.place.start)

    def add(self, new: Iterable[Hunk]) -> None:
        """Put hunks in their order."""
        for hunk in new:
            at = len(self.hunks)
            while at and _behind(self.hunks[at - 1], hunk):
                at -= 1
            self.hunks.insert(at, hunk)

    def steps(self, wanted: Sequence[Hunk]) -> tuple[list[Step], list[Hunk]]:
        """The replacements of some sure hunks, and those of them that change what another one of them stands on."""
        assert self.text is not None
        steps: list[Step] = []
        taken: list[Hunk] = []
        crossed = []
        for hunk in wanted:
            if any(_cross(hunk, other) for other in taken):
                crossed.append(hunk)
                continue
            taken.append(hunk)
            edit = Splice(hunk.place.start, hunk.place.end, replacement(hunk, self.text))
            steps.append(Step(hunk.id, edit))
        return sorted(steps, key=lambda step: (step.edit.start, step.edit.end)), crossed

    def text_with(self, steps: Iterable[Step]) -> str:
        """The document with replacements."""
        return splice.spliced(self.text or "", (step.edit for step in steps))


def _behind(one: Hunk, other: Hunk) -> bool:
    if one.place.start != other.place.start:
        return one.place.start > other.place.start
    if one.turn == other.turn:
        return (one.piece.first, one.piece.last) > (other.piece.first, other.piece.last)
    return one.place.end > other.place.end


def _cross(one: Hunk, other: Hunk) -> bool:
    """Whether a change of one place would change lines that the other one has, or is found by."""
    empty = one.place.start == one.place.end == other.place.start == other.place.end
    both_add = empty and one.side == other.side == "before"
    return both_add or _within(one.place, other.place) or _within(other.place, one.place)


def _within(one: Place, other: Place) -> bool:
    """Whether what ``one`` replaces is a part of what ``other`` stands on."""
    start, stop = other.start - other.lead, other.end + other.tail
    if one.start == one.end:
        return start < one.start < stop
    return max(one.start, start) < min(one.end, stop)
