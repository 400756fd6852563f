"""Walks a repository: every file that is to be indexed, and why the others are not."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from farthing.index.ignore import IgnoreRules, folder_reason, is_generated

MAX_BYTES = 1_500_000
"""Larger files are data or generated: parsing them would take longer than everything else."""

DATA = (".po", ".pot", ".mo", ".csv", ".tsv", ".svg", ".log", ".ipynb")
"""Endings of text that nobody looks symbols up in."""

HEAD_BYTES = 8192
"""What is read of a file to see whether it is text."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file on disk."""

    path: str
    """Relative to the root, forward slashes."""
    size: int
    mtime_ns: int


@dataclass
class Scan:
    """What a walk found."""

    files: list[Found] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Path and reason. Ignored files are not listed: their owner knows."""


def scan(root: Path) -> Scan:
    """Walk a repository. Symbolic links are not followed, so there are no loops and no way out; submodules are."""
    result = Scan()
    pending: list[tuple[str, IgnoreRules]] = [("", IgnoreRules.of_root(root))]
    while pending:
        prefix, rules = pending.pop()
        try:
            with os.scandir(root / prefix) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as exc:
            result.skipped.append((prefix.rstrip("/"), f"unreadable: {exc.strerror}"))
            continue
        if prefix:
            rules = rules.below(root, prefix, {entry.name for entry in found})
        for entry in found:
            _look_at(entry, prefix, rules, result, pending)
    result.files.sort(key=lambda each: each.path)
    return result


def _look_at(
    entry: "os.DirEntry[str]",
    prefix: str,
    rules: IgnoreRules,
    result: Scan,
    pending: list[tuple[str, IgnoreRules]],
) -> None:
    path = prefix + entry.name
    try:
        # A submodule's .git is a file.
        if entry.is_symlink() or entry.name == ".git":
            return
        if entry.is_dir(follow_symlinks=False):
            reason = folder_reason(entry.name)
            if not reason and not rules.ignores(path, is_folder=True):
                pending.append((path + "/", rules))
            elif reason == "vendored":
                result.skipped.append((path, reason))
            return
        info = entry.stat(follow_symlinks=False)
    except OSError as exc:
        result.skipped.append((_text(path), f"unreadable: {exc.strerror}"))
        return
    if not stat.S_ISREG(info.st_mode) or rules.ignores(path):
        return
    reason = name_reason(path) or size_reason(info.st_size)
    if reason:
        result.skipped.append((_text(path), reason))
    else:
        result.files.append(Found(path, info.st_size, info.st_mtime_ns))


def name_reason(path: str) -> str:
    """Why a file is left out by its name; empty when it is not."""
    if not path.isprintable():
        # A line break in a name would break every list that names it; surrogates stand for bytes that are no UTF-8.
        return "name with control characters or invalid UTF-8"
    if path.endswith(DATA):
        return "data"
    return "generated" if path.endswith((".min.js", ".min.css", ".map", "-lock.json", ".lock", ".lockb")) else ""


def size_reason(size: int) -> str:
    """Why a file is left out by its size; empty when it is not."""
    return f"larger than {MAX_BYTES / 1e6:.1f} MB" if size > MAX_BYTES else ""


def content_reason(data: bytes) -> str:
    """Why a file is left out by its content; empty when it is not."""
    head = data[:HEAD_BYTES]
    if b"\0" in head:
        return "binary"
    return "generated" if is_generated(head) else ""


def _text(path: str) -> str:
    """A path as JSON can hold it."""
    return os.fsencode(path).decode("utf-8", "replace")
