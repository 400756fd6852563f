"""What the benchmark sums up."""

import importlib
import json
import math
from typing import Any

import pytest

statistics = importlib.import_module("completion_statistics")
NEVER = math.inf


def key(latency: float = 100.0, **changes: object) -> Any:
    values = {"accepted": False, "shown_ms": NEVER, "on_screen": False, "cached": False, "prefilled": None}
    return statistics.Keystroke(latency_ms=latency, **{**values, **changes})


def rest(exact: bool, language: str = "python") -> Any:
    return statistics.Rest("a.py", 7, language, "total", "total" if exact else "totals")


def line(characters: int, *keys: object, language: str = "python") -> Any:
    return statistics.Line("a.py", 7, language, characters, keys)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 10.0), (0.95, 19.0), (1.0, 20.0), (0.01, 1.0)]
)  # nearest rank: of 20 values the 95th percentile is the 19th
def test_percentiles_are_measured_values(share: float, expected: float) -> None:
    assert statistics.percentile([float(value) for value in range(20, 0, -1)], share) == expected


def test_a_percentile_of_nothing_is_nothing() -> None:
    assert statistics.percentile([], 0.5) is None


def test_enter_is_no_key_of_the_line() -> None:
    found = statistics.summary([line(10, key(), key(), key(accepted=True))], [])
    assert found["characters_saved"] == 1 - 2 / 10
    assert found["keystrokes"] == 3
    assert found["accepted"] == 1


def test_what_never_came_counts_as_slow_and_not_as_fast() -> None:
    found = statistics.summary([line(3, key(1.0), key(NEVER), key(NEVER), key(3.0))], [])
    assert found["never_answered"] == 2
    assert found["answer_ms"] == {"p50": 3.0, "p95": NEVER}
    assert found["answer_that_came_ms"] == {"p50": 1.0, "p95": 3.0}


def test_shares_and_tokens() -> None:
    keys = [key(cached=True, prefilled=0), key(on_screen=True, prefilled=90), key(), key(cached=True, prefilled=0)]
    found = statistics.summary([line(9, *keys)], [rest(True), rest(False), rest(False)])
    assert found["cached_share"] == 0.5
    assert found["on_screen_share"] == 0.25
    assert found["prefilled_tokens_per_keystroke"] == 22.5
    assert found["prefilled_tokens_per_answer"] == {"p50": 0, "p95": 90}
    assert found["exact_rest_of_line"] == pytest.approx(1 / 3)


def test_a_system_that_does_not_tell_its_tokens_has_no_figure() -> None:
    found = statistics.summary([line(9, key(), key())], [])
    assert found["prefilled_tokens_per_keystroke"] is None
    assert found["exact_rest_of_line"] is None


def test_each_language_has_its_own_figures() -> None:
    lines = [line(4, key(), key()), line(4, key(), key(), key(), language="go")]
    found = statistics.by_language(lines, [rest(True, "go"), rest(False, "rust")])
    assert list(found) == ["go", "python", "rust"]
    assert found["python"]["characters_saved"] == 0.75
    assert found["go"]["characters_saved"] == 0.5
    assert found["go"]["exact_rest_of_line"] == 1.0
    assert found["rust"]["characters_saved"] is None


def test_the_record_is_json_with_null_for_never() -> None:
    text = json.dumps(statistics.record(line(4, key(NEVER, shown_ms=1.23456))), allow_nan=False)
    first = json.loads(text)["keystrokes"][0]
    assert first["latency_ms"] is None
    assert first["shown_ms"] == 1.2346


def test_the_table_compares_medians_and_says_never() -> None:
    ours = statistics.summary([line(10, key(), key(50.0), key(50.0))], [rest(True)])
    theirs = statistics.summary([line(10, *[key(NEVER)] * 2, key(200.0))], [rest(True)])
    text = statistics.table({"farthing": ours, "rival": theirs})
    rows = {
        cells[1].strip(): [cell.strip() for cell in cells[2:-1]]
        for row in text.splitlines()
        if (cells := row.split("|"))
    }
    assert rows[""] == ["farthing", "rival", "ratio"]
    assert rows["answer, all keystrokes, p50 / p95 ms"] == ["50 / 100", "never / never", ""]
    assert rows["answer, those that came, p50 / p95 ms"] == ["50 / 100", "200 / 200", "0.25"]
    assert "prefilled tokens per keystroke, mean" not in rows
    assert len({len(row) for row in text.splitlines()}) == 1


def test_the_table_of_one_system_has_no_ratio() -> None:
    assert "ratio" not in statistics.table({"farthing": statistics.summary([line(4, key())], [])})
