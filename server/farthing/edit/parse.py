"""A model's reply, taken apart into hunks: SEARCH/REPLACE blocks, diffs, patches, and the texts of new files.

What is not whole becomes a hunk with a fault. Nothing is guessed: a file is one that the reply names near the block, or
the one of the block before, or the default.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from farthing.edit import blocks, names, patch, unified
from farthing.edit.lines import BOM
from farthing.edit.model import Hunk
from farthing.edit.names import FENCE, Exists


def parse(reply: str, default: str = "", exists: Exists = lambda _: False) -> list[Hunk]:
    """The hunks of a reply, in its order.

    Args:
        default: the file of hunks that name none.
        exists: whether the workspace has a file of that name; tells names with blanks in them from sentences.
    """
    lines = [line.removesuffix("\r") for line in reply.removeprefix(BOM).split("\n")]
    found = _Reader(lines, default, exists).read()
    edited = {hunk.path for hunk, whole in found if not whole}
    # The text of a file that is edited by blocks too is there to be read.
    return [hunk for hunk, whole in found if not (whole and hunk.path in edited)]


# Below a file's name these show how it is run, or what it says.
_SHELL = re.compile(r"(?:sh|bash|zsh|shell|console|terminal|text|txt|output|log|shell-session)\b", re.IGNORECASE)
_SCRIPTS = (".sh", ".bash", ".zsh", ".txt", ".log")


class _Reader:
    def __init__(self, lines: Sequence[str], default: str, exists: Exists) -> None:
        self._lines = lines
        self._exists = exists
        self._path = default
        self._floor = 0
        self._fence = ""
        self._found: list[tuple[Hunk, bool]] = []

    def read(self) -> list[tuple[Hunk, bool]]:
        """Each hunk, and whether it is the text of a whole file."""
        index = 0
        while index < len(self._lines):
            index = self._step(index)
        return self._found

    def _step(self, index: int) -> int:
        head = blocks.head(self._lines[index])
        if head:
            return self._block(index, head)
        if unified.begins(self._lines, index):
            hunks, index = unified.read(self._lines, index, self._exists, bool(self._fence))
            self._path = hunks[0].path or self._path
            return self._take(hunks, index)
        if patch.begins(self._lines[index]):
            hunks, index = patch.read(self._lines, index, bool(self._fence))
            self._path = hunks[0].path or self._path
            return self._take(hunks, index)
        if self._fence and unified.begins_hunk(self._lines, index):
            name = names.above(self._lines, index, self._floor, self._exists)
            self._path = name or self._path
            hunks, index = unified.read_hunks(self._lines, index, self._path, True)
            return self._take([_with_path(hunk, self._path) for hunk in hunks], index)
        if blocks.stray_end(self._lines[index]):
            return self._take([Hunk(self._path, fault="a block ends here that begins nowhere")], index + 1)
        fence = FENCE.match(self._lines[index])
        return self._fenced(index, fence) if fence else index + 1

    def _block(self, index: int, head: blocks.Head) -> int:
        hunk, end = blocks.read(self._lines, index, head)
        name = head.name if head.name and names.in_line(head.name, self._exists) else ""
        self._path = name or names.above(self._lines, index, self._floor, self._exists) or self._path
        return self._take([_with_path(hunk, self._path)], end)

    def _take(self, hunks: Sequence[Hunk], end: int) -> int:
        self._found += [(hunk, False) for hunk in hunks]
        self._floor = end
        return end

    def _fenced(self, index: int, fence: re.Match[str]) -> int:
        if self._fence:
            if _closes(fence, self._fence):
                self._fence = ""
            return index + 1
        end = _end(self._lines, index, fence)
        inside = range(index + 1, len(self._lines) if end is None else end)
        if any(self._edits(at) for at in inside) or (
            fence[2].startswith(("diff", "patch")) and any(self._lines[at].startswith("@@") for at in inside)
        ):
            self._fence = fence[1]
            return index + 1
        name = names.in_info(fence[2], self._exists) or self._just_above(index)
        if name and not (_SHELL.match(fence[2]) and not name.endswith(_SCRIPTS)):
            texts = tuple(self._lines[at] for at in inside)
            fault = "" if end is not None else "the fence of the new file is not closed"
            self._found.append((Hunk(name, replace=texts, creates=True, fault=fault), True))
        self._floor = inside.stop
        return inside.stop + 1

    def _edits(self, index: int) -> bool:
        line = self._lines[index]
        return bool(blocks.head(line)) or unified.begins(self._lines, index) or patch.begins(line)

    def _just_above(self, index: int) -> str:
        at = next((at for at in range(index - 1, self._floor - 1, -1) if self._lines[at].strip()), None)
        return names.in_line(self._lines[at], self._exists) if at is not None and at >= index - 2 else ""


def _with_path(hunk: Hunk, path: str) -> Hunk:
    fault = hunk.fault or ("" if path else "no file is named for it, and there is no default")
    return replace(hunk, path=path, fault=fault)


def _closes(fence: re.Match[str], opened: str) -> bool:
    return not fence[2] and fence[1][0] == opened[0] and len(fence[1]) >= len(opened)


def _end(lines: Sequence[str], index: int, opened: re.Match[str]) -> int | None:
    """Where a fence is closed; those within it that say their language have ends of their own."""
    depth = 0
    for at in range(index + 1, len(lines)):
        fence = FENCE.match(lines[at])
        if fence and _closes(fence, opened[1]):
            if not depth:
                return at
            depth -= 1
        elif fence and fence[2] and fence[1] == opened[1]:
            depth += 1
    return None
