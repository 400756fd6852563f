"""Brings a few files of a store up to date, without a walk over the repository."""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from farthing.index import indexer, languages, rows, scan, worker
from farthing.index.bulk import Change
from farthing.index.ignore import IGNORE_FILES, IgnoreRules, folder_reason
from farthing.index.store import Skip, Store

MAX_PATHS = 200
"""More changed paths than this, and a walk over everything is the faster way."""


def update_paths(
    root: Path,
    store: Store,
    paths: Iterable[str],
    make: Callable[[bytes, str], rows.ContentRows] = rows.make,
) -> bool:
    """Look at some paths again.

    Args:
        paths: relative to the root, forward slashes; files that changed, came or went.
        make: parses a content in a language.

    Returns:
        False when this is not enough, because a folder or an ignore file is among them: then everything has to be
        looked at (:func:`farthing.index.indexer.update`).

    Raises:
        IndexUnavailable: the store can't be written.
    """
    wanted = sorted(set(paths))
    if len(wanted) > MAX_PATHS or any(PurePosixPath(path).name in IGNORE_FILES for path in wanted):
        return False
    removed: list[str] = []
    present: list[str] = []
    for path in wanted:
        full = root / path
        # Links are not followed: what was a file here once is gone.
        exists = full.exists() and not full.is_symlink()
        if (exists and full.is_dir()) or (not exists and store.holds_folder(path)):
            return False
        (present if exists and not left_out(root, path) else removed).append(path)
    skips: dict[str, Skip | None] = dict.fromkeys(wanted)
    changes: list[Change] = []
    for path in present:
        if (found := worker.read(root, path)) is None:
            continue
        size, mtime_ns, data = found
        reason = data if isinstance(data, str) else scan.content_reason(data)
        if reason or isinstance(data, str):
            skips[path] = (reason, size, indexer.settled(mtime_ns))
            removed.append(path)
        else:
            content = make(data, languages.language_id(path))
            changes.append(Change(path, size, indexer.settled(mtime_ns), content))
    removed = [path for path in removed if store.file(path)]
    if changes or removed:
        store.apply(changes, removed)
    if skips := {path: skip for path, skip in skips.items() if store.skip(path) != skip}:
        store.change_skipped(skips)
    return True


def left_out(root: Path, path: str) -> bool:
    """Whether ignore files, names or links leave a file out. It need not be there."""
    rules = IgnoreRules.of_root(root)
    parts = path.split("/")
    prefix = ""
    for part in parts[:-1]:
        folder = prefix + part
        if folder_reason(part) or rules.ignores(folder, is_folder=True) or (root / folder).is_symlink():
            return True
        prefix += part + "/"
        rules = rules.below(root, prefix, IGNORE_FILES)
    return rules.ignores(path) or bool(scan.name_reason(path)) or (root / path).is_symlink()
