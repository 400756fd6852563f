"""The workspace's files: read once, and written all together or not at all."""

import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farthing.edit.apply import Target
from farthing.edit.model import Document, FileChange, Hunk, Placed, Status
from farthing.edit.paths import Place, locate
from farthing.errors import WriteFailed

MAX_BYTES = 20_000_000
"""Of a file that is edited."""


@dataclass
class Workspace:
    """What was read of a workspace, so that it is known whether it is still so when something is written."""

    root: Path
    """Resolved."""
    read: dict[str, bytes | None] = field(default_factory=dict)
    """Bytes of the files by their relative paths; None for one that is not there."""
    unsaved: Callable[[str], str | None] = lambda path: None
    """The text that an editor has of a file, by its relative path; None where it has none. It stands for the file's."""

    def exists(self, name: str) -> bool:
        """Whether the workspace has a file of that name."""
        place = locate(self.root, name)
        return isinstance(place, Place) and place.absolute.is_file()

    def targets(self, hunks: Sequence[Hunk]) -> dict[str, Target]:
        """The file that each hunk's path means, with its text."""
        return {path: self._target(path) for path in dict.fromkeys(hunk.path for hunk in hunks)}

    def _target(self, name: str) -> Target:
        if not name:
            return Target(name, refusal=Placed(Status.MALFORMED, "no file is named for it, and there is no default"))
        place = locate(self.root, name)
        if isinstance(place, Placed):
            return Target(name, refusal=place)
        if (text := self.unsaved(place.relative)) is not None:
            return Target(place.relative, Document(text))
        try:
            data = _bytes(place.absolute)
        except OSError as exc:
            reason = f"the file can't be read: {exc.strerror}"
            return Target(place.relative, refusal=Placed(Status.NOT_FOUND, reason))
        self.read[place.relative] = data
        if data is None:
            return Target(place.relative)
        reason = _no_text(data)
        if reason:
            return Target(place.relative, refusal=Placed(Status.NOT_FOUND, reason))
        text = data.decode("utf-8", "surrogateescape")
        return Target(place.relative, Document(text, plain=text.isascii() or _is_utf8(data)))

    def changed(self, changes: Sequence[FileChange]) -> list[str]:
        """The paths that are no longer as they were read, or lead elsewhere."""
        return [change.path for change in changes if not self._same(change.path)]

    def _same(self, path: str) -> bool:
        place = locate(self.root, path)
        try:
            return isinstance(place, Place) and place.relative == path and _bytes(place.absolute) == self.read[path]
        except OSError:
            return False

    def write(self, changes: Sequence[FileChange]) -> None:
        """Write files: each is made beside the old one and takes its place at once, with its mode.

        Raises:
            WriteFailed: one can't be written; those before it are as they were.
        """
        made: list[tuple[Path, Path]] = []
        done: list[tuple[Path, bytes | None]] = []
        try:
            for change in changes:
                path = self.root / change.path
                path.parent.mkdir(parents=True, exist_ok=True)
                made.append((_beside(path, change.after.encode("utf-8", "surrogateescape")), path))
            for (temporary, path), change in zip(made, changes, strict=True):
                os.replace(temporary, path)
                done.append((path, self.read[change.path]))
        except OSError as exc:
            for path, data in done:
                _restore(path, data)
            raise WriteFailed(
                f"{exc.filename or self.root} can't be written: {exc.strerror}; no file is changed",
                "Make room or mend the folder's permissions",
            ) from exc
        finally:
            for temporary, _ in made:
                temporary.unlink(missing_ok=True)


def _bytes(path: Path) -> bytes | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _no_text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        return f"the file has more than {MAX_BYTES // 1_000_000} MB"
    return "the file is binary" if b"\0" in data else ""


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _beside(path: Path, data: bytes) -> Path:
    """A new file in the same directory, flushed, with the mode of the one that it is to replace."""
    handle, name = tempfile.mkstemp(prefix=".farthing-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask())
    except OSError:
        os.unlink(name)
        raise
    return Path(name)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _restore(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        os.replace(_beside(path, data), path)
