"""Where model files come from: one module per kind of source.

Every source has one function ``fetch(source, job) -> Path`` that leaves the whole file, unchecked, in ``job.staging``
and picks up what an earlier, interrupted attempt left there. It raises

- ``DownloadFailed`` when this source can't give the file: the next one is tried;
- ``ChecksumMismatch`` when it gave other bytes than the catalogue says;
- ``DiskFull`` and ``Cancelled``, which end the pull.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farthing.engine.models.catalogue import Model
from farthing.errors import DiskFull

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Job:
    """One attempt to fetch one model."""

    model: Model
    """What is wanted."""
    staging: Path
    """An existing directory that this process alone uses now, kept between attempts."""
    report: Callable[[int], None]
    """Called with the bytes of the file that are here so far."""
    cancelled: Callable[[], bool]
    """Polled several times a second."""


def is_disk_full(number: int | None) -> bool:
    """Whether an ``errno`` means that nothing more can be written: device, quota or the largest file allowed."""
    return number in _NO_SPACE


def disk_full(where: Path) -> DiskFull:
    """The error to raise for it."""
    return DiskFull(
        f"the disk is full in {where}",
        "Free some space and pull again: what has arrived is kept. FARTHING_HOME moves the models elsewhere",
    )
