"""Which model edits."""

import dataclasses
from pathlib import Path

import pytest

from farthing.engine.models import catalogue, editing, store
from farthing.engine.models.catalogue import Model
from farthing.engine.models.editing import resolve_edit
from farthing.errors import ModelNotInstalled, ModelUnusable, UnknownModel
from tests.unit.engine.models import index, tiny_gguf


def model(id: str, size: int, *use: str) -> Model:
    """Of the catalogue; one of an editing model's size has 200 bytes or more here."""
    return dataclasses.replace(index.make_model(b"x" * size, parts=0, id=id), use=use)


MODELS = (
    model("qwen2.5-coder-0.5b", 110, "completion"),
    model("smollm2-135m", 100, "edit"),
    model("large", 301, "completion", "edit"),
    model("better", 299, "edit"),
    model("good", 300, "completion", "edit"),
    model("qwen2.5-coder-1.5b", 250, "completion", "edit"),
)


@pytest.fixture(autouse=True)
def few_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is in the catalogue."""
    monkeypatch.setattr(catalogue, "load", lambda: MODELS)
    monkeypatch.setattr(editing, "SENSIBLE", range(200, 301))


def install(*ids: str) -> None:
    for each in MODELS:
        if each.id in ids:
            store.published_path(each).parent.mkdir(exist_ok=True)
            store.published_path(each).write_bytes(b"x" * each.bytes)


@pytest.mark.parametrize(
    ("installed", "taken"),
    [
        ("smollm2-135m large better good qwen2.5-coder-0.5b qwen2.5-coder-1.5b", "qwen2.5-coder-1.5b"),
        ("smollm2-135m large good better qwen2.5-coder-0.5b", "better"),
        ("smollm2-135m large good qwen2.5-coder-0.5b", "good"),
        ("smollm2-135m large qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b"),
    ],
)
def test_the_best_that_is_sensible(installed: str, taken: str) -> None:
    install(*installed.split())
    assert resolve_edit().stem == taken


@pytest.mark.parametrize("installed", ["", "smollm2-135m", "smollm2-135m large"])
def test_none_says_what_to_get(installed: str) -> None:
    install(*installed.split())
    with pytest.raises(ModelNotInstalled, match=r"farthing models pull qwen2\.5-coder-1\.5b"):
        resolve_edit()


def test_the_users_choice_is_taken_whatever_its_size() -> None:
    install("qwen2.5-coder-1.5b", "large", "smollm2-135m")
    store.set_active("large")
    assert resolve_edit().stem == "large"
    assert resolve_edit("smollm2-135m").stem == "smollm2-135m"


def test_a_choice_that_is_gone_is_made_up_for() -> None:
    install("qwen2.5-coder-0.5b", "large", "good")
    store.set_active("large", ("edit",))
    store.installed_path(MODELS[2]).unlink()  # type: ignore[union-attr]
    assert resolve_edit().stem == "good"


def test_the_setting_is_never_made_up_for(tmp_path: Path) -> None:
    install("qwen2.5-coder-1.5b")
    with pytest.raises(ModelNotInstalled, match="pull large"):
        resolve_edit("large")
    with pytest.raises(UnknownModel):
        resolve_edit(str(tmp_path / "none.gguf"))
    (tmp_path / "x.gguf").write_text("x")
    with pytest.raises(ModelUnusable):
        resolve_edit(str(tmp_path / "x.gguf"))
    own = tiny_gguf.write(tmp_path / "own.gguf")
    assert resolve_edit(str(own)) == own


def test_it_is_known_whether_the_model_that_completes_was_made_for_edits() -> None:
    assert editing.completing() is None
    install("qwen2.5-coder-0.5b")
    assert editing.completing() == resolve_edit()
    install("good")
    store.set_active("good")
    assert editing.completing() is None
