"""What dead processes left open: charged when it may have been sent, freed when not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from farthing.ledger import processes
from farthing.ledger.ledger import RECOVERY_MS, Ledger
from farthing.ledger.model import Usage
from farthing.ledger.processes import Process
from farthing.ledger.recovery import UNSEEN_MS
from tests.support.ledger import ASK, WORKSPACE, Clock, open_ledger

ME = processes.me()
DEAD = Process(ME.host, 2**22 + 1, "77")


def left_by(process: Process, home: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """One reserved and one sent request of a process."""
    with monkeypatch.context() as patched:
        patched.setattr(processes, "me", lambda: process)
        other = open_ledger(home, clock=clock)
        other.reserve(ASK)
        other.sent(other.reserve(ASK))
        other.close()


@pytest.mark.parametrize(
    "process",
    [DEAD, Process(ME.host, os.getpid(), "77"), Process("another boot " + ME.host.split()[1], ME.pid, ME.started)],
    ids=["gone", "its number is used again", "before the machine started"],
)
def test_a_dead_process(
    process: Process, ledger: Ledger, farthing_home: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    left_by(process, farthing_home, monkeypatch, clock)
    assert ledger.state(WORKSPACE).reserved == 1000
    clock.pass_by(RECOVERY_MS + 1)
    state = ledger.state(WORKSPACE)
    assert (state.spent, state.unsettled, state.reserved) == (500, 500, 0)


def test_room_that_a_dead_process_holds_is_found_before_anything_is_refused(
    ledger: Ledger, farthing_home: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    ledger.set_cap(WORKSPACE, 1000)
    left_by(DEAD, farthing_home, monkeypatch, clock)
    assert ledger.reserve(ASK).max_output == 400
    assert ledger.state(WORKSPACE).spent == 500


def test_a_process_that_cannot_be_seen_from_here_is_waited_for(
    ledger: Ledger, farthing_home: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    boot = ME.host.split()[0]
    left_by(Process(f"{boot} pid:[container]", 7, "77"), farthing_home, monkeypatch, clock)
    assert ledger.recover() == 0
    clock.pass_by(UNSEEN_MS + 1)
    assert ledger.recover() == 2


def test_what_was_taken_for_dead_and_lives_is_refused_to_send_and_settles_for_the_reports_only(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = ledger.reserve(ASK)
    ledger.sent(sent)
    monkeypatch.setattr(Process, "lives", lambda self: False)
    monkeypatch.setattr(processes, "me", lambda: DEAD)
    assert ledger.recover() == 1
    ledger.settle(sent, Usage(90, 10))
    assert (ledger.state(WORKSPACE).spent, ledger.state(WORKSPACE).unsettled) == (500, 0)


def test_this_process_lives_and_a_finished_one_does_not() -> None:
    assert ME.lives() is True
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    there = Process(ME.host, child.pid, processes._started(child.pid))
    assert there.lives() is True
    child.kill()
    while there.lives():  # a zombie is as dead as one that was waited for
        pass
    child.communicate()
    assert there.lives() is False


def test_without_a_start_time_its_number_has_to_do() -> None:
    assert Process(ME.host, os.getpid(), "").lives() is True
    assert Process(ME.host, 2**22 + 1, "").lives() is False
