"""One ledger, many processes, some of which are killed."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from farthing.ledger.clock import now
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.verify import verify
from tests.support import ledger_window
from tests.support.ledger import WORKSPACE
from tests.support.ledger_window import CAP

Window = subprocess.Popen[str]


def window(home: Path, seed: int, count: int) -> Window:
    """Start one."""
    command = [sys.executable, "-m", ledger_window.__name__, str(home), str(seed), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def billed(output: str) -> int:
    """What the provider billed; a line that was cut off by a kill was never written."""
    return sum(int(line) for line in output.splitlines() if line.isdecimal())


def opened(home: Path) -> Ledger:
    """The ledger of the windows, after whoever is dead."""
    return Ledger(home / "ledger.sqlite", lambda workspace: Limits(cap_tokens=CAP), now)


def test_four_processes_lose_nothing_and_wait_for_each_other(farthing_home: Path) -> None:
    windows = [window(farthing_home, seed, 120) for seed in range(4)]
    outputs = [each.communicate(timeout=120) for each in windows]
    assert [(each.returncode, errors) for each, (_, errors) in zip(windows, outputs, strict=True)] == [(0, "")] * 4
    assert all(output.endswith("end\n") for output, _ in outputs)
    ledger = opened(farthing_home)
    with ledger.store.snapshot() as db:
        counts = dict(db.execute("SELECT state, count(*) FROM requests GROUP BY state"))
    state = ledger.state(WORKSPACE)
    assert set(counts) == {"settled", "unsettled", "released"}
    assert sum(counts.values()) == 4 * 120
    assert state.reserved == 0 and state.unsettled == 500 * counts["unsettled"]
    assert sum(billed(output) for output, _ in outputs) <= state.spent <= CAP
    assert verify(ledger.store).differences == []
    ledger.close()


@pytest.mark.parametrize("seed", range(4))
def test_kill_at_any_moment(farthing_home: Path, seed: int) -> None:
    chance = random.Random(seed)
    windows = [window(farthing_home, number, 100_000) for number in range(2)]
    outputs = []
    for each in windows:
        assert each.stdout
        lines = [each.stdout.readline() for _ in range(chance.randint(1, 60))]
        each.kill()
        rest, errors = each.communicate(timeout=60)
        assert errors == ""
        outputs.append("".join(lines) + rest)
    ledger = opened(farthing_home)
    state = ledger.state(WORKSPACE)
    assert state.reserved == 0
    assert sum(map(billed, outputs)) <= state.spent <= CAP
    assert verify(ledger.store).differences == []
    ledger.close()
