"""What ``farthing stats`` prints."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from farthing.completion import daybook
from farthing.completion.daybook import Counts
from tests.support.cli import refused, run_here

BUSY = Counts(
    shown=42,
    accepted_full=12,
    accepted_line=2,
    accepted_word=3,
    accepted_chars=700,
    due_30s=400,
    kept_30s=300,
    answers=50,
    cache_hits=20,
    generations=30,
    cancelled=4,
    prompt_tokens=2000,
    cached_tokens=1900,
    first_token_ms=[112.0],
    total_ms=[300.0, 500.0],
)
KEYS = {
    "shown",
    "accepted",
    "accepted_chars",
    "retained_30s",
    "first_token_ms",
    "total_ms",
    "kv_hit_share",
    "cancelled",
}


@pytest.fixture
def busy(farthing_home: Path) -> None:
    """A state directory with something in it, today and a week ago."""
    daybook.append(daybook.directory(), BUSY, date.today())
    daybook.append(daybook.directory(), Counts(shown=1), date.today() - timedelta(days=7))


def test_with_nothing_counted_yet(farthing_home: Path) -> None:
    ran = run_here("stats", "--json")
    found = json.loads(ran.stdout)
    assert ran.returncode == 0 and ran.stderr == ""
    assert found.keys() >= KEYS
    assert (found["shown"], found["retained_30s"], found["first_token_ms"]) == (0, None, {"p50": None, "p95": None})
    assert not list(farthing_home.iterdir())
    assert "nothing to say yet" in run_here("stats").stdout


@pytest.mark.usefixtures("busy")
def test_by_the_contract() -> None:
    found = json.loads(run_here("stats", "--json").stdout)
    assert {key: found[key] for key in KEYS} == {
        "shown": 43,
        "accepted": 17,
        "accepted_chars": 700,
        "retained_30s": 300,
        "first_token_ms": {"p50": 112.0, "p95": 112.0},
        "total_ms": {"p50": 300.0, "p95": 500.0},
        "kv_hit_share": 0.95,
        "cancelled": 4,
    }
    assert (found["accepted_full"], found["accepted_line"], found["accepted_word"]) == (12, 2, 3)
    assert (found["retained_5m"], found["cache_hit_share"], found["prefilled_tokens"]) == (None, 0.4, 100)


@pytest.mark.usefixtures("busy")
def test_of_the_last_days_only() -> None:
    assert json.loads(run_here("stats", "--json", "--days", "1").stdout)["shown"] == 42


@pytest.mark.usefixtures("busy")
def test_for_people() -> None:
    text = run_here("stats", "--days", "1").stdout
    for part in ("42 suggestions", "17 (40 %): 12 in full, 2 by line, 3 by word", "300 characters still there (75 %)"):
        assert part in text
    assert "112 ms" in text and "95 %" in text


def test_a_directory_that_can_not_be_read_is_one_line(farthing_home: Path) -> None:
    folder = daybook.directory()
    folder.mkdir()
    (folder / f"{date.today()}.jsonl").mkdir()
    assert "statistics" in refused(run_here("stats"), code=1)


@pytest.mark.parametrize("days", ["0", "91", "many"])
def test_days_that_are_none(farthing_home: Path, days: str) -> None:
    ran = run_here("stats", "--days", days)
    assert (ran.returncode, ran.stdout) == (2, "")
