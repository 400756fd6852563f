"""How fast models read, as it is remembered."""

from pathlib import Path

import pytest

from farthing import paths
from farthing.engine import rates
from farthing.engine.rates import KEPT, LAST, LEAST, note, prefill_rate


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"x")
    return path


@pytest.fixture
def file() -> Path:
    return paths.cache_dir() / "engine" / "rates.json"


def test_nothing_is_known_at_first(model: Path) -> None:
    assert prefill_rate(model) is None
    assert prefill_rate(model.with_name("none.gguf")) is None


def test_the_median_of_the_last_is_the_rate(model: Path) -> None:
    for seconds in (100, 100, 100, 2, 2, 2, 40, 1):
        note(model, 200, seconds)
    assert LAST == 5 and prefill_rate(model) == 100


def test_few_tokens_tell_nothing(model: Path, file: Path) -> None:
    note(model, LEAST - 1, 1)
    note(model, 1000, 0)
    assert prefill_rate(model) is None and not file.exists()
    note(model, LEAST, 1)
    assert prefill_rate(model) == LEAST


def test_another_file_at_the_same_place_is_another_model(model: Path) -> None:
    note(model, 200, 1)
    model.write_bytes(b"xy")
    assert prefill_rate(model) is None


def test_only_some_models_are_kept(model: Path) -> None:
    others = [model.with_name(f"{i}.gguf") for i in range(KEPT)]
    note(model, 200, 1)
    for other in others:
        note(other, 300, 1)
    assert prefill_rate(model) is None
    assert all(prefill_rate(other) == 300 for other in others)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", "[" * 100_000, '{"KEY": 3}', '{"KEY": ["x"]}', '{"KEY": [-1]}']
)
def test_a_damaged_file_counts_as_empty(model: Path, file: Path, text: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(text.replace("KEY", rates._key(model)))
    assert prefill_rate(model) is None
    note(model, 200, 1)
    assert prefill_rate(model) == 200


def test_a_folder_that_cannot_be_made_costs_nothing(model: Path, file: Path) -> None:
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("in the way")
    note(model, 200, 1)
    assert prefill_rate(model) is None
