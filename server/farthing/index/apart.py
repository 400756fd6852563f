"""A long update in a process of its own: who types shares neither Python's lock nor the store's connection with it."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from farthing.errors import Cancelled, IndexUnavailable
from farthing.index import indexer, worker
from farthing.index.store import Store

TURN_SECONDS = 0.1
"""How often the one who waits looks whether the update is to be given up."""

_Progress = tuple[int, int]


def update(
    root: Path, store: Path, report: indexer.Report, cancelled: Callable[[], bool], niceness: int
) -> indexer.Summary:
    """Bring the store of a path up to date, and wait for it. Blocks without holding anything.

    Raises:
        Cancelled: what is written until then stays.
        IndexUnavailable: the store can't be written, or the process was ended.
    """
    # Spawned, as the language server has threads. Not a daemon: it has worker processes of its own.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, str(root), str(store), niceness), name="farthing-index")
    process.start()
    theirs.close()
    try:
        return _wait(ours, report, cancelled)
    finally:
        ours.close()  # which tells the process to give up, wherever it is
        process.join()
        process.close()


def _wait(ours: Connection, report: indexer.Report, cancelled: Callable[[], bool]) -> indexer.Summary:
    while True:
        if cancelled():
            raise Cancelled("indexing was given up")
        if not ours.poll(TURN_SECONDS):
            continue
        try:
            message: indexer.Summary | _Progress | IndexUnavailable = ours.recv()
        except EOFError:
            raise IndexUnavailable(
                "the process that indexes was ended", "It is started again with the editor"
            ) from None
        if isinstance(message, indexer.Summary):
            return message
        if isinstance(message, IndexUnavailable):
            raise message
        report(*message)


def _run(theirs: Connection, root: str, path: str, niceness: int) -> None:
    """In the process: nothing is ever sent to it, so there is something to read when the other end is closed."""
    worker.start(niceness)  # those that it starts are as nice by that
    try:
        store = Store(Path(path))
        try:
            summary = indexer.update(Path(root), store, lambda done, total: theirs.send((done, total)), theirs.poll)
        finally:
            store.close()
        theirs.send(summary)
    except IndexUnavailable as exc:
        theirs.send(exc)
    except (Cancelled, BrokenPipeError, ConnectionResetError):
        return
