"""A copy of a workspace as the user has it: uncommitted and untracked files too, ignored ones not.

Files are copied, and ``git worktree`` is not used: that runs what the repository's own configuration names (the hook
post-checkout, smudge filters, a monitor of the file system), writes into the user's ``.git``, and knows only what is
committed. Git is asked for names only, with everything off that could start a program; what it can't tell, as there is
no repository, is found by walking. A copy has no ``.git``.
"""

import os
import stat
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from farthing.edit.model import FileChange
from farthing.edit.paths import Place, locate
from farthing.errors import Cancelled, FarthingError
from farthing.index.ignore import NEVER
from farthing.verify.model import Limits

LINKED = ("node_modules", ".venv", "venv")
"""What a package manager has made beside files that are copied: ignored, large, and needed by tests."""

GIT = ["git", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "-c", "core.hooksPath=/dev/null"]
LISTING = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
SECONDS = 60.0
CHUNK = 1 << 20


class TooLarge(FarthingError):
    """The workspace is beyond the limits of what is copied."""


@dataclass
class Copied:
    """What a copy holds."""

    links: list[str] = field(default_factory=list)
    """Directories beside the files that the command needs and that are not copied, relative."""
    left_out: list[str] = field(default_factory=list)
    """Links that lead out of the workspace, and what is no file, relative."""
    files: int = 0
    bytes: int = 0


class Copier:
    """Copies one workspace.

    Args:
        root: the workspace, resolved.
        target: an empty directory that is not in it.
    """

    def __init__(self, root: Path, target: Path, limits: Limits) -> None:
        self._root = root
        self._target = target
        self._limits = limits
        self._copied = Copied()
        self._folders: dict[PurePosixPath, bool] = {}
        self.given_up = threading.Event()
        """Set from another thread to end the work."""

    def copy(self) -> Copied:
        """Copy everything.

        Raises:
            TooLarge, Cancelled: it was given up.
            OSError: the copy can't be written; no space is left, say.
        """
        symbolic = []
        # Once each: a file that became a directory is named by git's index and by what is in its place.
        for path in dict.fromkeys(map(PurePosixPath, names(self._root))):
            if self.given_up.is_set():
                raise Cancelled("the copy was given up")
            if not self._real(path.parent):
                continue
            try:
                mode = os.lstat(self._root / path).st_mode
            except OSError:  # deleted, and not committed yet
                continue
            if stat.S_ISLNK(mode):
                symbolic.append(path)
            elif stat.S_ISREG(mode):
                self._file(path)
            else:
                self._copied.left_out.append(str(path))
        # After all files, so that none can be written through a link.
        for path in symbolic:
            self._link(path)
        self._find_linked()
        return self._copied

    def _real(self, folder: PurePosixPath) -> bool:
        """Whether a directory is one, and no link on the way to it; it is made in the copy then."""
        if folder not in self._folders:
            real = folder == PurePosixPath() or (
                self._real(folder.parent) and (self._root / folder).is_dir() and not (self._root / folder).is_symlink()
            )
            self._folders[folder] = real
            if real:
                (self._target / folder).mkdir(exist_ok=True)
        return self._folders[folder]

    def _file(self, path: PurePosixPath) -> None:
        try:
            source = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # gone meanwhile, or not ours to read
            self._copied.left_out.append(str(path))
            return
        with open(source, "rb") as reading:
            info = os.fstat(source)
            if not stat.S_ISREG(info.st_mode):
                self._copied.left_out.append(str(path))
                return
            mode = stat.S_IMODE(info.st_mode) & 0o777 | 0o600
            target = os.open(self._target / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with open(target, "wb") as writing:
                while data := reading.read(CHUNK):
                    self._count(len(data))
                    writing.write(data)
        # What is built by comparing times is not built anew.
        os.utime(self._target / path, ns=(info.st_atime_ns, info.st_mtime_ns))
        self._copied.files += 1
        self._count(0)

    def _count(self, size: int) -> None:
        self._copied.bytes += size
        limits = self._limits
        if self._copied.bytes > limits.copy_bytes or self._copied.files > limits.copy_files:
            raise TooLarge(
                f"the workspace has more than {limits.copy_bytes // 1_000_000} MB or {limits.copy_files} files to copy",
                "Have git ignore what the tests do not need",
            )

    def _link(self, path: PurePosixPath) -> None:
        """A link within the workspace becomes one within the copy; others are left out."""
        text = os.readlink(self._root / path)
        try:
            leads = Path(os.path.realpath(self._root / path)).relative_to(self._root)
        except ValueError:
            self._copied.left_out.append(str(path))
            return
        if os.path.isabs(text):
            text = os.path.relpath(self._root / leads, (self._root / path).parent)
        os.symlink(text, self._target / path)

    def _find_linked(self) -> None:
        for folder in [each for each, real in self._folders.items() if real] or [PurePosixPath()]:
            for name in LINKED:
                if (self._root / folder / name).is_dir() and not os.path.lexists(self._target / folder / name):
                    self._copied.links.append(str(folder / name))


def names(root: Path) -> Iterator[str]:
    """The files of a workspace, relative; repositories within it included."""
    found = _by_git(root)
    for name in _by_walking(root) if found is None else found:
        inner = name.rstrip("/")
        # An index that was made by hand may name anything.
        if name.startswith("/") or {"", ".", "..", ".git"} & set(inner.split("/")):
            continue
        if (root / inner).is_dir() and not (root / inner).is_symlink():
            # A submodule, or a repository that is none. Its own git knows what it ignores.
            yield from (f"{inner}/{each}" for each in names(root / inner))
        else:
            yield name


def _by_git(root: Path) -> Iterable[str] | None:
    keep = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # No file is fetched that a partial clone lacks: that would start whatever its remote names.
    closed = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
    try:
        command = [*GIT, "-C", str(root), *LISTING]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, env=keep | closed, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = dict.fromkeys(os.fsdecode(done.stdout).split("\0")[:-1])
    # Nothing at all: a repository above it ignores the whole folder.
    return found if done.returncode == 0 and found else None


def _by_walking(root: Path) -> Iterator[str]:
    for folder, inner, files in os.walk(root):
        inner[:] = [name for name in inner if name not in NEVER]
        # Links to directories are among the directories.
        below = [name for name in inner if os.path.islink(os.path.join(folder, name))]
        yield from (os.path.relpath(os.path.join(folder, name), root) for name in [*files, *below])


def apply(changes: Sequence[FileChange], target: Path) -> None:
    """Make the changes in a copy.

    Raises:
        FarthingError: one leads elsewhere than to the file that it names.
        OSError: it can't be written.
    """
    for change in changes:
        place = locate(target, change.path)
        if not isinstance(place, Place) or place.relative != change.path:
            raise FarthingError(f"{change.path} is no file of the copy")
        place.absolute.parent.mkdir(parents=True, exist_ok=True)
        place.absolute.write_bytes(change.after.encode("utf-8", "surrogateescape"))
