"""All hunks that wait for the user's decision, and those that were accepted and can be reverted.

What stands in a document is known from what the editor tells of it alone: accepting a hunk makes a plan, and the hunk
is accepted when its new lines stand. So an undo of the editor takes the acceptance back, and a redo brings it again.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from farthing.edit.model import Result
from farthing.review import hunks
from farthing.review.drift import Drift
from farthing.review.files import ReviewedFile
from farthing.review.hunks import Hunk
from farthing.review.pieces import Piece, pieces
from farthing.review.places import Place, widened
from farthing.review.plans import Plan, plan, where
from farthing.text import Edit

MAX_ACCEPTED = 200
"""Accepted hunks that are kept; the oldest ones go first."""


@dataclass(frozen=True)
class Found:
    """A document, or a file."""

    path: str
    """Absolute; one for each file."""
    uri: str
    version: int | None = None
    """None where it is not open."""
    text: str | None = None
    """Of an open document; of others what the model was shown counts."""


@dataclass
class _Turn:
    decided: list[Piece] = field(default_factory=list)
    """Places where the user has said no: they are left alone until the answer is over."""


class Review:
    """Every hunk of every conversation. Belongs to one event loop.

    Args:
        on_change: called after everything that may have changed what is to be shown.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.on_change = on_change
        self._files: dict[str, ReviewedFile] = {}
        self._turns: dict[str, _Turn] = {}
        self._drift = Drift()
        self._ids = itertools.count(1)

    @property
    def files(self) -> tuple[ReviewedFile, ...]:
        """The documents that have hunks, by their paths."""
        return tuple(self._files[path] for path in sorted(self._files) if self._files[path].hunks)

    def file(self, path: str) -> ReviewedFile | None:
        """A document that has hunks, by its absolute path."""
        found = self._files.get(path)
        return found if found and found.hunks else None

    def of(self, id: str) -> tuple[ReviewedFile, Hunk] | None:
        """A hunk, with its document."""
        return next(((file, hunk) for file in self.files for hunk in file.hunks if hunk.id == id), None)

    def begin(self, turn: str) -> None:
        """An answer is begun: what happens to documents from now on is known when its hunks come."""
        self._drift.begin(turn)
        self._turns[turn] = _Turn()

    def propose(
        self, turn: str, result: Result, writing: bool, find: Callable[[str], Found]
    ) -> dict[int, tuple[tuple[Piece, str], ...]]:
        """Take the hunks of an answer so far; those that it had before and has no longer are gone, unless accepted.

        Args:
            turn: of which :meth:`begin` told.
            writing: the last hunk may still grow.
            find: the file of a path relative to the workspace.

        Returns:
            The pieces of each hunk of the result that can be applied, with their ids; a piece that the user has decided
            on has none.
        """
        known = {hunk.id: (file, hunk) for file in self._files.values() for hunk in file.hunks if hunk.turn == turn}
        bases = {change.path: change.before for change in result.changes}
        shown: dict[int, tuple[tuple[Piece, str], ...]] = {}
        fresh: list[tuple[ReviewedFile, Hunk]] = []
        for index, found in pieces(result).items():
            ids = []
            for piece in found:
                file = self._file_of(find(piece.path), piece.path, bases[piece.path])
                last = writing and index == len(result.outcomes) - 1
                hunk = self._hunk(turn, piece, bases[piece.path], last, known, file)
                ids.append((piece, hunk.id if hunk else ""))
                if hunk and known.pop(hunk.id, (file, None))[1] is not hunk:
                    fresh.append((file, hunk))
            shown[index] = tuple(ids)
        gone = {id for id, (_, hunk) in known.items() if hunk.side == "before"}
        self._drop(gone | {hunk.id for _, hunk in fresh})
        for file, hunk in fresh:
            file.add([hunk])
        self.on_change()
        return shown

    def _file_of(self, found: Found, shown: str, base: str | None) -> ReviewedFile:
        file = self._files.get(found.path)
        opened = found.version is not None
        if file is None:
            text = found.text if opened else base
            file = self._files[found.path] = ReviewedFile(found.path, shown, found.uri, text, found.version)
        elif not opened and file.text != base and file.unsaved is None:
            file.changed(base, None, None)
        return file

    def _hunk(
        self,
        turn: str,
        piece: Piece,
        base: str | None,
        writing: bool,
        known: dict[str, tuple[ReviewedFile, Hunk]],
        file: ReviewedFile,
    ) -> Hunk | None:
        """The hunk of a piece: the one that there is, one in its place, or none where the user has decided."""
        mine = [hunk for _, hunk in known.values() if hunk.piece.touches(piece)]
        same = next((hunk for hunk in mine if replace(hunk.piece, outcome=piece.outcome) == piece), None)
        if same and (same.writing == writing or same.side == "after"):
            return same
        decided = self._turns[turn].decided + [hunk.piece for hunk in mine if hunk.side == "after"]
        if any(each.touches(piece) for each in decided):
            return None
        grown = same or next((hunk for hunk in mine if hunk.piece.first == piece.first), None)
        made = Hunk(
            grown.id if grown else f"h{next(self._ids)}",
            turn,
            piece,
            self._placed(piece, base, file),
            ends=hunks.line_ends(base or ""),
            lone=not piece.creates and hunks.is_lone(piece, base or ""),
            writing=writing,
        )
        return hunks.proved(made, file.text)

    def _placed(self, piece: Piece, base: str | None, file: ReviewedFile) -> Place:
        """Where a piece is now; it is yet to be proved."""
        place = Place(piece.start, piece.start + len(piece.before), True, len(piece.above), len(piece.below))
        edits = None if base is None or file.text is None else self._drift.since(file.path, base, file.text)
        if edits is None:
            return Place(0, 0, sure=False, ragged=True)
        hunk = Hunk("", "", piece, place)
        for edit in edits:
            hunk = hunks.followed(hunk, widened(edit))
        return hunk.place

    def end(self, turn: str) -> None:
        """An answer is over, or given up: what was still being written is gone."""
        self._drift.end(turn)
        self._turns.pop(turn, None)
        self._drop({h.id for file in self._files.values() for h in file.hunks if h.turn == turn and h.writing})
        accepted = sorted(
            (int(h.id[1:]) for file in self._files.values() for h in file.hunks if h.side == "after"), reverse=True
        )
        self._drop({f"h{number}" for number in accepted[MAX_ACCEPTED:]})
        self.on_change()

    def opened(self, path: str, uri: str, text: str, version: int) -> None:
        """An editor has opened a document."""
        if file := self._files.get(path):
            file.uri, file.unsaved = uri, None
            self._changed(file, text, None if file.text != text else [], version)
        else:
            self._drift.forget(path)

    def edited(self, path: str, text: str, version: int, edits: Sequence[Edit]) -> None:
        """A document was edited, by whomever."""
        if file := self._files.get(path):
            self._changed(file, text, edits, version)
        else:
            self._drift.edited(path, text, edits)

    def closed(self, path: str) -> None:
        """An editor has closed a document: what is on disk counts from now on, see :meth:`read`."""
        if file := self._files.get(path):
            file.version = file.asked = None
            self.on_change()

    def read(self, path: str, text: str | None) -> None:
        """What is on disk of a file that is not open; None where there is none, or no text."""
        file = self._files.get(path)
        if file is None or file.version is not None:
            return
        if file.unsaved is not None and text == file.unsaved:
            file.unsaved = None
        if file.unsaved is None and text != file.text:
            self._changed(file, text, None, None)

    def _changed(self, file: ReviewedFile, text: str | None, edits: Sequence[Edit] | None, version: int | None) -> None:
        known = file.changed(text, edits, version)
        if text is not None:
            self._drift.edited(file.path, text, known)
        self.on_change()

    def reject(self, ids: Iterable[str]) -> Plan:
        """Let go of hunks that are not accepted."""
        done: list[str] = []
        refused: list[str] = []
        for id, file, hunk in self._each(ids, refused):
            if hunk.side == "after":
                refused.append(f"{where(file, hunk)} is accepted; revert it instead")
                continue
            done.append(id)
            if turn := self._turns.get(hunk.turn):
                turn.decided.append(hunk.piece)
        self._drop(set(done))
        self.on_change()
        return Plan(done=tuple(done), refused=tuple(refused))

    def accept(self, ids: Iterable[str]) -> Plan:
        """Plan to put hunks into their documents. What is not proved to be where it belongs is left alone."""
        refused: list[str] = []
        wanted = []
        for _, file, hunk in self._each(ids, refused):
            if hunk.state == "proposed":
                wanted.append((file, hunk))
            else:
                reason = {"writing": "is still being written", "accepted": "is accepted already"}
                refused.append(f"{where(file, hunk)}: {hunk.note or reason.get(hunk.state, '')}")
        return plan(wanted, refused)

    def revert(self, ids: Iterable[str]) -> Plan:
        """Plan to put the old lines back in the place of accepted ones, where these stand as they were written."""
        refused: list[str] = []
        wanted = []
        for _, file, hunk in self._each(ids, refused):
            if hunk.state == "accepted" and hunk.place.sure:
                wanted.append((file, hunk))
            else:
                refused.append(f"{where(file, hunk)}: {hunk.note or 'it is not accepted'}")
        planned = plan(wanted, refused)
        self._leaving(planned, True)
        return planned

    def _each(self, ids: Iterable[str], refused: list[str]) -> Iterator[tuple[str, ReviewedFile, Hunk]]:
        for id in dict.fromkeys(ids):
            found = self.of(id)
            if found:
                yield id, *found
            else:
                refused.append("this change is no longer there")

    def answered(self, planned: Plan, applied: bool) -> None:
        """The editor has answered. What it did to open documents it tells by itself, before or after this."""
        for each in planned.files:
            file = self._files.get(each.path)
            if file is None or file.asked is None:
                continue
            if not applied:
                file.asked = None
            elif file.version is None:
                file.changed(each.after, None, None)
                file.unsaved = each.after
        if not applied:
            self._leaving(planned, False)
        self.on_change()

    def waits(self, planned: Plan) -> bool:
        """Whether the editor has yet to tell of what a plan asked it to do."""
        return any(file.asked for each in planned.files if (file := self._files.get(each.path)))

    def forget(self, ids: Iterable[str]) -> None:
        """Let go of hunks, whatever their state, and leave the text alone."""
        self._drop(set(ids))
        self.on_change()

    def _leaving(self, planned: Plan, leaving: bool) -> None:
        for file in self._files.values():
            file.hunks = [replace(hunk, leaving=leaving) if hunk.id in planned.done else hunk for hunk in file.hunks]

    def _drop(self, ids: set[str]) -> None:
        for file in self._files.values():
            file.hunks = [hunk for hunk in file.hunks if hunk.id not in ids]
        if not self._turns:
            self._files = {path: file for path, file in self._files.items() if file.hunks or file.asked or file.unsaved}
