"""One request after another."""

import dataclasses
import logging
from pathlib import Path

import pytest

from farthing.errors import CapExceeded, CloudPaused, LedgerUnavailable, PriceUnknown, ProviderBlocked, Refused
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Budget, Limits
from farthing.ledger.model import NANO, Ask, PromptParts, Usage
from farthing.ledger.state import SessionState
from farthing.ledger.verify import verify
from tests.support.ledger import ASK, DAY, NOON, WORK, WORKSPACE, Clock, open_ledger


def amounts(state: SessionState) -> tuple[int, int, int, int]:
    """Spent, reserved, unsettled, remaining."""
    return state.spent, state.reserved, state.unsettled, state.remaining


def ask(**changes: object) -> Ask:
    """The usual one, but for some changes."""
    return dataclasses.replace(ASK, **changes)  # type: ignore[arg-type]


def spend(ledger: Ledger, tokens: int) -> None:
    """Spend so many tokens, all of them in one request."""
    ledger.set_cap(WORKSPACE, 10**9)
    reservation = ledger.reserve(ask(wanted_output=tokens))
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(100, tokens - 100))


def test_a_request_is_reserved_then_charged_with_what_it_took(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    assert (reservation.tokens, reservation.max_output, reservation.money) == (500, 400, 6_375_000)
    assert amounts(ledger.state(WORKSPACE)) == (0, 500, 0, 49_500)
    ledger.sent(reservation)
    usage = Usage(90, 40, cached=50, cache_write=10, reasoning=30)
    settled = ledger.settle(reservation, usage, "big-2025", 120.0, 900.0)
    assert (settled.charged, settled.overshoot, settled.blocked) == (130, 0, False)
    state = ledger.state(WORKSPACE)
    assert amounts(state) == (130, 0, 0, 49_870)
    assert state.money == ASK.price.cost(usage) if ASK.price else False
    assert (state.cloud.input, state.cloud.cached, state.cloud.output, state.cloud.reasoning) == (90, 50, 40, 30)
    assert (state.recent_tokens, state.last_cloud_ms) == (130, NOON)


def test_the_output_is_clamped_to_what_remains_and_refused_below_what_is_useful(ledger: Ledger) -> None:
    ledger.set_cap(WORKSPACE, 250)
    reservation = ledger.reserve(ASK)
    assert (reservation.max_output, ledger.state(WORKSPACE).remaining) == (150, 0)
    ledger.release(reservation, "not needed")
    ledger.set_cap(WORKSPACE, 150)
    assert ledger.reserve(ASK).max_output == 50
    ledger.set_cap(WORKSPACE, 299)
    with pytest.raises(CapExceeded, match="cap of 299 tokens leaves 149; this needs 150") as error:
        ledger.reserve(ASK)
    assert "cap raise" in error.value.fix and "locally" in error.value.fix
    assert ledger.state(WORKSPACE).reserved == 150


def test_without_a_final_usage_all_stays_charged_and_a_late_one_corrects_the_reports_only(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    ledger.unsettle(reservation, "the connection broke")
    assert amounts(ledger.state(WORKSPACE)) == (500, 0, 500, 49_500)
    assert ledger.state(WORKSPACE).cloud.unsettled == 1
    ledger.settle(reservation, Usage(90, 10))
    state = ledger.state(WORKSPACE)
    assert amounts(state) == (500, 0, 0, 49_500)
    assert (state.cloud.input, state.cloud.output, state.cloud.unsettled, state.cloud.requests) == (90, 10, 0, 1)


def test_a_late_usage_that_is_more_is_charged(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    ledger.unsettle(reservation, "the connection broke")
    assert ledger.settle(reservation, Usage(100, 1000)).overshoot == 600
    assert (ledger.state(WORKSPACE).spent, ledger.state(WORKSPACE).overshoot) == (1100, 600)


def test_nothing_is_charged_for_what_never_left(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.release(reservation, "no connection")
    assert amounts(ledger.state(WORKSPACE)) == (0, 0, 0, 50_000)
    with pytest.raises(Refused, match="no longer open"):
        ledger.sent(reservation)


def test_what_was_sent_is_not_released(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    with pytest.raises(Refused):
        ledger.sent(reservation)
    ledger.release(reservation, "a mistake")
    assert amounts(ledger.state(WORKSPACE)) == (500, 0, 500, 49_500)


def test_a_second_end_changes_nothing(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(90, 10))
    ledger.settle(reservation, Usage(90, 300))
    ledger.unsettle(reservation, "again")
    ledger.release(reservation, "again")
    assert amounts(ledger.state(WORKSPACE)) == (100, 0, 0, 49_900)


def test_a_provider_beyond_its_limit_is_charged_told_and_blocked(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    settled = ledger.settle(reservation, Usage(100, 700))
    assert (settled.charged, settled.overshoot, settled.blocked) == (800, 300, True)
    state = ledger.state(WORKSPACE)
    assert (state.spent, state.overshoot, state.blocked) == (800, 300, ("work",))
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    with pytest.raises(ProviderBlocked, match="700 tokens of output where 400 were allowed"):
        ledger.reserve(ASK)
    assert ledger.reserve(ask(provider="other"))
    ledger.reset(WORKSPACE)
    assert ledger.reserve(ASK)


def test_a_count_beyond_our_bound_widens_the_margin_and_alarms(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    assert ledger.margin("work", "big") == 1.0
    for usage, margin in ((Usage(120, 1), 1.32), (Usage(110, 1), 1.32), (Usage(150, 1), 1.65)):
        reservation = ledger.reserve(ASK)
        ledger.sent(reservation)
        assert not ledger.settle(reservation, usage).blocked
        assert ledger.margin("work", "big") == pytest.approx(margin)
    assert ledger.margin("other", "big") == 1.0
    assert sum(record.levelno == logging.WARNING for record in caplog.records) == 2
    reservation = ledger.reserve(ask(margin=2.0))
    ledger.settle(reservation, Usage(110, 1))
    assert ledger.margin("work", "big") == pytest.approx(2.42)


def test_input_that_is_absurdly_more_than_our_bound_blocks(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    assert ledger.settle(reservation, Usage(201, 1)).blocked


def test_paused_means_that_nothing_is_sent_and_local_work_goes_on(ledger: Ledger) -> None:
    ledger.pause(WORKSPACE, True)
    with pytest.raises(CloudPaused):
        ledger.reserve(ASK)
    assert "paused" in ledger.state(WORKSPACE).blocked_reason
    assert ledger.record_local(WORK)
    ledger.pause(WORKSPACE, False)
    assert ledger.reserve(ASK)


def test_local_work_costs_nothing_and_counts_among_the_answers(ledger: Ledger) -> None:
    failed = ledger.record_local(WORK)
    assert failed
    ledger.outcome(failed, "failed")
    for _ in range(3):
        ledger.record_local(WORK)
    ledger.record_local(dataclasses.replace(WORK, task="completion"))
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(90, 10))
    state = ledger.state(WORKSPACE)
    assert (state.local_answers, state.cloud_answers, state.completions) == (3, 1, 1)
    assert state.local_share == 0.75
    assert amounts(state) == (100, 0, 0, 49_900)


def test_the_last_word_on_an_outcome_counts(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.outcome(reservation.id, "rejected")
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(90, 10))
    ledger.outcome(reservation.id, "accepted")
    cloud = ledger.state(WORKSPACE).cloud
    assert (cloud.accepted, cloud.rejected, cloud.requests) == (1, 0, 1)


def test_an_unknown_price_is_no_price(ledger: Ledger) -> None:
    reservation = ledger.reserve(ask(price=None))
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(90, 10))
    state = ledger.state(WORKSPACE)
    assert (reservation.money, state.money, state.unpriced) == (None, 0, 1)


BUDGETS = [
    (Limits(user=Budget(day_tokens=600)), "your budget of the day of 600 tokens leaves 100"),
    (Limits(user=Budget(month_tokens=600)), "your budget of the month"),
    (Limits(workspace=Budget(day_tokens=600)), "the workspace's budget of the day"),
    (Limits(workspace=Budget(month_money=7_000_000)), r"the workspace's budget of the month of \$0.0070 leaves"),
    (Limits(user=Budget(day_money=7_000_000)), r"your budget of the day of \$0.0070 leaves \$0.0006"),
]


@pytest.mark.parametrize(("limits", "words"), BUDGETS)
def test_every_budget_is_hard(farthing_home: Path, limits: Limits, words: str) -> None:
    ledger = open_ledger(farthing_home, limits)
    ledger.reserve(ASK)
    with pytest.raises(CapExceeded, match=words):
        ledger.reserve(ASK)
    ledger.reset(WORKSPACE)  # a new session is no new budget
    with pytest.raises(CapExceeded, match=words):
        ledger.reserve(ASK)


def test_a_budget_in_money_clamps_the_output(farthing_home: Path) -> None:
    money = 100 * 3750 + 60 * 15_000 + 14_999
    ledger = open_ledger(farthing_home, Limits(user=Budget(day_money=money)))
    reservation = ledger.reserve(ASK)
    assert reservation.max_output == 60
    assert reservation.money == 100 * 3750 + 60 * 15_000


def test_a_budget_in_money_needs_a_price(farthing_home: Path) -> None:
    ledger = open_ledger(farthing_home, Limits(workspace=Budget(day_money=NANO)))
    with pytest.raises(PriceUnknown, match="nobody knows what big costs"):
        ledger.reserve(ask(price=None))


def test_the_workspaces_budget_is_each_ones_own_and_the_users_is_for_all(farthing_home: Path) -> None:
    ledger = open_ledger(farthing_home, Limits(user=Budget(day_tokens=1100), workspace=Budget(day_tokens=600)))
    ledger.reserve(ASK)
    assert ledger.reserve(ask(workspace="/other")).max_output == 400
    with pytest.raises(CapExceeded, match="your budget"):
        ledger.reserve(ask(workspace="/third"))


def test_the_next_day_has_a_budget_of_its_own_and_a_clock_that_jumps_back_opens_none_again(
    farthing_home: Path, clock: Clock
) -> None:
    ledger = open_ledger(farthing_home, Limits(user=Budget(day_tokens=600)), clock)
    ledger.reserve(ASK)
    clock.pass_by(DAY)
    ledger.reserve(ASK)
    clock.set_to(NOON - 3 * DAY)  # a day on which nothing was spent
    with pytest.raises(CapExceeded):
        ledger.reserve(ASK)
    ledger.reset(WORKSPACE)  # the user's word that the clock is right
    assert ledger.reserve(ASK)
    assert verify(ledger.store).ok


def test_more_limits_only_lower(ledger: Ledger) -> None:
    ledger.set_cap(WORKSPACE, 1000)
    assert ledger.state(WORKSPACE, Limits(cap_tokens=10**6)).cap == 1000
    assert ledger.state(WORKSPACE, Limits(cap_tokens=300)).cap == 300
    assert ledger.reserve(ASK, Limits(cap_tokens=300)).max_output == 200


def test_unreadable_limits_refuse(farthing_home: Path) -> None:
    ledger = open_ledger(farthing_home, Limits(unusable="config.toml is no TOML"))
    with pytest.raises(Refused, match="no TOML"):
        ledger.reserve(ASK)
    assert ledger.state(WORKSPACE).blocked_reason == "config.toml is no TOML"


def test_a_full_disk_refuses_new_requests_and_loses_no_old_one(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    with ledger.store.snapshot() as db:
        most = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {most}")
        while_full = ask(project="p" * 100_000)
    with pytest.raises(LedgerUnavailable, match="disk is full"):
        ledger.reserve(while_full)
    assert ledger.record_local(dataclasses.replace(WORK, project="p" * 100_000)) is None
    ledger.settle(reservation, Usage(90, 10), model_answered="m" * 100_000)
    assert amounts(ledger.state(WORKSPACE)) == (0, 500, 0, 49_500)
    with pytest.raises(LedgerUnavailable, match="disk is full"):
        ledger.reserve(ASK)  # what is late comes first
    with ledger.store.snapshot() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    ledger.reserve(ASK)
    assert amounts(ledger.state(WORKSPACE)) == (100, 500, 0, 49_400)
    assert "not recorded" in caplog.text and "stays charged" in caplog.text


def test_listeners_hear_of_every_change_and_others_see_a_new_version(ledger: Ledger, farthing_home: Path) -> None:
    heard = []
    ledger.listen(lambda: heard.append(1))
    other = open_ledger(farthing_home)
    before = other.version()
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(90, 10))
    ledger.outcome(reservation.id, "accepted")
    ledger.record_local(WORK)
    ledger.raise_cap(WORKSPACE, 5)
    assert len(heard) == 6
    assert other.version() != before
    after = other.version()
    assert other.state(WORKSPACE).spent == 100
    assert other.version() == after
    other.close()


def test_the_prompt_is_told_by_its_parts_as_the_provider_counted_it(ledger: Ledger) -> None:
    reservation = ledger.reserve(ask(prompt=PromptParts(system=100, files=300)))
    ledger.settle(reservation, Usage(200, 1))
    with ledger.store.snapshot() as db:
        assert db.execute("SELECT system, files, reserved_input FROM requests").fetchall() == [(50, 150, 400)]


def test_spent_is_what_a_burn_rate_sees_for_ten_minutes(ledger: Ledger, clock: Clock) -> None:
    spend(ledger, 300)
    assert ledger.state(WORKSPACE).recent_tokens == 300
    clock.pass_by(601_000)
    assert ledger.state(WORKSPACE).recent_tokens == 0


def test_what_a_gateway_says_it_cost_corrects_the_reports_and_loosens_nothing(ledger: Ledger) -> None:
    own = ASK.price.cost(Usage(100, 100)) if ASK.price else 0
    for billed, charged in ((own - 10, own), (own + 10, own + 10), (own, own)):
        before = ledger.state(WORKSPACE)
        paid = _paid(ledger)
        reservation = ledger.reserve(ASK)
        ledger.sent(reservation)
        ledger.settle(reservation, Usage(100, 100), billed=billed)
        state = ledger.state(WORKSPACE)
        assert state.money - before.money == billed
        assert _paid(ledger) - paid == charged
        assert state.spent - before.spent == 200
    assert verify(ledger.store).differences == []


def test_what_a_gateway_says_fills_in_where_no_price_is_known(ledger: Ledger) -> None:
    reservation = ledger.reserve(ask(price=None))
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(100, 100), billed=700)
    state = ledger.state(WORKSPACE)
    assert (state.money, state.cloud.unpriced) == (700, 0)
    assert verify(ledger.store).differences == []


def test_it_is_no_less_true_of_one_that_was_charged_in_full_meanwhile(ledger: Ledger) -> None:
    reservation = ledger.reserve(ASK)
    ledger.sent(reservation)
    ledger.unsettle(reservation, "it took too long")
    paid = _paid(ledger)
    assert paid == reservation.money
    ledger.settle(reservation, Usage(100, 100), billed=paid - 5)
    assert (ledger.state(WORKSPACE).money, _paid(ledger)) == (paid - 5, paid)
    assert verify(ledger.store).differences == []


def _paid(ledger: Ledger) -> int:
    """Nano-dollars that the budget of the workspace's month has been charged with."""
    with ledger.store.snapshot() as db:
        sql = "SELECT money_spent FROM periods WHERE workspace = ? AND length(period) = 7"
        row = db.execute(sql, (WORKSPACE,)).fetchone()
        return int(row[0]) if row else 0
