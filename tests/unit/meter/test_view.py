"""What a status bar shows of a session."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.ledger.limits import MAX_LIMIT
from farthing.ledger.state import SessionState, Totals, UsageRow
from farthing.meter import view

NOTHING = SessionState(
    session=None,
    workspace="/projects/shop",
    cap=50_000,
    spent=0,
    reserved=0,
    unsettled=0,
    overshoot=0,
    remaining=50_000,
    money=0,
    unpriced=0,
    local_answers=0,
    cloud_answers=0,
    completions=0,
    cloud=Totals(),
    by_model=(),
    by_task=(),
    recent_tokens=0,
    last_cloud_ms=None,
    paused=False,
    blocked=(),
    blocked_reason="",
)
WORK = ("work",)


def spent(tokens: int, reserved: int = 0, **rest: object) -> SessionState:
    """A session with so much gone, as the ledger would tell of it."""
    state = replace(NOTHING, session=1, spent=tokens, reserved=reserved, **rest)  # type: ignore[arg-type]
    left = state.cap - tokens - reserved
    reason = "" if left > 0 else f"the session's cap of {state.cap:,} tokens is used up"
    return replace(state, remaining=max(0, left), blocked_reason=state.blocked_reason or reason)


def test_who_has_no_cloud_sees_nothing_of_it() -> None:
    assert not view.status(NOTHING, "shop", ()).shown
    assert not view.status(replace(NOTHING, completions=12, local_answers=3), "shop", ()).shown


def test_who_has_one_or_had_one_does() -> None:
    assert view.status(NOTHING, "shop", WORK).shown
    assert view.status(NOTHING, "shop", None).shown  # it can't be read whether there is one
    assert view.status(spent(10), "shop", ()).shown
    assert view.status(spent(0, 10), "shop", ()).shown


@pytest.mark.parametrize(
    ("tokens", "level"),
    [
        (0, "ok"),
        (37_499, "ok"),
        (37_500, "warning75"),
        (44_999, "warning75"),
        (45_000, "warning90"),
        (49_488, "warning90"),
        (49_489, "blocked"),
        (50_000, "blocked"),
        (60_000, "blocked"),
    ],
)
def test_levels(tokens: int, level: str) -> None:
    found = view.status(spent(tokens), "shop", WORK)
    assert found.level == level
    assert found.capReached == (level == "blocked") == bool(found.blockedReason)


def test_what_is_only_reserved_raises_no_alarm() -> None:
    found = view.status(spent(20_000, 30_000), "shop", WORK)
    assert (found.level, found.blockedReason, found.remaining) == ("ok", "", 0)


def test_the_reason_says_what_is_left() -> None:
    assert view.status(spent(50_000), "s", WORK).blockedReason == "the session's cap of 50,000 tokens is used up"
    assert view.status(spent(49_900), "s", WORK).blockedReason == "the session's cap of 50,000 tokens leaves only 100"


def test_a_budget_blocks_without_being_the_cap() -> None:
    found = view.status(spent(10, blocked_reason="your budget of the day of $1.00 is used up"), "s", WORK)
    assert (found.level, found.capReached) == ("blocked", False)
    assert found.blockedReason == "your budget of the day of $1.00 is used up"


def test_settings_that_cannot_be_read_block_and_offer_no_cap() -> None:
    found = view.status(replace(NOTHING, cap=0, remaining=0, blocked_reason="config.toml is no TOML"), "s", None)
    assert (found.level, found.capReached, found.blockedReason) == ("blocked", False, "config.toml is no TOML")


def test_a_pause_is_no_alarm() -> None:
    found = view.status(spent(10, paused=True, blocked_reason="the cloud is paused in this session"), "s", WORK)
    assert (found.level, found.paused, found.blockedReason) == ("ok", True, "")


def test_blocked_providers() -> None:
    one = view.status(spent(10, blocked=("work",)), "s", ("work", "home"))
    assert (one.level, one.notes) == ("ok", ("work is blocked until a new session begins",))
    every = view.status(spent(10, blocked=("work",)), "s", WORK, ("x must be a table",))
    assert (every.level, every.blockedReason) == ("blocked", "work charged more than allowed")
    assert every.notes == ("work is blocked until a new session begins", "x must be a table")


@pytest.mark.parametrize(
    ("totals", "shown"),
    [
        (Totals(), "$0.00"),
        (Totals(money=420_000_000), "$0.42"),
        (Totals(money=82_000_000), "$0.08"),
        (Totals(money=4_200_000), "$0.0042"),
        (Totals(money=1_234_500_000_000), "$1,234.50"),
        (Totals(money=10), "<$0.0001"),
        (Totals(unpriced=1), "$?"),
        (Totals(money=420_000_000, unpriced=1), "$0.42+?"),
    ],
)
def test_money(totals: Totals, shown: str) -> None:
    assert view.money(totals) == shown


def test_no_money_is_shown_before_anything_cost_any() -> None:
    assert view.status(NOTHING, "s", WORK).money == ""
    assert view.status(replace(NOTHING, cloud=Totals(unpriced=1)), "s", WORK).money == "$?"


def test_rows() -> None:
    rows = (
        UsageRow("ask", False, Totals(2, 100, 40, 0, 20, 5, 3_000_000_000)),
        UsageRow("ask", True, Totals(9, 900)),
        UsageRow("completion", True, Totals(500, 9000)),
    )
    found = view.status(replace(NOTHING, by_task=rows, completions=500), "s", WORK)
    assert [(row.name, row.local, row.requests, row.money) for row in found.byTask] == [
        ("ask", False, 2, "$3.00"),
        ("ask", True, 9, ""),
    ]
    assert found.completions == 500


def test_the_burn_rate_says_how_long_it_lasts() -> None:
    found = view.status(spent(6200, recent_tokens=6200), "s", WORK)
    assert (found.burnRate, found.minutesLeft) == (620, 43_800 // 620)
    idle = view.status(spent(6200), "s", WORK)
    assert (idle.burnRate, idle.minutesLeft) == (0, None)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_all_or_nothing_only_where_it_is(local: int, cloud: int) -> None:
    shown = view.percent(replace(NOTHING, local_answers=local, cloud_answers=cloud).local_share)
    if not local + cloud:
        assert shown is None
        return
    assert shown is not None
    assert (shown == 100) == (cloud == 0)
    assert (shown == 0) == (local == 0)
    assert abs(shown - 100 * local / (local + cloud)) <= 1


@given(st.integers(0, MAX_LIMIT), st.integers(0, 2 * MAX_LIMIT))
def test_a_suggested_cap_is_higher_and_allowed(cap: int, gone: int) -> None:
    found = view.suggested_cap(cap, gone)
    assert min(MAX_LIMIT, max(cap, gone) + 1) <= found <= MAX_LIMIT


@given(st.integers(0, 10**6), st.integers(0, 2 * 10**6), st.integers(0, 10**6), st.booleans())
def test_every_state_can_be_shown(cap: int, gone: int, reserved: int, paused: bool) -> None:
    for providers in (None, (), WORK):
        found = view.status(spent(gone, reserved, cap=cap, paused=paused), "s", providers)
        assert (found.level == "blocked") == bool(found.blockedReason)
        assert not found.capReached or found.level == "blocked"


@pytest.mark.parametrize(
    ("cloud", "shown"),
    [
        (Totals(), (None, "")),
        (Totals(1, 1000, 620, 100, saved=120_000_000), (62, "$0.12")),
        (Totals(1, 1000, 0, 900, saved=-2_100_000), (0, "-$0.0021")),
        (Totals(2, 1000, 500, unpriced=1, saved=5), (50, "")),
    ],
)
def test_what_caches_did(cloud: Totals, shown: tuple[int | None, str]) -> None:
    found = view.status(spent(10, cloud=cloud), "shop", WORK)
    assert (found.cachedShare, found.saved) == shown
