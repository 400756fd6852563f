"""The model writes one symbol anew, and the diff is made here: what small models do best, see README.md in edit/.

A model of 1.5B tokens that is asked for SEARCH/REPLACE blocks or a diff miscopies what it searches. Asked for the whole
function it copies well, as copying is what it was trained on, and its answer is verified faster than it is written:
most tokens can be guessed from the function as it is.
"""

import difflib
import re
from collections.abc import Sequence

from farthing import tokens
from farthing.backends.chat import Hints
from farthing.chat.formats.base import Reading
from farthing.context.model import Target
from farthing.edit import rewrite
from farthing.edit.model import Document, Hunk, Result, Status
from farthing.index import languages

SYSTEM = (
    "You are a careful programmer. You are shown code of a repository and asked to change one piece of it. Answer with "
    "the complete new text of that piece in one code block and nothing else. Change only what the instruction asks "
    "for, keep everything else as it is, with its comments, and never abbreviate."
)

UNCHANGED = "the model changed nothing"

MORE_OUTPUT = 300
"""Tokens that the new text may have more than half as much again as the old one."""

_RENAME = re.compile(r"\b(?:re)?nam(?:e|es|ed|ing)\b|\bcall it\b", re.IGNORECASE)
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")


class Rewrite:
    """One symbol, or some lines, rewritten.

    Args:
        shown: whether the model has read the target's text already in this conversation.
    """

    name = "rewrite"
    keeps = False

    def __init__(self, instruction: str, target: Target, shown: bool = False) -> None:
        self._instruction, self._target, self._shown = instruction, target, shown
        self.path, self.lines = target.path, (target.first, target.last)
        self._before = Document(target.text).contents
        self.written = target.text
        """The target as the model has written it last."""
        self._fence = "`" * max(3, 1 + max(map(len, re.findall("`+", target.text)), default=0))
        self._opening = f"{self._fence}{languages.language_id(target.path)}\n"
        size = tokens.count(target.text)
        self.max_output = size + size // 2 + MORE_OUTPUT
        self.hints = Hints(start=self._opening, stop=(f"\n{self._fence}",), draft=target.text)

    def ask(self) -> str:
        """See :class:`farthing.chat.formats.base.Format`."""
        what = f"`{self._target.symbol}`" if self._target.symbol else "this code"
        place = f"{what} of {self._target.path}"
        if self._shown:
            return f"Now change {place}: {self._instruction}"
        return f"Change {place}:\n{self._code()}\n{self._instruction}"

    def _code(self) -> str:
        return f"{self._opening}{self._target.text.rstrip(chr(10))}\n{self._fence}"

    def so_far(self, reply: str) -> tuple[Hunk, ...]:
        """See :class:`farthing.chat.formats.base.Format`."""
        if "\n" not in reply:
            return ()
        lines = self._lines(reply.rpartition("\n")[0])
        after = [*lines, *self._before[_reached(self._before, lines) :]]
        return tuple(rewrite.hunks(self._target.path, self._before, after, self._target.first))

    def read(self, reply: str) -> Reading:
        """See :class:`farthing.chat.formats.base.Format`."""
        after = self._lines(reply)
        if not any(map(str.strip, after)):
            return Reading((), "the model answered with nothing")
        if fault := rewrite.elided(self._before, after) or self._lost(after):
            return Reading((), fault)
        hunks = tuple(rewrite.hunks(self._target.path, self._before, after, self._target.first))
        self.written = "".join(line + "\n" for line in rewrite.fitted(self._before, after))
        return Reading(hunks, "" if hunks else UNCHANGED)

    def _lost(self, after: Sequence[str]) -> str:
        """Why this is not the symbol at all: a sentence is a valid program often enough."""
        name = re.split(r"\W+", self._target.symbol)[-1]
        own = re.compile(rf"\b{re.escape(name)}\b")
        if (
            not name
            or not own.search(self._target.text)
            or own.search("\n".join(after))
            or _RENAME.search(self._instruction)
        ):
            return ""
        return f"it does not hold {name}"

    def afresh(self, reading: Reading) -> bool:
        """See :class:`farthing.chat.formats.base.Format`."""
        return reading.fault == UNCHANGED

    def complain(self, reading: Reading, result: Result | None) -> str:
        """See :class:`farthing.chat.formats.base.Format`."""
        if self.afresh(reading):
            # The instruction first: of four that were copied unchanged this changed two, a sentence behind them none.
            not_yet = f"This code does not do that yet:\n{self._code()}\nWrite it anew so that it does."
            return f"{self._instruction}\n\n{not_yet}"
        if reading.fault:
            why = f"That can't be used: {reading.fault}."
        else:
            failed = [each for each in result.outcomes if each.status is not Status.APPLIED] if result else []
            why = f"That can't be used: {failed[0].placed.reason}." if failed else "That can't be used."
        return f"{why} Write the complete new text again. The instruction was: {self._instruction}"

    def _lines(self, reply: str) -> list[str]:
        lines = [line.removesuffix("\r") for line in reply.split("\n")]
        # Where no fence was begun for it, the model begins its own; what is said before and behind it is no code.
        # A shorter one than its own is a part of it, as in an example.
        opened = next((at for at, line in enumerate(lines) if _fence(line) >= len(self._fence)), None)
        if opened is not None and (inside := _between(lines, opened)) is not None:
            return inside
        return lines


def _fence(line: str) -> int:
    found = _FENCE.match(line)
    return len(found[1]) if found else 0


def _between(lines: list[str], at: int) -> list[str] | None:
    """The lines of the fence that opens here, or before those that it closes; None for a fence within the code."""
    found = _FENCE.match(lines[at])
    assert found
    if any(line.strip() for line in lines[:at]):
        # A bare one closes what was begun for the model; one with a language is part of the code.
        return lines[:at] if lines[at].strip() == found[1] else None
    end = next((i for i in range(at + 1, len(lines)) if lines[i].strip() == found[1]), len(lines))
    return lines[at + 1 : end]


KIN = 0.5
"""Likeness from which a new line is taken for what became of an old one."""


def _reached(before: Sequence[str], lines: Sequence[str]) -> int:
    """How many of the old lines are behind the new ones already."""
    matcher = difflib.SequenceMatcher(None, before, lines, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    at, written = (blocks[-1].a + blocks[-1].size, blocks[-1].b + blocks[-1].size) if blocks else (0, 0)
    for line in lines[written:]:
        if at < len(before) and difflib.SequenceMatcher(None, before[at], line).ratio() >= KIN:
            at += 1
    return at
