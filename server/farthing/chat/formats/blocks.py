"""SEARCH/REPLACE blocks: what strong models write well, and what costs least of the tokens that are dear."""

from farthing.backends.chat import Hints
from farthing.chat.formats.base import Reading
from farthing.edit.model import GOOD, Hunk, Result
from farthing.edit.names import Exists
from farthing.edit.parse import parse

SYSTEM = """\
You change code of a repository. Parts of it are shown to you with their paths and lines; what is not shown may exist. \
Answer with SEARCH/REPLACE blocks and nothing else:

path/of/file.py
<<<<<<< SEARCH
whole lines as they stand in the file, as few as make the place certain
=======
the lines that take their place
>>>>>>> REPLACE

SEARCH is copied letter by letter, and stands in only one place of the file. Several small blocks are better than a \
large one. A new file has nothing in SEARCH. Never give the whole text of a file that exists, and never abbreviate. \
Change only what the instruction asks for."""

MAX_OUTPUT = 4096
"""Tokens."""

SHOWN = 5
"""Hunks that a complaint goes into."""


class Blocks:
    """One instruction, answered with blocks.

    Args:
        default: the file of blocks that name none.
        exists: whether the workspace has a file of that name.
    """

    name = "blocks"
    lines = None
    hints = Hints()
    max_output = MAX_OUTPUT
    keeps = True

    def __init__(self, instruction: str, default: str, exists: Exists) -> None:
        self._instruction, self.path, self._exists = instruction, default, exists

    def ask(self) -> str:
        """See :class:`farthing.chat.formats.base.Format`."""
        return self._instruction

    def so_far(self, reply: str) -> tuple[Hunk, ...]:
        """See :class:`farthing.chat.formats.base.Format`."""
        # Of a block that is still written nothing is known yet but that it will come.
        found = parse(reply.rpartition("\n")[0], self.path, self._exists)
        return tuple(hunk for hunk in found if not hunk.fault and not hunk.creates)

    def read(self, reply: str) -> Reading:
        """See :class:`farthing.chat.formats.base.Format`."""
        hunks = tuple(parse(reply, self.path, self._exists))
        return Reading(hunks, "" if hunks else "the answer holds no edit")

    def afresh(self, reading: Reading) -> bool:
        """See :class:`farthing.chat.formats.base.Format`."""
        return False

    def complain(self, reading: Reading, result: Result | None) -> str:
        """See :class:`farthing.chat.formats.base.Format`."""
        if reading.fault or result is None:
            return f"{reading.fault or 'That can not be used'}. Answer with SEARCH/REPLACE blocks."
        failed = [outcome for outcome in result.outcomes if outcome.status not in GOOD]
        said = []
        for outcome in failed[:SHOWN]:
            wanted = "\n".join(outcome.hunk.search) or "\n".join(outcome.hunk.replace)
            said.append(f"{outcome.path}: this block is refused: {outcome.placed.reason}\n```\n{wanted}\n```")
            if near := outcome.placed.near:
                real = "\n".join(near.text)
                said.append(f"The nearest lines of the file, from line {near.line}:\n```\n{real}\n```")
        kept = len(result.outcomes) - len(failed)
        rest = f" The other {kept} are kept: don't repeat them." if kept else ""
        return "\n\n".join([*said, f"Answer with the corrected block{'s' * (len(failed) > 1)} only.{rest}"])
