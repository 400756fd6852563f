"""An editor with one document, as far as a review knows of it: it tells of edits, and applies what it is asked for."""

import itertools
from collections.abc import Sequence
from typing import Literal

from farthing.edit import splice
from farthing.edit.model import Edit as Splice
from farthing.review.plans import FilePlan
from farthing.review.review import Found, Review
from farthing.text import Edit

PATH = "/project/f.txt"
URI = "file:///project/f.txt"

Manner = Literal["apart", "upwards", "together", "whole"]
"""How an editor tells of several replacements: each, from the last or the first one; the stretch that holds them all;
or the whole text."""


class FakeEditor:
    """Every character has a number of its own, so that it is known which of several equal lines a change met."""

    def __init__(self, review: Review, text: str, manner: Manner = "apart") -> None:
        self.review = review
        self.manner = manner
        self.version = 1
        self._numbers = itertools.count()
        self.characters = [(character, next(self._numbers)) for character in text]
        self.removed: set[int] = set()
        """Characters that the last change took away."""

    @property
    def text(self) -> str:
        """What the document holds."""
        return "".join(character for character, _ in self.characters)

    def find(self, path: str) -> Found:
        """The document, as a review wants it."""
        assert path == "f.txt"
        return Found(PATH, URI, self.version, self.text)

    def edit(self, begin: int, end: int, new: str) -> None:
        """The user edits."""
        self._replace(begin, end, new)
        self._tell([Edit(begin, self._gone, new)])

    def _replace(self, begin: int, end: int, new: str) -> None:
        self._gone = self.text[begin:end]
        self.removed = {number for _, number in self.characters[begin:end]}
        self.characters[begin:end] = [(character, next(self._numbers)) for character in new]

    def _tell(self, edits: list[Edit]) -> None:
        self.version += 1
        self.review.edited(PATH, self.text, self.version, edits)

    def apply(self, plan: FilePlan) -> None:
        """What the server asks for. It is refused where the document is another one by now."""
        assert (plan.version, plan.before) == (self.version, self.text)
        before = self.text
        told, gone = [], set()
        for each in reversed(plan.edits):
            self._replace(each.start, each.end, each.text)
            told.append(Edit(each.start, before[each.start : each.end], each.text))
            gone |= self.removed
        self.removed = gone
        assert self.text == splice.spliced(before, plan.edits) == plan.after
        self._tell(self._in_manner(before, plan.edits, told))

    def _in_manner(self, before: str, edits: Sequence[Splice], told: list[Edit]) -> list[Edit]:
        if self.manner == "whole":
            return [Edit(0, before, self.text)]
        if self.manner == "together":
            start, end = edits[0].start, edits[-1].end
            return [Edit(start, before[start:end], self.text[start : len(self.text) - len(before) + end])]
        if self.manner == "upwards":
            shift, up = 0, []
            for edit in reversed(told):
                up.append(Edit(edit.begin + shift, edit.removed, edit.inserted))
                shift += len(edit.inserted) - len(edit.removed)
            return up
        return told

    def decide(self, action: Literal["accept", "revert"], ids: Sequence[str]) -> tuple[str, ...]:
        """Have hunks accepted or reverted; returns those where it was done."""
        plan = self.review.accept(ids) if action == "accept" else self.review.revert(ids)
        for each in plan.files:
            self.apply(each)
        self.review.answered(plan, True)
        return plan.done
