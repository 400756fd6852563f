"""Whatever comes in whatever order, nothing that an honest provider bills exceeds what was allowed."""

import contextlib
import dataclasses
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from farthing.errors import CapExceeded, Refused
from farthing.ledger import processes
from farthing.ledger.limits import Budget, Limits
from farthing.ledger.model import NANO, PromptParts, Reservation, Usage
from farthing.ledger.processes import Process
from farthing.ledger.verify import verify
from tests.support.ledger import ASK, HOUR, PRICE, WORK, WORKSPACE, Clock, open_ledger

ME = processes.me()
NUMBERS = st.integers(-5, 2000) | st.sampled_from([10**6, 10**9, 10**12])
LIMITS = Limits(cap_tokens=5000, user=Budget(day_tokens=12_000, day_money=NANO // 5))


@dataclasses.dataclass
class Sent:
    """A request that left, and what it was billed."""

    reservation: Reservation
    billed: int = 0


class AnyOrder(RuleBasedStateMachine):
    """Two windows of which either may die, a provider that says anything, and a user who changes his mind."""

    reserved = Bundle("reserved")
    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="fh-"))
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.births = 0
        self.living = {self.born()}
        self.patch.setattr(Process, "lives", lambda process: process in self.living)
        self.ledger = open_ledger(self.home, LIMITS, self.clock)
        self.honest: dict[int, int] = {}
        """Tokens that each session was billed within its limits."""
        self.caps: dict[int, int] = {}
        """The highest cap that each session had."""

    def born(self) -> Process:
        """A new process, which is this one from now on."""
        self.births += 1
        process = Process(ME.host, self.births, "x")
        self.patch.setattr(processes, "me", lambda: process)
        return process

    @rule(
        target=reserved,
        input=st.integers(1, 2000),
        wanted=st.integers(1, 3000),
        useful=st.integers(1, 300),
        priced=st.booleans(),
    )
    def reserve(self, input: int, wanted: int, useful: int, priced: bool) -> Reservation | None:
        ask = dataclasses.replace(
            ASK,
            prompt=PromptParts(files=input),
            wanted_output=wanted,
            useful_output=min(useful, wanted),
            price=PRICE if priced else None,
        )
        try:
            reservation = self.ledger.reserve(ask)
        except CapExceeded:
            state = self.ledger.state(WORKSPACE)
            with self.ledger.store.snapshot() as db:
                day = db.execute(
                    "SELECT max(tokens_spent + tokens_reserved), max(money_spent + money_reserved) "
                    "FROM periods WHERE workspace = ''"
                ).fetchone()
            least = input + ask.useful_output
            assert (
                least > state.remaining
                or least > 12_000 - (day[0] or 0)
                or PRICE.bound(input, ask.useful_output) > NANO // 5 - (day[1] or 0)
            ), "refused, and there was room"
            return None
        except Refused:
            return None
        assert min(useful, wanted) <= reservation.max_output <= wanted
        state = self.ledger.state(WORKSPACE)
        assert state.spent + state.reserved <= state.cap
        self.caps[reservation.session] = max(self.caps.get(reservation.session, 0), state.cap)
        return reservation

    @rule(target=sent, reservation=consumes(reserved), output=st.integers(0, 3000))
    def send(self, reservation: Reservation | None, output: int) -> Sent | None:
        if reservation is None:
            return None
        with contextlib.suppress(Refused):
            self.ledger.sent(reservation)
            # From here on an honest provider may bill anything up to the limits.
            billed = reservation.ask.prompt.total + min(output, reservation.max_output)
            self.honest[reservation.session] = self.honest.get(reservation.session, 0) + billed
            return Sent(reservation, billed)
        return None

    @rule(each=sent)
    def settle_honestly(self, each: Sent | None) -> None:
        if each is not None:
            input = each.reservation.ask.prompt.total
            self.ledger.settle(each.reservation, Usage(input, each.billed - input))

    @rule(each=consumes(sent), input=NUMBERS, output=NUMBERS, cached=NUMBERS, reasoning=NUMBERS)
    def settle_with_anything(self, each: Sent | None, input: int, output: int, cached: int, reasoning: int) -> None:
        if each is None:
            return
        self.honest[each.reservation.session] -= each.billed  # a provider that says this is not honest
        try:
            usage = Usage(input, output, cached=cached, reasoning=reasoning)
        except ValueError:
            self.ledger.unsettle(each.reservation, "absurd usage")
            return
        self.ledger.settle(each.reservation, usage)

    @rule(each=sent)
    def unsettle(self, each: Sent | None) -> None:
        if each is not None:
            self.ledger.unsettle(each.reservation, "cut")

    @rule(reservation=consumes(reserved))
    def release(self, reservation: Reservation | None) -> None:
        if reservation is not None:
            self.ledger.release(reservation, "no connection")

    @rule(reservation=consumes(reserved))
    def forget(self, reservation: Reservation | None) -> None:
        """It stays open, until its process dies."""

    @rule(each=sent, outcome=st.sampled_from(["accepted", "rejected", "failed", "unknown"]))
    def judge(self, each: Sent | None, outcome: str) -> None:
        if each is not None:
            self.ledger.outcome(each.reservation.id, outcome)  # type: ignore[arg-type]

    @rule()
    def crash(self) -> None:
        self.living = {self.born()}
        self.ledger.store.close()
        self.ledger = open_ledger(self.home, LIMITS, self.clock)

    @rule()
    def a_second_window_opens(self) -> None:
        self.living.add(self.born())

    @rule(tokens=st.integers(0, 8000))
    def set_cap(self, tokens: int) -> None:
        self.ledger.set_cap(WORKSPACE, tokens)

    @rule(tokens=st.integers(1, 3000))
    def raise_cap(self, tokens: int) -> None:
        self.ledger.raise_cap(WORKSPACE, tokens)

    @rule()
    def reset(self) -> None:
        self.ledger.reset(WORKSPACE)

    @rule(hours=st.sampled_from([-100, -1, 1, 13, 25]), steadily=st.booleans())
    def time_goes(self, hours: int, steadily: bool) -> None:
        if steadily and hours > 0:
            self.clock.pass_by(hours * HOUR)
        else:
            self.clock.set_to(self.clock.at.wall_ms + hours * HOUR)

    @rule()
    def work_locally(self) -> None:
        assert self.ledger.record_local(WORK)

    @invariant()
    def nothing_exceeds_its_cap(self) -> None:
        with self.ledger.store.snapshot() as db:
            rows = db.execute("SELECT id, spent, reserved, overshoot, unsettled FROM sessions").fetchall()
            periods = db.execute("SELECT * FROM periods").fetchall()
        for id, spent, reserved, overshoot, unsettled in rows:
            assert spent - overshoot + reserved <= self.caps.get(id, 0)
            assert min(spent, reserved, overshoot, unsettled) >= 0
            assert self.honest.get(id, 0) <= spent + reserved
        assert all(min(row[2:]) >= 0 for row in periods)

    def teardown(self) -> None:
        try:
            assert verify(self.ledger.store).differences == []
        finally:
            self.ledger.close()
            self.patch.undo()
            shutil.rmtree(self.home)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
