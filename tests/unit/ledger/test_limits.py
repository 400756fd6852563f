"""Limits from files: kind to mistakes, and never looser for them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import paths
from farthing.ledger.limits import DEFAULT_CAP, REPOSITORY_FILE, Budget, Limits, of_workspace
from farthing.ledger.model import NANO


def test_without_a_file_there_is_the_default(tmp_path: Path) -> None:
    assert of_workspace(str(tmp_path)) == Limits(DEFAULT_CAP)


def test_all_of_it(tmp_path: Path) -> None:
    paths.config_file().write_text(
        "[session]\ncap_tokens = 1000\n[budgets.user]\nday_tokens = 5\nmonth_usd = 2.5\n"
        "[budgets.workspace]\nday_usd = 1\nmonth_tokens = 7\n"
    )
    user, workspace = Budget(5, None, None, 5 * NANO // 2), Budget(None, 7, NANO, None)
    assert of_workspace(str(tmp_path)) == Limits(1000, None, user, workspace)
    (tmp_path / REPOSITORY_FILE).write_text(
        "[session]\ncap_tokens = 9000\n[budgets.user]\nday_tokens = 900\n[budgets.workspace]\nday_usd = 0.25\n"
    )
    found = of_workspace(str(tmp_path))
    assert (found.cap_tokens, found.ceiling_tokens) == (1000, 9000)
    assert (found.user, found.workspace) == (user, Budget(None, 7, NANO // 4, None))


@pytest.mark.parametrize("value", ['"many"', "-1", "1.5", "true", "[]", "99999999999999999999"])
def test_a_cap_that_makes_no_sense_is_told_and_the_default(tmp_path: Path, value: str) -> None:
    paths.config_file().write_text(f"[session]\ncap_tokens = {value}\n")
    found = of_workspace(str(tmp_path))
    assert found.cap_tokens == DEFAULT_CAP
    assert found.problems == (
        "config.toml: session.cap_tokens must be a whole number from 0 to 1000000000000; 50000 is used",
    )


@pytest.mark.parametrize("value", ['"5"', "-0.1", "true", "inf", "nan", "99999999999999999999"])
def test_a_budget_that_makes_no_sense_is_told_and_nothing_is_spent(tmp_path: Path, value: str) -> None:
    paths.config_file().write_text(f"[budgets.user]\nday_usd = {value}\n")
    found = of_workspace(str(tmp_path))
    assert found.user.day_money == 0
    assert len(found.problems) == 1 and "budgets.user.day_usd must be" in found.problems[0]


@pytest.mark.parametrize("text", ["budgets = 1", "[budgets]\nuser = 1"])
def test_a_budget_that_is_no_table(tmp_path: Path, text: str) -> None:
    paths.config_file().write_text(text)
    found = of_workspace(str(tmp_path))
    assert found.user == Budget(0, 0, 0, 0) and found.problems


def test_a_file_that_is_no_toml_allows_nothing_until_it_is_mended(tmp_path: Path) -> None:
    paths.config_file().write_text("[session\n")
    found = of_workspace(str(tmp_path))
    assert found.unusable and found.problems and found.cap_tokens == 0
    paths.config_file().write_text("[session]\n")
    assert of_workspace(str(tmp_path)) == Limits(DEFAULT_CAP)


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000])
def test_a_number_of_thousands_of_digits_is_told(tmp_path: Path, number: str) -> None:
    (tmp_path / REPOSITORY_FILE).write_text(f"[session]\ncap_tokens = {number}\n")
    assert len(of_workspace(str(tmp_path)).problems) == 1


def test_what_would_wait_for_ever_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / REPOSITORY_FILE).symlink_to("fifo")
    found = of_workspace(str(tmp_path))
    assert found.cap_tokens == DEFAULT_CAP and f"{REPOSITORY_FILE} is no file" in found.problems[0]


def test_a_repositorys_broken_file_loosens_nothing(tmp_path: Path) -> None:
    paths.config_file().write_text("[session]\ncap_tokens = 1000\n")
    (tmp_path / REPOSITORY_FILE).write_bytes(b"\xff\xfe")
    found = of_workspace(str(tmp_path))
    assert (found.cap_tokens, found.unusable) == (1000, "") and found.problems


NUMBERS = st.none() | st.integers(0, 10**6)
BUDGETS = st.builds(Budget, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
LIMITS = st.builds(Limits, st.integers(0, 10**6), NUMBERS, BUDGETS, BUDGETS)


@given(LIMITS, LIMITS)
def test_more_limits_never_raise_any(first: Limits, second: Limits) -> None:
    both = first.lowered_by(second)
    assert both.cap_tokens == first.cap_tokens
    assert both.ceiling_tokens is not None and both.ceiling_tokens <= second.cap_tokens
    for whose in ("user", "workspace"):
        for name in Budget.__dataclass_fields__:
            values = [getattr(getattr(each, whose), name) for each in (first, second)]
            known = [value for value in values if value is not None]
            assert getattr(getattr(both, whose), name) == (min(known) if known else None)
