"""The ledger of the language server: opened when somebody needs it, watched while an editor is there."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from farthing import config
from farthing.errors import LedgerUnavailable, SettingsError, UsageError
from farthing.protocol import LedgerStatus, UsageReport

if TYPE_CHECKING:  # it is imported in a thread, when it is opened: the server starts without it
    from farthing.ledger.ledger import Ledger
    from farthing.ledger.model import LocalWork

_logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""How often it is asked whether another process has written. The question takes 2 microseconds."""

REFRESH_SECONDS = 2.0
"""How old a state may be where nobody has written: settings change, rates fall, processes die, sessions end. To
read one takes 0.15 ms."""

BREATH_SECONDS = 0.02
"""From an event of our own to the look at it, so that a burst is told as one."""


class Meter:
    """Tells how the session of a workspace stands, whenever that has changed; and does what the user says to it.

    Args:
        publish: gets every new status, on the event loop.
    """

    def __init__(self, publish: Callable[[LedgerStatus], None]) -> None:
        self._publish = publish
        self._root: Path | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ledger: Ledger | None = None
        self._opening = threading.Lock()
        self._news = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._seen: object = None
        self._due = 0.0
        self._last: LedgerStatus | None = None
        self._recording: set[asyncio.Future[None]] = set()

    def follow(self, root: str | None) -> None:
        """Watch the session of a workspace from now on.

        Args:
            root: its folder; None where the editor has none open.
        """
        self._root = Path(root) if root else None
        self._due = 0.0
        self._news.set()
        if self._watching is None:
            self._loop = asyncio.get_running_loop()
            self._watching = asyncio.create_task(self._watch())

    @property
    def root(self) -> Path | None:
        """The folder whose session is watched."""
        return self._root

    async def set_cap(self, tokens: int) -> None:
        """Raise the session's cap, by the user's word.

        Raises:
            UsageError: the number is no cap, or not above the one there is; the repository allows less; no folder is
                open.
            LedgerUnavailable: the ledger can't be written.
        """
        await self._act(lambda ledger, workspace: _set_cap(ledger, workspace, tokens))

    async def new_session(self) -> None:
        """End the session and begin another, by the user's word. Raises as :meth:`set_cap`."""
        await self._act(lambda ledger, workspace: ledger.reset(workspace))

    async def pause(self, paused: bool) -> None:
        """Send nothing to the cloud in this session, or go on, by the user's word. Raises as :meth:`set_cap`."""
        await self._act(lambda ledger, workspace: ledger.pause(workspace, paused))

    async def report(self) -> UsageReport:
        """What was spent in all workspaces.

        Raises:
            LedgerUnavailable: the ledger can't be read.
        """

        def read() -> UsageReport:
            from farthing.meter.report import report

            return report(self._opened())

        return await asyncio.to_thread(read)

    async def ledger(self) -> "Ledger":
        """The ledger itself, for who spends. What it writes is seen here at once.

        Raises:
            LedgerUnavailable: it can't be used.
        """
        return await asyncio.to_thread(self._opened)

    def record(self, work: "LocalWork") -> None:
        """Take note of work that was done on this machine, in the background. A ledger that can't be used holds nobody
        up: the work is not recorded then."""

        def write() -> None:
            with contextlib.suppress(LedgerUnavailable):  # the status says so already
                self._opened().record_local(work)

        task = asyncio.ensure_future(asyncio.to_thread(write))
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)

    async def aclose(self) -> None:
        """Watch no longer, and close the ledger."""
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await asyncio.gather(*self._recording)
        if self._ledger:
            await asyncio.to_thread(self._ledger.close)

    async def _act(self, act: Callable[["Ledger", str], None]) -> None:
        root = self._root
        if root is None:
            raise UsageError("a cloud session belongs to a folder, and none is open", "Open one")

        def work() -> None:
            from farthing.ledger.places import canonical

            act(self._opened(), canonical(root))

        await asyncio.to_thread(work)

    def _opened(self) -> "Ledger":
        from farthing.ledger.ledger import Ledger

        with self._opening:
            if self._ledger is None:
                self._ledger = Ledger()
                self._ledger.listen(self._stir)
            return self._ledger

    def _stir(self) -> None:
        if self._loop:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is there to be told
                self._loop.call_soon_threadsafe(self._news.set)

    async def _watch(self) -> None:
        while True:
            self._news.clear()
            status = await asyncio.to_thread(self._look)
            if status is not None and status != self._last:
                if status.problem and (self._last is None or self._last.problem != status.problem):
                    _logger.warning("nothing is sent to the cloud: %s", status.problem)
                self._last = status
                self._publish(status)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), POLL_SECONDS)
                await asyncio.sleep(BREATH_SECONDS)

    def _look(self) -> LedgerStatus | None:
        """The status now; None where nothing can have changed. Runs in a thread: the file may keep us waiting."""
        root = self._root
        if root is None:
            return LedgerStatus()
        try:
            ledger = self._opened()
            version = ledger.version()
            if version == self._seen and time.monotonic() < self._due:
                return None
            self._seen, self._due = version, time.monotonic() + REFRESH_SECONDS
            return _status(ledger, root)
        except LedgerUnavailable as exc:
            shown = _providers() != ()
            return replace(LedgerStatus(), workspace=root.name, shown=shown, problem=str(exc), level="blocked")


def _status(ledger: "Ledger", root: Path) -> LedgerStatus:
    from farthing.ledger.limits import of_workspace
    from farthing.ledger.places import canonical
    from farthing.meter import view

    workspace = canonical(root)
    state = ledger.state(workspace)
    return view.status(state, Path(workspace).name, _providers(), of_workspace(workspace).problems)


def _providers() -> tuple[str, ...] | None:
    """The user's cloud providers; None where the settings can't be read."""
    try:
        tree = config.load().get("cloud")
    except SettingsError:
        return None
    return tuple(tree) if isinstance(tree, dict) else ()


def _set_cap(ledger: "Ledger", workspace: str, tokens: int) -> None:
    from farthing.ledger.limits import MAX_LIMIT, REPOSITORY_FILE, of_workspace

    limits = of_workspace(workspace)
    if limits.unusable:
        raise UsageError(limits.unusable, "Mend it")
    cap = ledger.state(workspace).cap
    if not cap < tokens <= MAX_LIMIT:
        raise UsageError(f"the cap is {cap:,} tokens now", f"Give a number from {cap + 1:,} to {MAX_LIMIT:,}")
    ceiling = limits.ceiling_tokens
    if ceiling is not None and tokens > ceiling:
        raise UsageError(f"{REPOSITORY_FILE} of this repository allows {ceiling:,} tokens at most", "Change it there")
    ledger.set_cap(workspace, tokens)
