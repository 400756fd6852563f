"""``farthing cap``, ``farthing usage`` and ``farthing ledger``, as the contract says."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from farthing import paths
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import REPOSITORY_FILE
from farthing.ledger.model import Usage
from farthing.ledger.places import canonical
from farthing.ledger.store import ledger_path
from tests.support.cli import refused, run_here
from tests.support.ledger import ASK, WORK, WORKSPACE


@pytest.fixture
def used() -> None:
    """A ledger with a request of each kind; the price of one is unknown."""
    ledger = Ledger()
    for price in (ASK.price, None):
        reservation = ledger.reserve(type(ASK)(**{**_values(), "price": price, "model": "big" if price else "new"}))
        ledger.sent(reservation)
        ledger.settle(reservation, Usage(90, 10, 50))
    ledger.record_local(WORK)
    ledger.close()


def _values() -> dict[str, Any]:
    return {name: getattr(ASK, name) for name in type(ASK).__dataclass_fields__}


def cap(*arguments: str | Path) -> dict[str, Any]:
    """What it prints."""
    ran = run_here("cap", *arguments, "--json")
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_a_session_from_its_beginning_to_the_next(tmp_path: Path) -> None:
    first = cap("show", "--root", tmp_path)
    assert {"session", "cap", "spent", "reserved", "unsettled", "remaining"} <= set(first)
    assert (first["cap"], first["spent"], first["remaining"]) == (50_000, 0, 50_000)
    (tmp_path / "link").symlink_to(tmp_path)
    assert cap("--root", tmp_path / "link")["session"] == first["session"]
    assert cap("set", "2,000", "--root", tmp_path)["cap"] == 2000
    assert cap("raise", "500", "--root", tmp_path)["cap"] == 2500
    last = cap("reset", "--root", tmp_path)
    assert last["session"] != first["session"] and last["cap"] == 50_000


def test_the_cap_is_that_of_the_file_and_a_repository_lowers_it(tmp_path: Path) -> None:
    paths.config_file().write_text("[session]\ncap_tokens = 3000\n")
    assert cap("--root", tmp_path)["cap"] == 3000
    (tmp_path / REPOSITORY_FILE).write_text("[session]\ncap_tokens = 100\n")
    assert cap("--root", tmp_path)["cap"] == 100
    ran = run_here("cap", "set", "9000", "--root", tmp_path)
    assert "of 100 cloud tokens" in ran.stdout and "allows no more than 100" in ran.stderr


def test_the_words_for_people(tmp_path: Path) -> None:
    root = canonical(tmp_path)
    ledger = Ledger()
    ask = type(ASK)(**{**_values(), "workspace": root})
    for end in (lambda r: ledger.settle(r, Usage(90, 500)), lambda r: ledger.unsettle(r, "cut"), lambda r: None):
        reservation = ledger.reserve(type(ask)(**{**_values(), "workspace": root, "provider": str(end)}))
        ledger.sent(reservation)
        end(reservation)
    ran = run_here("cap", "--root", tmp_path)
    assert ran.stdout.startswith("1,090 of 50,000 cloud tokens spent, 48,410 left\n  500 more are reserved")
    assert "\n  500 of these are charged in full" in ran.stdout
    assert "\n  90 of these went beyond a limit" in ran.stdout
    ledger.close()


@pytest.mark.parametrize(
    ("read", "written", "line", "saved"),
    [
        (80, 0, "cache: 89 % of the input was read from it, which saved $0.0002 against none", 0.000216),
        (0, 80, "cache: 0 % of the input was read from it, which cost $0.0001 more than none", -0.00006),
        (0, 0, "", 0),
    ],
)
def test_what_caches_did_is_told(tmp_path: Path, read: int, written: int, line: str, saved: float) -> None:
    assert cap("--root", tmp_path)["cached_share"] is None
    ledger = Ledger()
    reservation = ledger.reserve(type(ASK)(**{**_values(), "workspace": canonical(tmp_path)}))
    ledger.sent(reservation)
    ledger.settle(reservation, Usage(90, 10, read, written))
    ledger.close()
    found = cap("--root", tmp_path)
    assert (found["cached_share"], found["saved"]) == (round(read / 90, 4), pytest.approx(saved))
    said = run_here("cap", "--root", tmp_path).stdout.splitlines()
    assert [each for each in said if each.startswith("cache")] == ([line] if line else [])


@pytest.mark.parametrize(
    "arguments",
    [
        ("cap", "lower"),
        ("cap", "set"),
        ("cap", "set", "many"),
        ("cap", "raise", "0"),
        ("cap", "set", "9" * 30),
        ("cap", "set", "0" * 30 + "9" * 30),
        ("cap", "set", "9" * 5000),
        ("cap", "set", "²"),
        ("cap", "show", "5"),
        ("cap", "--root", "nowhere"),
        ("usage", "--by", "colour"),
        ("usage", "--since", "yesterday"),
        ("ledger", "export", "--format", "xml"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...]) -> None:
    refused(run_here(*arguments))


@pytest.mark.usefixtures("used")
def test_usage() -> None:
    rows = json.loads(run_here("usage", "--by", "model", "--json").stdout)
    wanted = {"key", "requests", "input", "cached", "output", "reasoning", "cost", "currency", "local"}
    assert all(wanted <= set(row) for row in rows)
    assert [(row["key"], row["requests"], row["cost"] is None, row["local"]) for row in rows] == [
        ("big", 1, False, False),
        ("new", 1, True, False),
        ("small", 1, False, True),
    ]
    ran = run_here("usage", "--by", "task")
    assert "ask" in ran.stdout and "?" in ran.stdout


def test_a_folder_whose_name_is_not_utf_8_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "\udcff"
    folder.mkdir()
    assert "not UTF-8" in refused(run_here("cap", "--root", folder), code=1)
    (tmp_path / "good").mkdir()
    assert cap("--root", tmp_path / "good")["spent"] == 0


def test_a_raise_never_lowers(tmp_path: Path) -> None:
    (tmp_path / REPOSITORY_FILE).write_text("[session]\ncap_tokens = 300\n")
    ran = run_here("cap", "raise", "5", "--root", tmp_path)
    assert ran.returncode == 0 and "no more than 300" in ran.stderr
    (tmp_path / REPOSITORY_FILE).unlink()
    assert cap("--root", tmp_path)["cap"] == 50_005
    assert cap("raise", "1000000000000", "--root", tmp_path)["cap"] == 1_000_000_000_000


def test_what_is_not_known_is_not_raised(tmp_path: Path) -> None:
    paths.config_file().write_text("[session\n")
    assert "no TOML" in refused(run_here("cap", "raise", "5", "--root", tmp_path))
    paths.config_file().unlink()
    assert cap("--root", tmp_path)["cap"] == 50_000


def test_zeros_in_front_of_a_cap(tmp_path: Path) -> None:
    assert cap("set", "0" * 30 + "7", "--root", tmp_path)["cap"] == 7


def test_usage_of_nothing() -> None:
    assert json.loads(run_here("usage", "--json").stdout) == []
    assert "nothing is recorded" in run_here("usage").stderr


@pytest.mark.usefixtures("used")
def test_verify_and_export() -> None:
    ran = run_here("ledger", "verify", "--json")
    assert (ran.returncode, json.loads(ran.stdout)) == (0, {"ok": True, "events": 8, "differences": []})
    objects = [json.loads(line) for line in run_here("ledger", "export", "--format", "jsonl").stdout.splitlines()]
    rows = list(csv.DictReader(run_here("ledger", "export").stdout.splitlines()))
    assert [each["workspace"] for each in objects] == [row["workspace"] for row in rows] == [WORKSPACE] * 3
    ledger = Ledger()
    with ledger.store.transaction() as db:
        db.execute("UPDATE sessions SET spent = 1")
    ledger.close()
    ran = run_here("ledger", "verify")
    assert ran.returncode == 1
    assert ran.stdout == "sessions 1: spent is 1, and the events say 200\n8 events, differences found\n"


@pytest.mark.parametrize("arguments", [("cap",), ("usage",), ("ledger", "verify"), ("ledger", "export")])
def test_a_damaged_ledger_is_one_line(arguments: tuple[str, ...]) -> None:
    ledger_path().write_bytes(b"nothing of ours" * 100)
    assert "is damaged. Put a backup" in refused(run_here(*arguments), code=1)
