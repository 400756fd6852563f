"""Unified diffs, as tools and models write them. Models can't count lines, so that a hunk is found by what it holds;
only where its counts are right its line number means something."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from farthing.edit.model import Hunk
from farthing.edit.names import FENCE, Exists

_HUNK = re.compile(r"^@@(?: -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@| ?(?:\.\.\. ?)?@@|[^@]*(?:@@|$))")
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_MORE = (
    "diff --git ",
    "index ",
    "rename ",
    "new file mode",
    "deleted file mode",
    "similarity ",
    "old mode",
    "new mode",
)


def begins(lines: Sequence[str], index: int) -> bool:
    """Whether a file's part of a diff begins in a line."""
    return (
        lines[index].startswith("--- ")
        and index + 1 < len(lines)
        and lines[index + 1].startswith("+++ ")
        and (index + 2 >= len(lines) or lines[index + 2].startswith("@@"))
    )


def begins_hunk(lines: Sequence[str], index: int) -> bool:
    """Whether a hunk without a file's name begins in a line."""
    return lines[index].startswith("@@ ") and bool(_HUNK.match(lines[index]))


def read(lines: Sequence[str], index: int, exists: Exists, fenced: bool) -> tuple[list[Hunk], int]:
    """The hunks of one file.

    Args:
        index: of the line that begins with ``---``.
        fenced: the diff is in a fence, so that nothing else is before the fence's end.

    Returns:
        The hunks, and the index behind them.
    """
    old, new = _path(lines[index][4:]), _path(lines[index + 1][4:])
    hunks, end = read_hunks(lines, index + 2, _named(old, new, exists), fenced, creates=old == "/dev/null")
    fault = ""
    if new == "/dev/null":
        fault = "files are not deleted by an edit"
    elif old != "/dev/null" and _bare(old, "a/") != _bare(new, "b/") and old != new:
        fault = f"files are not renamed by an edit, as {old} to {new}"
    elif not hunks:
        fault = "the diff has no hunk"
    return ([Hunk(_named(old, new, exists), fault=fault)] if fault else hunks), end


def read_hunks(
    lines: Sequence[str], index: int, path: str, fenced: bool, creates: bool = False
) -> tuple[list[Hunk], int]:
    """The hunks that begin in a line, one behind the other, and the index behind them."""
    hunks = []
    while index < len(lines) and (found := _HUNK.match(lines[index])):
        body = _counted(lines, index + 1, found, fenced)
        counted = body is not None
        if body is None:
            body = _until_end(lines, index + 1, fenced)
            if fenced and body.end >= len(lines):
                hunks.append(Hunk(path, fault="the diff has no end; the reply was cut off"))
                return hunks, body.end
        index = body.end
        hunks.append(_hunk(path, body, found, counted, creates))
    return hunks, index


@dataclass
class _Body:
    end: int
    """Index of the line behind it."""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    ends: list[bool] = field(default_factory=lambda: [True, True])
    last: str = " "
    strange: str = ""

    def take(self, line: str) -> bool:
        kind, text = (line[0], line[1:]) if line else (" ", "")
        if kind == "\\":
            self.ends = [self.ends[0] and self.last == "+", self.ends[1] and self.last == "-"]
        elif kind in " +-":
            if kind != "+":
                self.old.append(text)
            if kind != "-":
                self.new.append(text)
            self.last = kind
        else:
            return False
        return True


def _counted(lines: Sequence[str], index: int, found: re.Match[str], fenced: bool) -> _Body | None:
    """A hunk's lines by the counts of its first line; None where those are wrong."""
    if found[1] is None:
        return None
    old, new = (int(found[2]) if found[2] else 1), (int(found[4]) if found[4] else 1)
    body = _Body(index)
    while len(body.old) < old or len(body.new) < new:
        if body.end >= len(lines) or not body.take(lines[body.end]):
            return None
        body.end += 1
    if (len(body.old), len(body.new)) != (old, new):
        return None
    while body.end < len(lines) and lines[body.end].startswith("\\"):
        body.take(lines[body.end])
        body.end += 1
    more = body.end < len(lines) and lines[body.end][:1] in (" ", "+", "-") and not begins(lines, body.end)
    return None if fenced and more else body


def _until_end(lines: Sequence[str], index: int, fenced: bool) -> _Body:
    body, blank = _Body(index), 0
    while body.end < len(lines):
        line = lines[body.end]
        if line.startswith(("@@", *_MORE)) or begins(lines, body.end) or FENCE.match(line):
            break
        if not fenced and not line and not _goes_on(lines, body.end):
            break
        if not body.take(line):
            body.strange = line if fenced else ""
            if not fenced:
                break
        blank = 0 if line else blank + 1
        body.end += 1
    if blank:
        # Between the last hunk and what follows it.
        del body.old[len(body.old) - blank :], body.new[len(body.new) - blank :]
    return body


def _goes_on(lines: Sequence[str], index: int) -> bool:
    return index + 1 < len(lines) and lines[index + 1][:1] in (" ", "+", "-", "\\")


def _hunk(path: str, body: _Body, found: re.Match[str], counted: bool, creates: bool) -> Hunk:
    if body.strange:
        return Hunk(path, fault=f"a line of the diff begins with none of blank, + and -: {body.strange[:60]}")
    if body.old == body.new and all(body.ends):
        return Hunk(path, fault="the hunk changes nothing")
    if creates and body.old:
        return Hunk(path, fault="a diff of a new file searches lines in it")
    new_file = creates or (found[1] == "0" and found[2] == "0")
    if not body.old and not new_file:
        return Hunk(path, fault="the hunk has no line that says where it belongs")
    ends = None if all(body.ends) else (body.ends[0], body.ends[1])
    line = int(found[1]) if counted and found[1] and len(found[1]) < 10 else None
    return Hunk(path, tuple(body.old), tuple(body.new), creates=new_file, line=line, ends=ends)


def _named(old: str, new: str, exists: Exists) -> str:
    path, prefix = (old, "a/") if new == "/dev/null" else (new, "b/")
    return path if exists(path) and not exists(_bare(path, prefix)) else _bare(path, prefix)


def _bare(path: str, prefix: str) -> str:
    return path.removeprefix(prefix)


def _path(text: str) -> str:
    """A path of a diff's first lines: without the time behind a tab, and without git's quotes."""
    text = text.partition("\t")[0].strip()
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    raw = _ESCAPE.sub(_unescaped, text[1:-1].encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "replace")


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    return bytes([int(escape, 8) & 255]) if escape.isdigit() else _ESCAPES.get(escape, escape)
