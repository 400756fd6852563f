"""What runs in the worker processes: read, hash, parse, lay out."""

import gc
import os
from pathlib import Path

from farthing.index import languages, rows, scan

Result = tuple[str, int, int, rows.ContentRows | int | str]
"""Path, size, modification time, and the content: its rows, its id in the store, or why the file is left out."""


def start(niceness: int) -> None:
    """Called once in each worker."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    gc.disable()  # tags have no cycles, and a worker ends with its update: looking for garbage is a tenth of its time


def index_files(root: str, paths: list[str]) -> list[Result]:
    """Read and parse some files. One that vanished is left out of the result."""
    results: list[Result] = []
    for path in paths:
        if (found := read(Path(root), path)) is not None:
            size, mtime_ns, data = found
            if isinstance(data, bytes):
                reason = scan.content_reason(data)
                results.append((path, size, mtime_ns, reason or rows.make(data, languages.language_id(path))))
            else:
                results.append((path, size, mtime_ns, data))
    return results


def read(root: Path, path: str) -> tuple[int, int, bytes | str] | None:
    """Size, time and bytes of a file, or the reason why it can't be read; None when it is gone.

    The time is taken before the bytes: a file that changes meanwhile looks changed the next time.
    """
    try:
        with (root / path).open("rb") as file:
            info = os.fstat(file.fileno())
            if reason := scan.size_reason(info.st_size):
                return info.st_size, info.st_mtime_ns, reason
            return info.st_size, info.st_mtime_ns, file.read()
    except FileNotFoundError:
        return None
    except OSError as exc:
        return 0, 0, f"unreadable: {exc.strerror}"
