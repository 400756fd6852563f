"""Where copies of workspaces are made, and that none outlives its use: also when we are killed."""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from farthing import paths

_LOCK = ".lock"


def directory(root: Path) -> Path | None:
    """Where they are made: with the rest of the state or, where that lies in the workspace itself, with temporary
    files; None where they do, too."""
    state = paths.cache_dir().resolve() / "verify"
    other = Path(tempfile.gettempdir()).resolve() / f"farthing-verify-{os.getuid()}"
    return next((each for each in (state, other) if not each.is_relative_to(root.resolve())), None)


@contextmanager
def job(folder: Path) -> Iterator[Path]:
    """A new directory for one run, private and removed at the end; what dead processes have left is removed first.

    Raises:
        OSError: it can't be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o077:
        raise PermissionError(1, "it is not a directory of yours alone", str(folder))
    clear(folder)
    lock, place = _claim(folder)
    try:
        place.mkdir(mode=0o700)
        yield place
    finally:
        remove(place)
        place.with_suffix(_LOCK).unlink(missing_ok=True)
        os.close(lock)


def _claim(folder: Path) -> tuple[int, Path]:
    """A lock that the kernel takes from us when we die, and the directory that it stands for."""
    while True:
        handle, name = tempfile.mkstemp(suffix=_LOCK, dir=folder)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Another process may have taken it for a dead one's before it was locked.
        with contextlib.suppress(FileNotFoundError):
            if os.stat(name).st_ino == os.fstat(handle).st_ino:
                return handle, Path(name).with_suffix("")
        os.close(handle)


def clear(folder: Path) -> None:
    """Remove what processes that are dead have left."""
    for lock in folder.glob(f"*{_LOCK}"):
        with contextlib.suppress(OSError):
            handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(lock.with_suffix(""))
                lock.unlink(missing_ok=True)
            finally:
                os.close(handle)


def remove(place: Path) -> None:
    """Remove a directory, whatever the tests have made of its permissions. Links are not followed."""
    # From the top: a directory that can't be read hides the others.
    for folder, _, _ in os.walk(place):
        _open_up(Path(folder))
    shutil.rmtree(place, ignore_errors=True)


def _open_up(folder: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
