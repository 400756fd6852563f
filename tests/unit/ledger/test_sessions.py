"""One session for each workspace."""

import time
from pathlib import Path

import pytest

from farthing.errors import CapExceeded
from farthing.ledger.clock import Instant
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import Usage
from farthing.ledger.places import canonical, project_of
from farthing.ledger.verify import verify
from tests.support.ledger import ASK, HOUR, NOON, WORKSPACE, Clock, open_ledger


def kinds(ledger: Ledger) -> list[str]:
    """The user's acts, and what became of sessions."""
    with ledger.store.snapshot() as db:
        return [kind for (kind,) in db.execute("SELECT kind FROM events WHERE request IS NULL ORDER BY id")]


def test_a_session_survives_a_restart(ledger: Ledger, farthing_home: Path, clock: Clock) -> None:
    ledger.reserve(ASK)
    other = open_ledger(farthing_home, clock=clock)
    assert other.state(WORKSPACE) == ledger.state(WORKSPACE)
    other.close()


def test_looking_begins_no_session_and_keeps_none_alive(ledger: Ledger, clock: Clock) -> None:
    assert ledger.state(WORKSPACE).session is None
    ledger.open_session(WORKSPACE)
    assert ledger.state(WORKSPACE).session == 1
    clock.pass_by(6 * HOUR)
    assert ledger.state(WORKSPACE).session == 1
    clock.pass_by(6 * HOUR)
    assert ledger.state(WORKSPACE).session is None
    assert ledger.reserve(ASK).session == 2
    assert kinds(ledger) == ["session_started", "session_ended", "session_started"]


def test_use_keeps_it_alive(ledger: Ledger, clock: Clock) -> None:
    for _ in range(4):
        ledger.release(ledger.reserve(ASK), "")
        clock.pass_by(11 * HOUR)
    assert ledger.state(WORKSPACE).session == 1


@pytest.mark.parametrize("jump", [-400 * 24 * HOUR, 400 * 24 * HOUR])
def test_a_clock_that_is_set_ends_no_session(ledger: Ledger, clock: Clock, jump: int) -> None:
    ledger.reserve(ASK)
    clock.set_to(NOON + jump)
    assert ledger.state(WORKSPACE).session == 1


def test_after_a_restart_of_the_machine_the_wall_clock_decides(ledger: Ledger, clock: Clock) -> None:
    ledger.reserve(ASK)
    clock.pass_by(2 * HOUR)
    clock.reboot()
    assert ledger.state(WORKSPACE).session == 1
    clock.set_to(NOON + 12 * HOUR)
    assert ledger.state(WORKSPACE).session is None


def test_reset_begins_another_and_what_is_under_way_stays_with_the_old_one(ledger: Ledger) -> None:
    old = ledger.reserve(ASK)
    ledger.sent(old)
    ledger.reset(WORKSPACE)
    assert (ledger.state(WORKSPACE).session, ledger.state(WORKSPACE).reserved) == (2, 0)
    ledger.settle(old, Usage(90, 10))
    assert ledger.state(WORKSPACE).spent == 0


def test_the_cap_is_the_settings_until_the_user_says_else_in_this_session(farthing_home: Path) -> None:
    limits = [Limits(cap_tokens=700)]
    ledger = Ledger(farthing_home / "ledger.sqlite", lambda workspace: limits[0])
    ledger.open_session(WORKSPACE)
    assert ledger.state(WORKSPACE).cap == 700
    limits[0] = Limits(cap_tokens=300)
    assert ledger.state(WORKSPACE).cap == 300
    ledger.raise_cap(WORKSPACE, 50)
    assert ledger.state(WORKSPACE).cap == 350
    ledger.set_cap(WORKSPACE, 200)
    limits[0] = Limits(cap_tokens=900)
    assert ledger.state(WORKSPACE).cap == 200
    ledger.reset(WORKSPACE)
    assert ledger.state(WORKSPACE).cap == 900
    assert kinds(ledger)[1:3] == ["cap_raised", "cap_set"]
    assert verify(ledger.store).ok


def test_a_repository_lowers_the_cap_whatever_the_user_has_set(farthing_home: Path) -> None:
    ledger = open_ledger(farthing_home, Limits(ceiling_tokens=120))
    ledger.set_cap(WORKSPACE, 10_000)
    assert ledger.state(WORKSPACE).cap == 120
    with pytest.raises(CapExceeded):
        ledger.reserve(ASK)


def test_a_cap_below_what_is_spent_leaves_nothing(ledger: Ledger) -> None:
    ledger.reserve(ASK)
    ledger.set_cap(WORKSPACE, 100)
    assert ledger.state(WORKSPACE).remaining == 0
    assert "used up" in ledger.state(WORKSPACE).blocked_reason


def test_a_workspace_is_its_canonical_path(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "repo" / "sub")
    assert canonical(tmp_path / "link") == canonical(tmp_path / "repo" / "sub" / ".." / "sub")
    assert project_of(tmp_path / "link") == "repo"
    assert project_of(tmp_path) == tmp_path.name


def test_days_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone, day in (("UTC", "2025-06-15"), ("XXX-14", "2025-06-16")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert Instant(NOON, "", 0).day == day
    monkeypatch.undo()
    time.tzset()
