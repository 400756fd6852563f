"""Keeps the index of one repository fresh while an editor is open."""

import asyncio
import contextlib
import functools
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import watchfiles

from farthing.errors import Cancelled, FarthingError
from farthing.index import apart, incremental, indexer
from farthing.index.ignore import NEVER
from farthing.index.overlay import Overlay
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store, store_path

DEBOUNCE_MS = 300
"""Changes are collected for this long after the first one: a branch switch comes as one batch, not as thousands."""

TYPING_SECONDS = 0.3
"""An unsaved text is looked at when nobody has typed for so long."""

NICENESS = 10
"""How far parsing gives way to everything else: whoever types comes first."""

WATCH_TURN_MS = 500
"""How often the watching thread looks whether it is to stop, and how soon it says that it has begun."""

_logger = logging.getLogger(__name__)

_T = TypeVar("_T")

Progress = Callable[[int, int], None]
"""Bytes done and to do; called from a thread of the index's."""


@dataclass(frozen=True)
class _Opened:
    """What the index's own thread works with."""

    store: Store
    overlay: Overlay
    retrieval: Retrieval


class LiveIndex:
    """The index of a repository. Belongs to one event loop; all work is done in a thread of its own.

    Args:
        root: the repository.
        progress: told how far a long update is.
        updated: called after every update, from the loop.
    """

    def __init__(
        self, root: Path, progress: Progress = lambda done, total: None, updated: Callable[[], None] = lambda: None
    ) -> None:
        self.root = root.resolve()
        self._progress = progress
        self._updated = updated
        # One thread: SQLite's connection is used by one at a time, and queries see whole updates.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._stopping = threading.Event()
        self._changed: asyncio.Queue[set[str]] = asyncio.Queue()
        self._watched = False
        self._files: _Opened | None = None
        self._texts: dict[str, str] = {}
        self._typed: dict[str, str | None] = {}
        self._pause: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._overlaying: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to index, and then to watch."""
        self._task = asyncio.create_task(self._run())

    async def query(self, ask: Callable[[Retrieval], _T]) -> _T:
        """Ask something of the index as it is now, unsaved texts included.

        Args:
            ask: called in the index's own thread, each time with the same object.

        Raises:
            IndexUnavailable: the store can't be opened.
        """

        def work() -> _T:
            files = self._opened()
            with files.overlay.steady():
                return ask(files.retrieval)

        return await self._in_thread(work)

    def overlay(self, path: str, text: str | None) -> None:
        """Let a text that is open in the editor stand for a file, once nobody types any more; None: the disk counts.

        Args:
            path: relative to the root, forward slashes. What the index leaves out stays out.
        """
        if self._texts.get(path) is text:
            return
        if text is None:
            del self._texts[path]
        else:
            self._texts[path] = text
        self._typed[path] = text
        self._wait_for_pause()

    def saved(self, path: str) -> None:
        """Look at a file again at once, where otherwise the watch would tell of it, or can't."""
        if self._watched:
            self._changed.put_nowait({path})

    async def aclose(self) -> None:
        """Stop watching, give up an update that runs, close the store."""
        self._stopping.set()
        self._changed.put_nowait(set())
        if self._pause is not None:
            self._pause.cancel()
        running = [task for task in (self._task, self._overlaying) if task is not None]
        await asyncio.gather(*running, return_exceptions=True)
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        try:
            await self._update_all()
            threading.Thread(target=self._watch, args=(asyncio.get_running_loop(),), name="watch", daemon=True).start()
            # The first batch is empty and says that the watch has begun: what changed until then has to be looked for.
            await self._changed.get()
            self._watched = True
            await self._update_all()
            while not self._stopping.is_set():
                paths = await self._changed.get()
                while not self._changed.empty():
                    # What came during an update. A switch of branches comes in batches, each of which is a long one.
                    paths |= self._changed.get_nowait()
                if paths:
                    if await self._in_thread(functools.partial(self._update, paths)):
                        self._updated()
                    else:
                        await self._update_all(len(paths) > incremental.MAX_PATHS)
        except Cancelled:
            pass
        except FarthingError as exc:
            _logger.warning("the index is not kept fresh: %s", exc)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own, as setting thousands of watches up takes a while."""
        batches = watchfiles.watch(
            self.root,
            watch_filter=_Filter(),
            debounce=DEBOUNCE_MS,
            rust_timeout=WATCH_TURN_MS,
            yield_on_timeout=True,
            stop_event=self._stopping,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        begun = False
        above = len(os.path.join(self.root, ""))
        try:
            for batch in batches:
                paths = {path[above:].replace(os.sep, "/") for _, path in batch}  # pathlib would take 50 times as long
                if paths or not begun:
                    begun = True
                    loop.call_soon_threadsafe(self._changed.put_nowait, paths)
        except OSError as exc:
            # inotify's limits, most often. The index is brought up to date at the next start.
            _logger.warning("can't watch %s: %s", self.root, exc)
        except RuntimeError:
            _logger.debug("the loop is gone")

    def _wait_for_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().call_later(TYPING_SECONDS, self._take_typed)

    def _take_typed(self) -> None:
        if self._overlaying is not None and not self._overlaying.done():
            self._wait_for_pause()
        else:
            typed, self._typed = self._typed, {}
            self._overlaying = asyncio.create_task(self._overlay(typed))

    async def _overlay(self, typed: dict[str, str | None]) -> None:
        for path, text in typed.items():
            if self._stopping.is_set():
                return
            if path in self._typed:
                continue  # there is a newer text of it already
            try:
                # One by one: questions come in between.
                await self._in_thread(functools.partial(self._put, path, text))
            except FarthingError as exc:
                _logger.warning("the unsaved text of %s is left out of the index: %s", path, exc)
        self._updated()

    def _put(self, path: str, text: str | None) -> None:
        self._opened().overlay.put(path, text)

    def _update(self, paths: set[str]) -> bool:
        files = self._opened()
        enough = incremental.update_paths(self.root, files.store, paths, files.overlay.make)
        if enough:
            files.overlay.resync(paths)
        return enough

    async def _update_all(self, long: bool = False) -> None:
        """Look at everything; where that is known to be long, or turns out to be, not in this process."""
        plan = None if long else await self._in_thread(lambda: indexer.survey(self.root, self._opened().store))
        if plan is None or plan.long:
            # Not in the index's own thread: questions are answered meanwhile.
            path = store_path(self.root)
            stopping = self._stopping.is_set
            summary = await asyncio.to_thread(apart.update, self.root, path, self._progress, stopping, NICENESS)
        else:
            summary = await self._in_thread(functools.partial(self._carry_out, plan))
        await self._in_thread(lambda: self._opened().overlay.resync())
        _logger.info("indexed %d files, %d symbols in %.2f s", summary.files, summary.symbols, summary.seconds)
        self._updated()

    def _carry_out(self, plan: indexer.Survey) -> indexer.Summary:
        return indexer.carry_out(plan, self._opened().store, self._progress, self._stopping.is_set, NICENESS)

    def _opened(self) -> _Opened:
        if self._files is None:
            store = Store(store_path(self.root))
            overlay = Overlay(self.root, store)
            self._files = _Opened(store, overlay, Retrieval(self.root, store, overlay.read))
        return self._files

    def _close(self) -> None:
        if self._files is not None:
            with contextlib.suppress(FarthingError):  # what stays in the store belongs to no file, and is not found
                self._files.overlay.clear()
            self._files.store.close()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class _Filter(watchfiles.BaseFilter):
    """Folders that hold no source are not worth waking up for."""

    ignore_dirs = tuple(NEVER)
    ignore_entity_patterns = ()
    ignore_paths = ()
