"""Which file of the workspace a name means: one within it, spelled as it is there, or none. Asks the file system."""

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from farthing.edit.model import Placed, Status

_DRIVE = re.compile(r"^[A-Za-z]:")
_MOST = 4096


@dataclass(frozen=True)
class Place:
    """A file of the workspace, which may not be there yet."""

    relative: str
    """With forward slashes, links followed."""
    absolute: Path


def locate(root: Path, name: str) -> Place | Placed:
    """The file that a name means.

    Args:
        root: the workspace, resolved.

    Returns:
        Why there is none, where the name leads out of the workspace, into git's own files, or to no regular file, and
        where the workspace has it in other letters.
    """
    name = name.replace("\\", "/")
    if not name.isprintable() or not 0 < len(name) <= _MOST:
        return Placed(Status.OUTSIDE_WORKSPACE, "this is no name of a file")
    if name.startswith(("/", "~")) or _DRIVE.match(name):
        return Placed(Status.OUTSIDE_WORKSPACE, "only paths relative to the workspace are edited")
    try:
        absolute = (root / name).resolve()
    except (OSError, RuntimeError, ValueError):
        return Placed(Status.OUTSIDE_WORKSPACE, "the path leads nowhere")
    if not absolute.is_relative_to(root) or absolute == root:
        return Placed(Status.OUTSIDE_WORKSPACE, "the path leads out of the workspace")
    relative = absolute.relative_to(root)
    if any(map(_is_git, (*relative.parts, *name.split("/")))):
        return Placed(Status.OUTSIDE_WORKSPACE, "git's own files are not edited")
    return _regular(root, relative, absolute)


def _regular(root: Path, relative: Path, absolute: Path) -> Place | Placed:
    try:
        if absolute.exists() and not absolute.is_file():
            return Placed(Status.EXISTS, "this is no regular file")
        other = _spelled_otherwise(root, relative)
    except OSError as exc:
        return Placed(Status.NOT_FOUND, f"the file can't be looked at: {exc.strerror}")
    if other:
        return Placed(Status.EXISTS, f"the workspace has it as {other}")
    return Place(relative.as_posix(), absolute)


def _is_git(part: str) -> bool:
    """Whether some file system takes a name for ``.git``: in other letters, with marks that it ignores, shortened."""
    plain = "".join(each for each in unicodedata.normalize("NFKC", part) if unicodedata.category(each) != "Cf")
    return plain.casefold().rstrip(". ").partition(":")[0] in (".git", "git~1")


def _spelled_otherwise(root: Path, relative: Path) -> str:
    """The name that a directory has for a part of the path, where it differs by letters' case or form only."""
    folder = root
    for part in relative.parts:
        names = os.listdir(folder)
        if part not in names:
            return next((each for each in names if _folded(each) == _folded(part)), "")
        folder /= part
        if not folder.is_dir():
            break
    return ""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
