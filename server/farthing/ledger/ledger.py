"""Reserve, send, settle: the only way to spend.

::

    reservation = ledger.reserve(ask)          # refused here, or an output limit that fits
    ledger.sent(reservation)                   # on disk before the first byte leaves
    ledger.settle(reservation, usage, …)       # or unsettle, where the provider never said; or release, if never sent

A :class:`Ledger` may be shared by threads; every call takes its turn and writes at most once. ``sent`` waits for the
disk (milliseconds), the others don't. None of them belongs on an event loop.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from farthing.errors import CapExceeded, LedgerUnavailable, Refused
from farthing.ledger import accounts, clock, closing, limits, opening, processes, recovery, room, sessions, status
from farthing.ledger.acts import Acts
from farthing.ledger.limits import Limits
from farthing.ledger.model import (
    Ask,
    LocalWork,
    Outcome,
    Reservation,
    Settlement,
    Usage,
)
from farthing.ledger.sent import Leaving
from farthing.ledger.state import SessionState
from farthing.ledger.store import Store, ledger_path

log = logging.getLogger(__name__)

RECOVERY_MS = 10_000
"""Reservations of processes that died are looked for this often while the state is asked for."""


class Ledger(Acts):
    """The user's ledger.

    Args:
        path: of its file; the user's own when None.
        limits_of: what may be spent in a workspace; asked before every reservation.
        now: the time.

    Raises:
        LedgerUnavailable: the file can't be read or written, is damaged, or was written by a newer Farthing.
    """

    def __init__(
        self,
        path: Path | None = None,
        limits_of: limits.Source = limits.of_workspace,
        now: Callable[[], clock.Instant] = clock.now,
    ) -> None:
        super().__init__(Store(path or ledger_path()), limits_of, now)
        self._late: list[Callable[[], object]] = []
        self._finishing = threading.Lock()
        self._recovered_ms = 0
        self.recover()

    def reserve(self, ask: Ask, lower: Limits | None = None) -> Reservation:
        """Set a safe upper bound aside, in one atomic step, or refuse.

        Args:
            lower: more limits, of a repository, say; they can only lower the user's.

        Returns:
            The reservation. Its ``max_output`` must be sent to the provider as the limit of output, reasoning included.

        Raises:
            Refused: see the classes beneath it. Nothing was written but what died processes left open.
            LedgerUnavailable: the ledger can't be written.
        """
        self._finish_late()
        try:
            reservation = self._reserve(ask, lower)
        except CapExceeded:
            if not self.recover():
                raise
            reservation = self._reserve(ask, lower)
        self._tell()
        return reservation

    def _reserve(self, ask: Ask, lower: Limits | None) -> Reservation:
        applying = self._limits_of(ask.workspace)
        if lower is not None:
            applying = applying.lowered_by(lower)
        if applying.unusable:
            raise Refused(applying.unusable, "Mend it, or go on locally")
        now = self._now()
        with self.store.transaction() as db:
            session = sessions.ensure(db, ask.workspace, now)
            opening.forbid(db, ask, session)
            day = sessions.today(db, now)
            max_output = room.clamp(ask, status.rooms(db, session, applying, day))
            sessions.note_day(db, day)
            money = ask.price.bound(ask.prompt.total, max_output) if ask.price else None
            values = opening.columns(ask, max_output, money, session["id"], day, now)
            request = accounts.insert(db, values)
            accounts.move(
                db,
                {**values, "workspace": ask.workspace},
                reserved=ask.prompt.total + max_output,
                money_reserved=money or 0,
            )
            accounts.record(db, now.wall_ms, "reserved", session["id"], request, accounts.slim(values))
        return Reservation(request, session["id"], ask, max_output, money)

    def sent(self, reservation: Reservation, leaving: Leaving | None = None) -> None:
        """Write down, on disk, that the request is about to leave: from here on it counts, whatever happens.

        Args:
            leaving: what is noted of it, for the list of what has left.

        Raises:
            Refused: the reservation is not open any more, or was sent before. Nothing may be sent.
            LedgerUnavailable: the ledger can't be written. Nothing may be sent.
        """
        now = self._now()
        with self.store.transaction(durable=True) as db:
            row = accounts.request(db, reservation.id)
            if row is None or row["state"] != "reserved":
                raise Refused("this request's reservation is no longer open", "Ask again")
            accounts.update(db, reservation.id, {"state": "sent"})
            db.execute("UPDATE sessions SET last_cloud_ms = ? WHERE id = ?", (now.wall_ms, row["session"]))
            accounts.record(db, now.wall_ms, "sent", row["session"], reservation.id, leaving.data() if leaving else {})
        self._tell()

    def settle(
        self,
        reservation: Reservation,
        usage: Usage,
        model_answered: str = "",
        first_token_ms: float | None = None,
        total_ms: float | None = None,
        billed: int | None = None,
    ) -> Settlement:
        """Charge what the provider's final usage says, also where it is more than was reserved, and free the rest.

        A reservation that was taken for unsettled meanwhile is corrected in the reports; its charge is never lowered.
        Where the ledger can't be written it is tried again before the next reservation, and the reservation counts in
        full until then.

        Args:
            billed: nano-dollars that the request has cost, where somebody says so who keeps books of his own. It
                corrects the reports; budgets are charged with it only where it is more than we think.
        """
        answer = {"model_answered": model_answered or None, "first_token_ms": first_token_ms, "total_ms": total_ms}
        moment = self._now()
        settled = Settlement(reservation.tokens, 0, False)

        def write() -> None:
            nonlocal settled
            with self.store.transaction() as db:
                settled = closing.settle(db, reservation, usage, answer, moment, billed)

        self._close(reservation, write)
        return settled

    def unsettle(self, reservation: Reservation, reason: str, total_ms: float | None = None) -> None:
        """Charge all that was reserved: it was sent, and the provider never said what it took. As :meth:`settle` where
        the ledger can't be written.

        Args:
            reason: a few words for people; nothing of prompts or answers.
        """
        moment = self._now()

        def write() -> None:
            with self.store.transaction() as db:
                closing.unsettle(db, reservation.id, reason, moment, {"total_ms": total_ms})

        self._close(reservation, write)

    def release(self, reservation: Reservation, reason: str) -> None:
        """Free a reservation of which nothing has left this machine. One that was sent is charged in full instead."""
        moment = self._now()

        def write() -> None:
            with self.store.transaction() as db:
                closing.release(db, reservation.id, reason, moment)

        self._close(reservation, write)

    def record_local(self, work: LocalWork) -> int | None:
        """Note what a local model did. Never stops local work: where the ledger can't be written it is logged.

        Returns:
            The request's id, for :meth:`outcome`; None where it could not be written.
        """
        now = self._now()
        try:
            with self.store.transaction() as db:
                request = closing.record_local(db, work, now)
        except LedgerUnavailable as exc:
            log.warning("local work was not recorded: %s", exc)
            return None
        self._tell()
        return request

    def outcome(self, request: int, outcome: Outcome) -> None:
        """Note what became of an answer. The last word counts. Where it can't be written it is logged."""
        now = self._now()
        try:
            with self.store.transaction() as db:
                closing.outcome(db, request, outcome, now)
        except LedgerUnavailable as exc:
            log.warning("the outcome of a request was not recorded: %s", exc)
            return
        self._tell()

    def margin(self, provider: str, model: str) -> float:
        """What bounds of the input have to be multiplied with, 1.0 at least, as the provider counts more than we do.

        Raises:
            LedgerUnavailable: the ledger can't be read.
        """
        with self.store.snapshot() as db:
            return closing.margin(db, provider, model)

    def recover(self) -> int:
        """Close what processes left open that are gone: charged in full if it may have been sent, else freed.

        Returns:
            How many requests.

        Raises:
            LedgerUnavailable: the ledger can't be written.
        """
        now = self._now()
        self._recovered_ms = now.up_ms
        with self.store.snapshot() as db:
            orphans = recovery.orphans(db, processes.me(), now)
        if not orphans:
            return 0
        with self.store.transaction() as db:
            recovery.close(db, orphans, now)
        self._tell()
        return len(orphans)

    def state(self, workspace: str, lower: Limits | None = None) -> SessionState:
        """All about the session of a workspace. Begins none, and doesn't count as use.

        Raises:
            LedgerUnavailable: the ledger can't be read.
        """
        if self._now().up_ms - self._recovered_ms > RECOVERY_MS:
            self.recover()
        applying = self._limits_of(workspace)
        if lower is not None:
            applying = applying.lowered_by(lower)
        with self.store.snapshot() as db:
            return status.state(db, workspace, applying, self._now())

    def _close(self, reservation: Reservation, write: Callable[[], object]) -> None:
        try:
            write()
        except LedgerUnavailable as exc:
            log.warning("request %d stays charged in full for now: %s", reservation.id, exc)
            self._late.append(write)
            return
        self._tell()

    def _finish_late(self) -> None:
        with self._finishing:
            while self._late:
                self._late[0]()
                del self._late[0]
