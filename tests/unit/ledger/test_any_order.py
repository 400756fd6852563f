"""Whatever comes in whatever order, nothing that an honest provider bills exceeds what was allowed."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from farthing.errors import CapExceeded, ProviderBlocked, Refused
from farthing.ledger import processes, sessions
from farthing.ledger.limits import Budget, Limits
from farthing.ledger.model import NANO, Ask, PromptParts, Reservation, Usage
from farthing.ledger.processes import Process
from farthing.ledger.verify import verify
from tests.support.ledger import ASK, HOUR, PRICE, WORK, WORKSPACE, Clock, open_ledger

ME = processes.me()
NUMBERS = st.integers(-5, 2000) | st.sampled_from([10**6, 10**9, 10**12])
DAY_TOKENS, DAY_MONEY = 12_000, NANO // 10
ALL_LIMITS = [
    Limits(cap_tokens=5000, user=budget)
    for budget in (Budget(), Budget(day_tokens=DAY_TOKENS), Budget(day_tokens=DAY_TOKENS, day_money=DAY_MONEY))
]
MEMORY = Path("/dev/shm")
"""Where no disk has to be waited for."""


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    """Of all sizes, with and without a price."""
    wanted = draw(st.integers(1, 3000))
    return dataclasses.replace(
        ASK,
        prompt=PromptParts(files=draw(st.integers(1, 2000))),
        wanted_output=wanted,
        useful_output=draw(st.integers(1, min(wanted, 300))),
        price=draw(st.sampled_from([PRICE, None])),
    )


ASKS = asks()


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
        self.home = Path(tempfile.mkdtemp(prefix="fh-", dir=MEMORY if MEMORY.is_dir() else None))
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.births = 0
        self.living = {self.born()}
        self.patch.setattr(Process, "lives", lambda process: process in self.living)
        self.limits = ALL_LIMITS[0]
        self.ledger = open_ledger(self.home, self.limits, self.clock)
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

    @initialize(limits=st.sampled_from(ALL_LIMITS))
    def begin(self, limits: Limits) -> None:
        self.limits = limits
        self.open_again()

    def open_again(self) -> None:
        """As after a crash."""
        self.ledger.close()
        self.ledger = open_ledger(self.home, self.limits, self.clock)

    @rule(target=reserved, ask=ASKS)
    def reserve(self, ask: Ask) -> Reservation | None:
        return self.reserving(ask)

    def reserving(self, ask: Ask) -> Reservation | None:
        """Refused only where there is no room, and never beyond the cap."""
        if self.limits.user.day_money is not None:
            ask = dataclasses.replace(ask, price=PRICE)
        try:
            reservation = self.ledger.reserve(ask)
        except CapExceeded:
            assert not self.fits(ask), "refused, and there was room"
            return None
        except ProviderBlocked:
            return None
        assert ask.useful_output <= reservation.max_output <= ask.wanted_output
        state = self.ledger.state(WORKSPACE)
        assert state.spent + state.reserved <= state.cap
        self.caps[reservation.session] = max(self.caps.get(reservation.session, 0), state.cap)
        return reservation

    def fits(self, ask: Ask) -> bool:
        """Whether the least that is useful is within all limits."""
        least = ask.prompt.total + ask.useful_output
        if least > self.ledger.state(WORKSPACE).remaining:
            return False
        with self.ledger.store.snapshot() as db:
            day = sessions.today(db, self.clock())
            tokens, money = db.execute(
                "SELECT tokens_spent + tokens_reserved, money_spent + money_reserved FROM periods "
                "WHERE workspace = '' AND period = ?",
                (day,),
            ).fetchone() or (0, 0)
        budget = self.limits.user
        if budget.day_tokens is not None and tokens + least > budget.day_tokens:
            return False
        cost = PRICE.bound(ask.prompt.total, ask.useful_output)
        return budget.day_money is None or money + cost <= budget.day_money

    @rule(target=sent, reservation=consumes(reserved), output=st.integers(0, 3000))
    def send(self, reservation: Reservation | None, output: int) -> Sent | None:
        return self.sending(reservation, output)

    @rule(target=sent, ask=ASKS, output=st.integers(0, 3000))
    def reserve_and_send(self, ask: Ask, output: int) -> Sent | None:
        return self.sending(self.reserving(ask), output)

    def sending(self, reservation: Reservation | None, output: int) -> Sent | None:
        """From here on an honest provider may bill anything up to the limits."""
        if reservation is None:
            return None
        try:
            self.ledger.sent(reservation)
        except Refused:  # taken for dead
            return None
        billed = reservation.ask.prompt.total + min(output, reservation.max_output)
        self.honest[reservation.session] = self.honest.get(reservation.session, 0) + billed
        return Sent(reservation, billed)

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

    @rule(what=st.sampled_from(["crash", "window", "cap", "raise", "reset", "local"]), tokens=st.integers(1, 8000))
    def something_else(self, what: str, tokens: int) -> None:
        if what == "crash":
            self.living = {self.born()}
            self.open_again()
        elif what == "window":
            self.living.add(self.born())
        elif what == "cap":
            self.ledger.set_cap(WORKSPACE, tokens)
        elif what == "raise":
            self.ledger.raise_cap(WORKSPACE, tokens)
        elif what == "reset":
            self.ledger.reset(WORKSPACE)
        else:
            assert self.ledger.record_local(WORK)

    @rule(hours=st.sampled_from([-100, -1, 1, 13, 25]), steadily=st.booleans())
    def time_goes(self, hours: int, steadily: bool) -> None:
        if steadily and hours > 0:
            self.clock.pass_by(hours * HOUR)
        else:
            self.clock.set_to(self.clock.at.wall_ms + hours * HOUR)

    @invariant()
    def nothing_exceeds_its_cap(self) -> None:
        with self.ledger.store.snapshot() as db:
            rows = db.execute("SELECT id, spent, reserved, overshoot, unsettled FROM sessions").fetchall()
            periods = db.execute("SELECT * FROM periods").fetchall()
            overshoot_in_all = sum(row[3] for row in rows)
        for id, spent, reserved, overshoot, unsettled in rows:
            assert spent - overshoot + reserved <= self.caps.get(id, 0)
            assert min(spent, reserved, overshoot, unsettled) >= 0
            assert self.honest.get(id, 0) <= spent + reserved
        for workspace, period, spent, reserved, money_spent, money_reserved in periods:
            assert min(spent, reserved, money_spent, money_reserved) >= 0
            if not workspace and len(period) == 10 and self.limits.user.day_tokens and not overshoot_in_all:
                assert spent + reserved <= DAY_TOKENS
                assert self.limits.user.day_money is None or money_spent + money_reserved <= DAY_MONEY

    def teardown(self) -> None:
        try:
            assert verify(self.ledger.store).differences == []
        finally:
            self.ledger.close()
            self.patch.undo()
            shutil.rmtree(self.home)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
