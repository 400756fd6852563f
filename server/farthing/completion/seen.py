"""Which suggestions the user saw and accepted, as far as a server can know.

Editors don't tell a server what they show. It is inferred:

* A suggestion that was sent to the editor is taken to be on screen until an edit or a move of the cursor contradicts it
  or another one takes its place. That Escape was pressed, or that the editor chose not to show it, remains unknown.
  Half a second on screen makes it *shown*.
* What the user types of it, takes back, or what is added to it later belongs to the same suggestion.
* All of it is accepted when the editor runs the command that every suggestion carries.
* A word or a line is accepted when several characters are inserted at once that are its beginning up to the end of a
  word or a line. This is only asked for where the editor tells of each keystroke by itself, as VS Code does; others
  collect them, and it would be guesswork. A single character is always taken for typed, and a word that was chosen from
  the editor's own list of completions, where it is the same, for accepted.
* How much of an accepted text stays is followed by the edits of its document, for as long as that is open. A text that
  was taken back by undo and brought again by redo counts as gone.

One window has one cursor, so there is at most one suggestion on screen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from farthing.completion.daybook import Counts
from farthing.completion.edits import Kept
from farthing.completion.generation import closes
from farthing.text import Edit

SHOWN_S = 0.5
"""On screen for less than this, nobody has read it."""

COMMAND_S = 10.0
"""How long the command that says that all of a suggestion was accepted may take after the edit."""

SOON_S, LATER_S = 30.0, 300.0
"""When it is looked what is left of an accepted text."""

MAX_BACK = 12
"""Characters that may be taken back without ending a suggestion."""

MAX_KEPT = 200
"""Accepted texts that are followed in one document."""

_SEVERAL_WORDS = re.compile(r"\w\W+\w")


@dataclass
class Suggestion:
    """What is on screen."""

    document: str
    ids: set[str]
    """A continuation from another generation has another id."""
    offset: int
    """Of the cursor, in code points."""
    text: str
    """What is left of it."""
    since: float
    counted: bool = False
    """As shown."""
    typed: str = ""
    """The part of it that is in the document, whoever put it there."""
    taken: Literal["", "word", "line", "full"] = ""
    chars: int = 0
    """Accepted characters."""
    others: tuple[str, ...] = ()
    """What the user may choose in its place."""
    end: Kept | None = None
    """Its last part, once that is in the document, whether it was typed or accepted."""


@dataclass
class Watcher:
    """Follows the suggestion on screen and what was accepted. All times are seconds of one steady clock."""

    counts: Counts = field(default_factory=Counts)
    """What happened since somebody else took this away."""
    by_keystroke: bool = False
    """The editor tells of each keystroke by itself."""
    current: Suggestion | None = None
    finished: Suggestion | None = None
    """All of it is in the document; the command that tells whether it was accepted may follow."""
    kept: dict[str, list[Kept]] = field(default_factory=dict)
    _question: tuple[str, int] = ("", 0)

    def waits(self) -> bool:
        """Whether time alone may change the counts."""
        return bool(self.kept or self.finished or (self.current and not self.current.counted))

    def unfinished(self) -> Counts:
        """What was accepted of the suggestion on screen: counted only at its end, as more may be accepted."""
        counts = Counts()
        if self.current and self.current.taken:
            counts.accepted_full = int(self.current.taken == "full")
            counts.accepted_line = int(self.current.taken == "line")
            counts.accepted_word = int(self.current.taken == "word")
            counts.accepted_chars = self.current.chars
            counts.shown = int(not self.current.counted)
        return counts

    def asked(self, document: str) -> int:
        """A suggestion is asked for. Returns what the answer is to be named by."""
        self._question = document, self._question[1] + 1
        return self._question[1]

    def answered(
        self, question: int, offset: int, id: str, text: str, now: float, others: tuple[str, ...] = ()
    ) -> None:
        """A question is answered; with an empty text where there is nothing to suggest."""
        document, newest = self._question
        if question != newest:
            return  # the editor has asked again, or the text is another: nobody shows this
        self.settle(now)
        old = self.current
        if old and (old.document, old.offset) == (document, offset) and _agree(old.text, text):
            old.text, old.others = text, others
            old.ids.add(id)
            return
        self._end(now)
        if text:
            self.current = Suggestion(document, {id}, offset, text, now, others=others)

    def edited(self, document: str, edits: Sequence[Edit], now: float) -> None:
        """A document was changed."""
        self.settle(now)
        if self._question[0] == document:
            self._question = "", self._question[1] + 1
        for edit in edits:
            if not self._concerned(document):
                return
            edit = edit.least()
            for kept in self.kept.get(document, ()):
                kept.follow(edit)
            if self.finished and self.finished.document == document and self.finished.end:
                self.finished.end.follow(edit)
            if self.current and self.current.document == document:
                self._follow(self.current, edit, now)

    def moved(self, document: str, offset: int, now: float) -> None:
        """The cursor stands somewhere."""
        self.settle(now)
        if self.current and (self.current.document, self.current.offset) != (document, offset):
            self._end(now)

    def accepted(self, id: str, now: float) -> None:
        """The editor ran the command of a suggestion."""
        self.settle(now)
        if self.finished and id in self.finished.ids:
            self.finished.taken = "full"
            self._finish()
        elif self.current and id in self.current.ids:
            self.current.taken = "full"  # its edit follows

    def closed(self, document: str, now: float) -> None:
        """A document was closed; what becomes of the accepted texts in it is unknown."""
        self.settle(now)
        if self.current and self.current.document == document:
            self._end(now)
        if self.finished and self.finished.document == document:
            self._finish()
        self.kept.pop(document, None)

    def leave(self, now: float) -> None:
        """The editor goes away."""
        self.settle(now)
        self._end(now)
        self._finish()

    def settle(self, now: float) -> None:
        """Count what has become true by the passing of time. To be called before anything changes."""
        if self.current and not self.current.counted and now - self.current.since >= SHOWN_S:
            self._count_shown(self.current)
        if self.finished and self.finished.end and now - self.finished.end.since > COMMAND_S:
            self._finish()
        for document, every in list(self.kept.items()):
            self.kept[document] = left = [kept for kept in every if not self._judge(kept, now - kept.since)]
            if not left:
                del self.kept[document]

    def _judge(self, kept: Kept, age: float) -> bool:
        """Count what is left of an accepted text, when it is time; whether that was the last time."""
        if age >= SOON_S and not kept.judged:
            kept.judged = True
            self.counts.due_30s += len(kept.text)
            self.counts.kept_30s += kept.left
        if age >= LATER_S:
            self.counts.due_5m += len(kept.text)
            self.counts.kept_5m += kept.left
        return age >= LATER_S

    def _concerned(self, document: str) -> bool:
        followed = [each.document for each in (self.current, self.finished) if each]
        return document in followed or document in self.kept

    def _follow(self, shown: Suggestion, edit: Edit, now: float) -> None:
        """The document of the suggestion on screen was edited."""
        if edit.begin > shown.offset:
            return
        if edit.end < shown.offset:
            shown.offset += len(edit.inserted) - len(edit.removed)
        elif not edit.removed and edit.inserted:
            self._grow(shown, edit.inserted, now)
        elif edit.end == shown.offset and not edit.inserted and _one_line(edit.removed):
            shown.offset, shown.text = edit.begin, edit.removed + shown.text
            shown.typed = shown.typed[: -len(edit.removed)]
        elif edit.removed:
            self._end(now)

    def _grow(self, shown: Suggestion, inserted: str, now: float) -> None:
        """Something was inserted where the suggestion stands."""
        typed = _typed(shown, inserted)
        if typed is None and (chosen := [each for each in shown.others if each.startswith(inserted)]):
            typed, shown.text = inserted, chosen[0]
        if typed is None:
            self._end(now)
            return
        shown.others = tuple(each[len(typed) :] for each in shown.others if each.startswith(typed))
        begin = shown.offset
        shown.offset, shown.text, shown.typed = begin + len(typed), shown.text[len(typed) :], shown.typed + typed
        if not shown.text:
            self._finish()
            shown.end = Kept(begin, typed, now)
            self.current, self.finished = None, shown
            if shown.taken == "full":
                self._finish()
        elif self.by_keystroke and (how := _part(typed, shown.text)):
            shown.taken = "line" if "line" in (how, shown.taken) else "word"
            shown.chars += len(typed)
            self._keep(shown.document, Kept(begin, typed, now))

    def _keep(self, document: str, kept: Kept) -> None:
        every = self.kept.setdefault(document, [])
        every.append(kept)
        del every[:-MAX_KEPT]

    def _finish(self) -> None:
        """Nothing more will be heard of the suggestion that is in the document as a whole."""
        if self.finished is None:
            return
        over, self.finished = self.finished, None
        if over.taken == "full" and over.end:
            over.chars += len(over.end.text)
            self._keep(over.document, over.end)
        self._count(over, over.end.since if over.end else over.since)

    def _end(self, now: float) -> None:
        """The suggestion is no longer on screen."""
        if self.current:
            over, self.current = self.current, None
            self._count(over, now)

    def _count(self, over: Suggestion, until: float) -> None:
        if not over.counted and (over.taken or until - over.since >= SHOWN_S):
            self._count_shown(over)
        self.counts.accepted_full += over.taken == "full"
        self.counts.accepted_line += over.taken == "line"
        self.counts.accepted_word += over.taken == "word"
        self.counts.accepted_chars += over.chars

    def _count_shown(self, shown: Suggestion) -> None:
        shown.counted = True
        self.counts.shown += 1


def _agree(old: str, new: str) -> bool:
    """Whether a suggestion continues another one, or is a first part of it."""
    return new != "" and (new.startswith(old) or old.startswith(new))


def _typed(shown: Suggestion, inserted: str) -> str | None:
    """What of an insertion is the suggestion's beginning, if the rest is but what the editor closes by itself; None
    where the insertion contradicts the suggestion."""
    if shown.text.startswith(inserted):
        return inserted
    if closes(shown.typed, inserted):
        return ""
    for length in range(1, min(len(inserted), MAX_BACK)):
        typed, closed = inserted[:length], inserted[length:]
        if shown.text.startswith(typed) and closes(typed, closed):
            return typed
    return None


def _part(inserted: str, rest: str) -> Literal["", "word", "line"]:
    """Which part of a suggestion was accepted at once, if any was."""
    if len(inserted) < 2 or not inserted.strip() or closes(inserted[0], inserted[1:]):
        return ""  # typed: a key, a line break with its indentation, a bracket that the editor closed
    if inserted[-1] in "\r\n" or (rest[0] in "\r\n" and _SEVERAL_WORDS.search(inserted)):
        return "line"
    return "" if _in_word(inserted[-1]) and _in_word(rest[0]) else "word"


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _one_line(removed: str) -> bool:
    return len(removed) <= MAX_BACK and "\n" not in removed and "\r" not in removed
