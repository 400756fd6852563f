"""Brings a few files of a store up to date, without a walk over the repository."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from farthing.index import indexer, scan, worker
from farthing.index.bulk import Change
from farthing.index.ignore import IGNORE_FILES, IgnoreRules, folder_reason
from farthing.index.store import Store

MAX_PATHS = 200
"""More changed paths than this, and a walk over everything is the faster way."""


def update_paths(root: Path, store: Store, paths: Iterable[str]) -> bool:
    """Look at some paths again.

    Args:
        paths: relative to the root, forward slashes; files that changed, came or went.

    Returns:
        False when this is not enough, because a folder or an ignore file is among them: then everything has to be
        looked at (:func:`farthing.index.indexer.update`).

    Raises:
        IndexUnavailable: the store can't be written.
    """
    wanted = sorted(set(paths))
    if len(wanted) > MAX_PATHS or any(PurePosixPath(path).name in IGNORE_FILES for path in wanted):
        return False
    known, skipped = store.files(), store.skipped()
    skips = dict(skipped)
    removed: list[str] = []
    present: list[str] = []
    for path in wanted:
        full = root / path
        # Links are not followed: what was a file here once is gone.
        exists = full.exists() and not full.is_symlink()
        if (exists and full.is_dir()) or (
            path not in known and not exists and any(f.startswith(path + "/") for f in known)
        ):
            return False
        (present if exists else removed).append(path)
    wanted_now = [path for path in present if not _left_out(root, path)]
    removed += [path for path in present if path not in wanted_now]
    for path in removed:
        skips.pop(path, None)
    changes: list[Change] = []
    for path, size, mtime_ns, content in worker.index_files(str(root), wanted_now):
        if isinstance(content, str):
            skips[path] = (content, size, indexer.settled(mtime_ns))
            removed.append(path)
        else:
            skips.pop(path, None)
            changes.append(Change(path, size, indexer.settled(mtime_ns), content))
    removed = [path for path in removed if path in known]
    if changes or removed:
        store.apply(changes, removed)
    if skips != skipped:
        store.replace_skipped(skips)
    return True


def _left_out(root: Path, path: str) -> bool:
    """Whether ignore files or names leave a file out."""
    rules = IgnoreRules.of_root(root)
    parts = path.split("/")
    prefix = ""
    for part in parts[:-1]:
        if folder_reason(part) or rules.ignores(prefix + part, is_folder=True):
            return True
        prefix += part + "/"
        rules = rules.below(root, prefix, IGNORE_FILES)
    return rules.ignores(path) or bool(scan.name_reason(path))
