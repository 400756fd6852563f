"""Patches between ``*** Begin Patch`` and ``*** End Patch``: the files are named by lines of their own, and hunks have
no numbers but the lines that they lie beneath."""

import re
from collections.abc import Sequence

from farthing.edit.model import Hunk
from farthing.edit.names import FENCE

_FILE = re.compile(r"^\*\*\* (Update|Add|Delete) File:[ \t]*(.*?)[ \t]*$")
_MOVE = re.compile(r"^\*\*\* Move to:[ \t]*(.*?)[ \t]*$")
_BEGIN, _END, _LAST = "*** Begin Patch", "*** End Patch", "*** End of File"
_SHOWN = 60


def begins(line: str) -> bool:
    """Whether a file's part of a patch begins in a line."""
    return bool(_FILE.match(line))


def read(lines: Sequence[str], index: int, fenced: bool) -> tuple[list[Hunk], int]:
    """The hunks of one file.

    Args:
        index: of the line that names it.
        fenced: the patch is in a fence, so that nothing else is before the fence's end.

    Returns:
        At least one hunk, and the index behind the last one.
    """
    found = _FILE.match(lines[index])
    assert found
    kind, path = found[1], found[2].strip("`'\"")
    end, whole = _body(lines, index + 1, fenced)
    body = lines[index + 1 : end]
    if not path:
        hunks = [Hunk("", fault="the patch names no file")]
    elif kind == "Delete":
        hunks = [Hunk(path, fault="files are not deleted by an edit")]
    elif kind == "Add":
        hunks = [_added(path, body)]
    else:
        hunks = _updated(path, body)
    if not whole:
        last = Hunk(path, fault="the patch has no end; the reply was cut off")
        hunks = [*hunks[:-1], last]
    return hunks, end


def _body(lines: Sequence[str], index: int, fenced: bool) -> tuple[int, bool]:
    """Where the part of one file ends, and whether the patch that it is in has an end."""
    above = next((line for line in reversed(lines[: index - 1]) if line in (_BEGIN, _END)), "")
    closed = _closed(lines, index)
    at = index
    while at < len(lines):
        line = lines[at]
        if line.startswith("*** ") and line != _LAST and not _MOVE.match(line):
            break
        if FENCE.match(line) and not line.startswith(" "):
            break
        if not (closed or fenced or line[:1] in ("", " ", "+", "-", "@", "*")):
            break
        at += 1
    return at, closed or (above != _BEGIN and not (fenced and at >= len(lines)))


def _closed(lines: Sequence[str], index: int) -> bool:
    return next((line for line in lines[index:] if line in (_BEGIN, _END)), "") == _END


def _added(path: str, body: Sequence[str]) -> Hunk:
    texts = _without_blank_end(body)
    strange = next((line for line in texts if not line.startswith("+")), None)
    if strange is not None:
        return Hunk(path, fault=f"a line of the new file does not begin with +: {strange[:_SHOWN]}")
    return Hunk(path, replace=tuple(line[1:] for line in texts), creates=True)


def _updated(path: str, body: Sequence[str]) -> list[Hunk]:
    """The hunks between the lines that begin with ``@@``."""
    moved = next((found for line in body if (found := _MOVE.match(line))), None)
    if moved:
        return [Hunk(path, fault=f"files are not renamed by an edit, as {path} to {moved[1]}")]
    hunks: list[Hunk] = []
    under: tuple[str, ...] = ()
    own: list[str] = []
    for line in [*body, "@@"]:
        if not line.startswith("@@"):
            if line != _LAST:
                own.append(line)
            continue
        if any(own):
            hunks.append(_hunk(path, own, under))
            under = ()
        own = []
        heading = line.removeprefix("@@").removesuffix("@@").strip()
        if heading:
            under = (*under, heading)
    return hunks or [Hunk(path, fault="the patch has no hunk")]


def _hunk(path: str, body: Sequence[str], under: tuple[str, ...]) -> Hunk:
    texts = _without_blank_end(body)
    strange = next((line for line in texts if line and line[0] not in " +-"), None)
    if strange is not None:
        return Hunk(path, fault=f"a line of the patch begins with none of blank, + and -: {strange[:_SHOWN]}")
    search = tuple(line[1:] for line in texts if not line.startswith("+"))
    new = tuple(line[1:] for line in texts if not line.startswith("-"))
    if search == new:
        return Hunk(path, fault="the hunk changes nothing")
    if not search:
        return Hunk(path, fault="the hunk has no line that says where it belongs")
    return Hunk(path, search, new, under=under)


def _without_blank_end(lines: Sequence[str]) -> Sequence[str]:
    """Without the empty lines between it and what follows."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end]
