"""What the user says to the ledger, and who hears of it. Every act is recorded, and on disk when it returns."""

from collections.abc import Callable
from dataclasses import replace

from farthing.errors import SettingsError
from farthing.ledger import accounts, clock, limits, sessions
from farthing.ledger.clock import Instant
from farthing.ledger.model import Listener
from farthing.ledger.store import Connection, Store


class Acts:
    """The part of a :class:`farthing.ledger.ledger.Ledger` that does what the user says."""

    def __init__(self, store: Store, limits_of: limits.Source, now: Callable[[], clock.Instant]) -> None:
        self.store = store
        self._limits_of = limits_of
        self._now = now
        self._listeners: list[Listener] = []

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def listen(self, listener: Listener) -> None:
        """Be told, on the thread that wrote, after every change that this object makes. For changes of other processes
        compare :meth:`version`."""
        self._listeners.append(listener)

    def version(self) -> tuple[int, int]:
        """Changes whenever this or any other process has written; costs microseconds.

        Raises:
            LedgerUnavailable: the file can't be read.
        """
        return self.store.version()

    def open_session(self, workspace: str) -> None:
        """Begin a session where there is none.

        Raises:
            LedgerUnavailable: the ledger can't be written.
        """
        with self.store.transaction() as db:
            sessions.ensure(db, workspace, self._now())
        self._tell()

    def set_cap(self, workspace: str, tokens: int) -> None:
        """Give the session a cap of so many tokens, by the user's word.

        Raises:
            LedgerUnavailable: the ledger can't be written.
        """
        self._act(workspace, lambda db, row, now: _set_cap(db, row, tokens, now, "cap_set"))

    def raise_cap(self, workspace: str, tokens: int) -> None:
        """Raise the session's cap by so many tokens, by the user's word.

        Raises:
            LedgerUnavailable: the ledger can't be written.
            SettingsError: the user's limits can't be read, so it is not known what there is to be raised.
        """
        applying = self._limits_of(workspace)
        if applying.unusable:
            raise SettingsError(applying.unusable, "Mend it")
        # What a repository takes off is not taken off the user's word: that holds again when the repository takes less.
        applying = replace(applying, ceiling_tokens=None)

        def act(db: Connection, row: sessions.Row, now: clock.Instant) -> None:
            _set_cap(db, row, min(sessions.cap(row, applying) + tokens, limits.MAX_LIMIT), now, "cap_raised")

        self._act(workspace, act)

    def reset(self, workspace: str) -> None:
        """Begin a new session, by the user's word. Blocked providers get another chance, and days count by the clock as
        it stands now, also where it stood later before.

        Raises:
            LedgerUnavailable: the ledger can't be written.
        """
        self._act(workspace, _reset)

    def pause(self, workspace: str, paused: bool) -> None:
        """Send nothing to the cloud in this session, or go on, by the user's word.

        Raises:
            LedgerUnavailable: the ledger can't be written.
        """
        self._act(workspace, lambda db, row, now: _pause(db, row, paused, now))

    def _act(self, workspace: str, act: Callable[[Connection, sessions.Row, clock.Instant], None]) -> None:
        now = self._now()
        with self.store.transaction(durable=True) as db:
            act(db, sessions.ensure(db, workspace, now), now)
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _set_cap(db: Connection, row: sessions.Row, tokens: int, now: Instant, kind: str) -> None:
    """Give a session a cap."""
    db.execute("UPDATE sessions SET explicit_cap = ? WHERE id = ?", (tokens, row["id"]))
    accounts.record(db, now.wall_ms, kind, row["id"], None, {"cap": tokens})


def _pause(db: Connection, row: sessions.Row, paused: bool, now: Instant) -> None:
    """Send nothing in a session, or go on."""
    db.execute("UPDATE sessions SET paused = ? WHERE id = ?", (int(paused), row["id"]))
    accounts.record(db, now.wall_ms, "paused" if paused else "resumed", row["id"], None, {})


def _reset(db: Connection, row: sessions.Row, now: Instant) -> None:
    """End a session and begin another; give blocked providers another chance, and take the clock as it is."""
    sessions.end(db, row, now, "reset")
    sessions.ensure(db, row["workspace"], now)
    sessions.note_day(db, now.day)
    if db.execute("DELETE FROM blocked").rowcount:
        accounts.record(db, now.wall_ms, "unblocked", None, None, {})
