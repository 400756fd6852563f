"""What models have replied, kept on this machine for who wants it: a new applier is tried on it without any model.

A file of JSON lines per month, readable by the user only. A record holds all that the applier had, and what it made of
it: it is applied again in an empty directory, so nothing of the workspace is needed, or touched.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from farthing import __version__, config, paths
from farthing.chat.readers import READERS, Kept
from farthing.edit.apply import plan
from farthing.edit.files import Workspace
from farthing.edit.model import Result
from farthing.edit.paths import Place, locate
from farthing.errors import SettingsError

MAX_BYTES = 50_000_000
"""Of all files together; the oldest records go first."""

MAX_RECORD = 2_000_000
"""Bytes. A reply that concerns larger files is not kept."""

_NAME = re.compile(r"\d{4}-\d\d\.jsonl")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Record:
    """A reply, what it was applied to, and what came of it."""

    reply: str
    """As the model wrote it."""
    format: str
    """How it is read: a name of :data:`farthing.chat.readers.READERS`."""
    path: str
    """The file of hunks that name none."""
    lines: tuple[int, int] | None
    """Within which hunks of that file must lie, from 1 and inclusive; None for anywhere."""
    model: str
    files: Mapping[str, str | None]
    """Texts of the files that the applier looked at, by their paths; None for one that was not there."""
    statuses: tuple[tuple[str, str], ...]
    """What came out: path and status of each hunk, in the order of the reply."""
    after: Mapping[str, str]
    """SHA-256 of each changed file's new text."""
    partial: bool = False
    version: str = __version__
    """Of Farthing."""
    when: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def outcome(result: Result) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """The ``statuses`` and ``after`` of a record."""
    statuses = tuple((each.path, str(each.status)) for each in result.outcomes)
    return statuses, {change.path: _hash(change.after) for change in result.changes}


@dataclass(frozen=True)
class Difference:
    """Something that is applied in another way now."""

    where: str
    """File and line of the record."""
    model: str
    what: str
    """In one line: what it was, and what it is."""


class Replays:
    """The records of one directory."""

    def __init__(self, folder: Path | None = None, most: int = MAX_BYTES) -> None:
        self.folder = folder or paths.data_dir() / "replies"
        self._most = most

    def keep(self, record: Record) -> bool:
        """Add a record; whether it was. What goes wrong is logged, and disturbs nobody."""
        # It begins with a line break too: one that was cut off by a full disk must not spoil its successor.
        line = f"\n{json.dumps(_tree(record))}\n".encode()
        if len(line) > MAX_RECORD:
            return False
        try:
            self._append(line, record.when[:7])
        except OSError as exc:
            _logger.warning("a reply can't be kept: %s", exc)
            return False
        return True

    def _append(self, line: bytes, month: str) -> None:
        from filelock import FileLock  # here: it takes 30 ms, and hardly anyone keeps replies

        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock", timeout=10):
            self._make_room(len(line))
            file = os.open(
                self.folder / f"{month}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600
            )
            try:
                os.write(file, line)
            finally:
                os.close(file)

    def _make_room(self, size: int) -> None:
        """Drop the oldest records, half of what may be kept at once, so that this is not done each time."""
        files = self.files()
        held = sum(path.stat().st_size for path in files)
        excess = held + size - self._most
        if excess <= 0:
            return
        excess = max(excess, self._most // 2)
        for path in files:
            data = path.read_bytes()
            if len(data) <= excess:
                path.unlink()
            else:
                cut = data.find(b"\n", excess)
                _replace(path, data[cut:] if cut >= 0 else b"")
            excess -= len(data)
            if excess <= 0:
                return

    def files(self) -> list[Path]:
        """The files with records, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(each for each in self.folder.iterdir() if _NAME.fullmatch(each.name))


def wanted(setting: bool = False) -> bool:
    """Whether the user has asked for replies to be kept: by the editor's setting, or by ``config.toml``::

    [edit]
    keep_replies = true
    """
    try:
        section = config.load().get("edit")
    except SettingsError:
        return setting
    return setting or (isinstance(section, Mapping) and section.get("keep_replies") is True)


def read(path: Path) -> Iterator[tuple[int, Record | None]]:
    """The records of a file with their lines, from 1; None for one that is damaged.

    Raises:
        OSError: the file can't be read.
    """
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            yield number, _record(line)


def differences(record: Record) -> list[str] | None:
    """What is applied in another way now, a line each; None where this version can't read replies of its format."""
    reader = READERS.get(record.format)
    if reader is None:
        return None
    with tempfile.TemporaryDirectory(prefix="farthing-replay-") as name:
        root = Path(name).resolve()
        if not _lay_out(record.files, root):
            return ["its files can't be laid out"]
        workspace = Workspace(root)
        kept = Kept(record.reply, record.path, record.lines, record.files, workspace.exists)
        hunks = reader(kept)
        statuses, after = outcome(plan(hunks, workspace.targets(hunks), partial=record.partial))
    found = []
    if len(statuses) != len(record.statuses):
        found.append(f"{len(record.statuses)} hunks were read, and {len(statuses)} are now")
    for number, (then, now) in enumerate(zip(record.statuses, statuses, strict=False), 1):
        if then != now:
            found.append(f"hunk {number} was {then[1]} in {then[0]!r}, and is {now[1]} in {now[0]!r}")
    for path in sorted({*record.after, *after}):
        if record.after.get(path) != after.get(path):
            found.append(f"{path!r} gets other text than it did")
    return found


def _lay_out(files: Mapping[str, str | None], root: Path) -> bool:
    """Write the files of a record, none of them anywhere else: a corpus may come from anybody."""
    for name, text in files.items():
        place = locate(root, name)
        if not isinstance(place, Place):
            return False
        if text is None:
            continue
        try:
            place.absolute.parent.mkdir(parents=True, exist_ok=True)
            place.absolute.write_bytes(text.encode("utf-8", "surrogateescape"))
        except (OSError, UnicodeEncodeError):
            return False
    return True


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _tree(record: Record) -> dict[str, Any]:
    files = {
        path: None if text is None else {"sha256": _hash(text), "text": text} for path, text in record.files.items()
    }
    return {**asdict(record), "files": files}


def _record(line: bytes) -> Record | None:
    try:
        tree = json.loads(line)
        files = {path: None if held is None else _text(held) for path, held in tree["files"].items()}
        lines = tree["lines"]
        record = Record(
            reply=_str(tree["reply"]),
            format=_str(tree["format"]),
            path=_str(tree["path"]),
            lines=None if lines is None else (int(lines[0]), int(lines[1])),
            model=_str(tree["model"]),
            files=files,
            statuses=tuple((_str(path), _str(status)) for path, status in tree["statuses"]),
            after={_str(path): _str(digest) for path, digest in tree["after"].items()},
            partial=tree["partial"] is True,
            version=_str(tree["version"]),
            when=_str(tree["when"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
        return None
    return record


def _text(held: Mapping[str, object]) -> str:
    text = _str(held["text"])
    if _hash(text) != held["sha256"]:
        raise ValueError("a file is not as it was kept")
    return text


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent)
    with contextlib.ExitStack() as undo:
        undo.callback(Path(name).unlink, missing_ok=True)
        with open(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)


def replay(files: Sequence[Path]) -> tuple[int, int, list[Difference]]:
    """Apply all records of some files again: how many that were, how many can't be, and what is different.

    Raises:
        OSError: a file can't be read.
    """
    done, skipped, found = 0, 0, []
    for path in files:
        for number, record in read(path):
            new = differences(record) if record else None
            if record is None or new is None:
                skipped += 1
                continue
            done += 1
            found += [Difference(f"{path.name}:{number}", record.model, each) for each in new]
    return done, skipped, found
