"""Brings a store up to date with a repository on disk: finds what changed, parses it in worker processes, writes it.

Every batch is one transaction, so a store that was left by ``kill -9`` is a correct index of some of the files, and the
next run does the rest.
"""

import contextlib
import itertools
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from farthing.errors import Cancelled
from farthing.index import languages, rows, scan, worker
from farthing.index.bulk import Change
from farthing.index.store import Skip, Store, StoredFile

BATCH_BYTES = 400_000
"""Bytes of source that a worker gets at once: some 80 ms of work, which is how long cancelling takes."""

WRITE_BYTES = 3_000_000
"""Bytes of source whose rows are written in one transaction. Larger ones are not faster, and more is lost by a kill."""

UPDATE_BYTES = 500_000
"""The same where the store is in use: who writes the text of an editor meanwhile waits for one transaction."""

ALONE_BYTES = 600_000
"""Less than this is parsed right here: starting workers takes longer."""

RACY_NS = 2_000_000_000
"""A file that was changed this short a time before it was read may be changed again without its time telling (git's
racy entries): its content is looked at again."""


@dataclass(frozen=True)
class Summary:
    """What a run found and did."""

    files: int
    symbols: int
    references: int
    bytes: int
    """Of the files that are indexed."""
    seconds: float
    parsed: int
    """Files whose content was new."""
    skipped: tuple[tuple[str, str], ...]
    """Path and reason."""


Report = Callable[[int, int], None]
"""Bytes done and bytes to do."""


def update(
    root: Path,
    store: Store,
    report: Report = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    niceness: int = 0,
) -> Summary:
    """Bring the store up to date with everything under ``root``.

    Args:
        report: told of progress, and ``cancelled`` asked, between batches.
        niceness: how far the worker processes give way to others, as ``nice`` has it.

    Raises:
        Cancelled: what is written until then stays.
        IndexUnavailable: the store can't be written.
    """
    return carry_out(survey(root, store), store, report, cancelled, niceness)


@dataclass(frozen=True)
class Survey:
    """How a repository differs from its store."""

    root: Path
    found: scan.Scan
    known: dict[str, StoredFile]
    skips: dict[str, Skip]
    work: list[scan.Found]
    """What has to be read."""
    start: float
    """``time.monotonic()`` when it began."""

    @property
    def long(self) -> bool:
        """Whether more is to be read than is worth doing without worker processes."""
        return sum(each.size for each in self.work) > ALONE_BYTES


def survey(root: Path, store: Store) -> Survey:
    """Look at what is there, without reading it.

    Raises:
        IndexUnavailable: the store can't be written.
    """
    start = time.monotonic()
    if store.is_wasteful():
        store.clear()
    found, known, skips = scan.scan(root), store.files(), store.skipped()
    return Survey(root, found, known, skips, [each for each in found.files if _changed(each, known, skips)], start)


def carry_out(plan: Survey, store: Store, report: Report, cancelled: Callable[[], bool], niceness: int = 0) -> Summary:
    """Bring the store up to date with what a survey found. See :func:`update`."""
    root, known, skips, work = plan.root, plan.known, plan.skips, plan.work
    present = {each.path for each in plan.found.files}
    if gone := [path for path in known if path not in present]:
        store.apply((), gone)
    written = _Writer(store, known, {path: skip for path, skip in skips.items() if path in present})
    if work:
        _index(root, work, written, report, cancelled, niceness)
    written.skips.update((path, (reason, 0, 0)) for path, reason in plan.found.skipped)
    if written.skips != skips:
        store.replace_skipped(written.skips)
    files, symbols, uses = store.counts()
    return Summary(
        files,
        symbols,
        uses,
        store.bytes(),
        round(time.monotonic() - plan.start, 3),
        written.parsed,
        tuple(sorted((path, skip[0]) for path, skip in written.skips.items())),
    )


def _changed(found: scan.Found, known: dict[str, StoredFile], skips: dict[str, Skip]) -> bool:
    file, skip = known.get(found.path), skips.get(found.path)
    if file is not None:
        return (file.size, file.mtime_ns) != (found.size, found.mtime_ns)
    return skip is None or skip[1:] != (found.size, found.mtime_ns)


def settled(mtime_ns: int) -> int:
    """The time to remember of a file: -1, which no file has, while it may change again without its time telling."""
    return mtime_ns if mtime_ns < time.time_ns() - RACY_NS else -1


class _Writer:
    """Turns what was read into rows of the store."""

    def __init__(self, store: Store, known: dict[str, StoredFile], skips: dict[str, Skip]) -> None:
        self.store = store
        self.known = known
        self.skips = skips
        self.parsed = 0

    def write(self, results: list[worker.Result]) -> None:
        """One transaction."""
        changes, removed = [], []
        for path, size, mtime_ns, content in results:
            seen_ns = settled(mtime_ns)
            if isinstance(content, str):
                self.skips[path] = (content, size, seen_ns)
                if path in self.known:
                    removed.append(path)
                continue
            self.skips.pop(path, None)
            self.parsed += isinstance(content, rows.ContentRows)
            changes.append(Change(path, size, seen_ns, content))
        self.store.apply(changes, removed)


def _index(
    root: Path,
    work: list[scan.Found],
    writer: _Writer,
    report: Report,
    cancelled: Callable[[], bool],
    niceness: int,
) -> None:
    contents = writer.store.known_contents()
    total = sum(each.size for each in work)
    done = 0
    if contents:
        work = _write_known(root, work, contents, writer, cancelled)
        done = total - sum(each.size for each in work)
        report(done, total)
    large = sum(each.size for each in work) > ALONE_BYTES
    first = large and not contents
    with writer.store.first_fill() if first else contextlib.nullcontext():
        for results in _together(_parsed(root, work, cancelled, niceness), WRITE_BYTES if first else UPDATE_BYTES):
            writer.write(results)
            done += sum(each[1] for each in results)
            report(min(done, total), total)


def _together(batches: Iterator[list[worker.Result]], enough: int) -> Iterator[list[worker.Result]]:
    """Joins batches to ones worth a transaction."""
    joined: list[worker.Result] = []
    size = 0
    for results in batches:
        joined += results
        size += sum(each[1] for each in results)
        if size >= enough:
            yield joined
            joined, size = [], 0
    if joined:
        yield joined


def _write_known(
    root: Path,
    work: list[scan.Found],
    contents: dict[tuple[bytes, str], int],
    writer: _Writer,
    cancelled: Callable[[], bool],
) -> list[scan.Found]:
    """Write the files whose content was parsed before, under whatever name; returns the others."""
    unknown: list[scan.Found] = []
    results: list[worker.Result] = []
    for each in work:
        if cancelled():
            raise Cancelled("indexing was given up")
        read = worker.read(root, each.path)
        if read is None or not isinstance(data := read[2], bytes):
            unknown.append(each)
            continue
        size, mtime_ns = read[:2]
        id = contents.get((rows.content_hash(data), languages.language_id(each.path)))
        if id is None:
            unknown.append(each)
        else:
            results.append((each.path, size, mtime_ns, id))
    writer.write(results)
    return unknown


def _parsed(
    root: Path, work: list[scan.Found], cancelled: Callable[[], bool], niceness: int
) -> Iterator[list[worker.Result]]:
    batches = list(_batches(work))
    if sum(each.size for each in work) <= ALONE_BYTES:
        for batch in batches:
            _stop_if(cancelled)
            yield worker.index_files(str(root), batch)
        return
    # Spawned, not forked: the language server has threads, and a fork would copy their locks as they are.
    context = multiprocessing.get_context("spawn")
    count = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, len(batches))
    with ProcessPoolExecutor(count, mp_context=context, initializer=worker.start, initargs=(niceness,)) as pool:
        pending: set[Future[list[worker.Result]]] = set()
        upcoming = iter(batches)
        try:
            while True:
                # A few batches ahead keep the workers busy while rows are written, and bound the memory.
                for each_batch in itertools.islice(upcoming, max(0, 2 * count - len(pending))):
                    pending.add(pool.submit(worker.index_files, str(root), each_batch))
                if not pending:
                    return
                finished, pending = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
                _stop_if(cancelled)
                for each in finished:
                    yield each.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _batches(work: list[scan.Found]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    # The largest first: the last batches to finish are small, and no core waits long for another one.
    for each in sorted(work, key=lambda each: -each.size):
        batch.append(each.path)
        size += each.size
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("indexing was given up")
