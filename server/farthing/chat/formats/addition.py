"""Something new is written: a file, or what is added at the end of one."""

import re

from farthing.backends.chat import Hints
from farthing.chat.formats.base import Reading
from farthing.edit.model import Hunk, Result
from farthing.index import languages

SYSTEM = (
    "You are a careful programmer. You are shown code of a repository and asked to write something new for it. Answer "
    "with the new code in one code block and nothing else: complete, ready to be run, in the style of what is shown."
)

MAX_OUTPUT = 1200
"""Tokens."""

_CLOSED = re.compile(r"^\s*(`{3,}|~{3,})\s*$", re.MULTILINE)
_OPENING = re.compile(r"\A\s*(?:`{3,}|~{3,})[^\n]*\n")


class Addition:
    """New code at a path that is decided here, not by the model.

    Args:
        existing: the lines of the file, without their ends; None where it is not there yet.
    """

    name = "addition"
    lines = None
    keeps = False

    def __init__(self, instruction: str, path: str, existing: tuple[str, ...] | None) -> None:
        self._instruction, self.path, self._existing = instruction, path, existing
        self.max_output = MAX_OUTPUT
        self.hints = Hints(start=f"```{languages.language_id(path)}\n", stop=("\n```",))

    def ask(self) -> str:
        """See :class:`farthing.chat.formats.base.Format`."""
        where = "the new file" if self._existing is None else "the end of"
        return f"Write code for {where} {self.path}: {self._instruction}"

    def so_far(self, reply: str) -> tuple[Hunk, ...]:
        """See :class:`farthing.chat.formats.base.Format`."""
        return self._hunks(reply.rpartition("\n")[0]) if "\n" in reply else ()

    def read(self, reply: str) -> Reading:
        """See :class:`farthing.chat.formats.base.Format`."""
        hunks = self._hunks(reply)
        return Reading(hunks, "" if hunks else "the model answered with nothing")

    def afresh(self, reading: Reading) -> bool:
        """See :class:`farthing.chat.formats.base.Format`."""
        return False

    def complain(self, reading: Reading, result: Result | None) -> str:
        """See :class:`farthing.chat.formats.base.Format`."""
        why = reading.fault or (result.outcomes[0].placed.reason if result and result.outcomes else "it is not whole")
        return f"That can't be used: {why}. Write the complete code again. The instruction was: {self._instruction}"

    def _hunks(self, reply: str) -> tuple[Hunk, ...]:
        # Who was not given the opening fence begins with one.
        code = _CLOSED.split(_OPENING.sub("", reply, count=1), 1)[0].strip("\n")
        if not code.strip():
            return ()
        new = tuple(line.removesuffix("\r") for line in code.split("\n"))
        if self._existing is None or not any(map(str.strip, self._existing)):
            return (Hunk(self.path, replace=new, creates=True),)
        # Found by the last lines of the file, from the last one that is not blank.
        first = max(at for at, line in enumerate(self._existing) if line.strip())
        last = self._existing[first:]
        scope = (first + 1, len(self._existing))
        return (Hunk(self.path, last, (self._existing[first], "", "", *new), scope=scope),)
