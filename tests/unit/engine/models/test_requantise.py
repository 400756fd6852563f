"""Making another quantisation and keeping the better file, with a model small enough to do it for real."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from farthing import paths
from farthing.engine.models import catalogue, requantise, store
from farthing.engine.models.catalogue import Model
from farthing.engine.models.pull import pull
from farthing.errors import Cancelled
from tests.unit.engine.models import index, tiny_gguf


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    """A model in a wheel that is to be requantised."""
    data = tiny_gguf.write(tmp_path / "source.gguf").read_bytes()
    model = dataclasses.replace(index.make_model_of_one_wheel(tmp_path, data), requantise=("Q8_0", "Q4_0"))
    index.use_only(tmp_path, monkeypatch)
    index.use_stand_in(tmp_path, monkeypatch)
    monkeypatch.setattr(catalogue, "load", lambda: (model,))
    return model


@pytest.fixture(params=["stand-in", pytest.param("library", marks=pytest.mark.model)])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates that are copies and have no speed, or real ones."""

    def copy(arguments: list[str], quant: str, file: Path, cancelled: Callable[[], bool]) -> requantise.Candidate:
        if arguments[0] != str(file):
            shutil.copy(arguments[0], file)
        return requantise.Candidate(quant, file, 1.0, 1.0)

    if request.param == "stand-in":
        monkeypatch.setattr(requantise, "_candidate", copy)


@pytest.fixture
def one_core() -> Iterator[None]:
    """Processes that are started may use one core. On a busy machine llama.cpp's threads would wait for each other
    for half a minute, over a model of half a megabyte."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


def names() -> set[str]:
    """The files of the models directory, but the staging area."""
    return {path.name for path in paths.models_dir().iterdir() if path.name != ".staging"}


def test_a_faster_file_takes_the_place(tiny: Model, one_core: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requantise, "_WORTH", 0)
    monkeypatch.setattr(requantise, "_WORTH_LOSS", 1e9)
    said: list[str] = []
    path = pull(tiny, lambda at: said.append(at.detail))
    assert path.name == f"{tiny.id}.Q8_0.gguf"
    assert names() == {path.name, f"{tiny.id}.json"}
    assert path.stat().st_size < tiny.bytes / 3
    assert [(item.path, item.state) for item in store.verify()] == [(str(path), "ok")]
    record = store.read_record(tiny)
    assert record and [item["quant"] for item in record.measured] == ["Q8_0", "Q8_0", "Q4_0"]
    assert all(item["prefill"] > 0 and item["decode"] > 0 for item in record.measured)
    assert "making and measuring Q4_0" in said


def test_a_slower_file_does_not(tiny: Model, made: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requantise, "_WORTH", 1e9)
    path = pull(tiny, lambda at: None)
    assert path == store.published_path(tiny)
    assert names() == {path.name, f"{tiny.id}.json"}
    monkeypatch.setattr(requantise, "_candidate", None)  # settled: nothing is measured a second time
    assert pull(tiny, lambda at: None) == path


def test_cancelling_leaves_the_published_file_and_the_next_pull_goes_on(
    tiny: Model, one_core: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requantise, "_WORTH", 0)
    seen: list[str] = []
    with pytest.raises(Cancelled):
        pull(tiny, lambda at: seen.append(at.stage), lambda: "requantising" in seen)
    assert store.installed_path(tiny) == store.published_path(tiny)
    assert not store.record_path(tiny).exists()
    assert pull(tiny, lambda at: None) != store.published_path(tiny)


def test_killed_before_the_published_file_was_deleted(tiny: Model, made: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requantise, "_WORTH", 0)
    path = pull(tiny, lambda at: None)
    shutil.copy(path, store.published_path(tiny))
    assert pull(tiny, lambda at: None) == path
    assert names() == {path.name, f"{tiny.id}.json"}


def test_a_file_that_the_library_refuses_stays_as_it_is(tmp_path: Path, farthing_home: Path) -> None:
    model = dataclasses.replace(index.make_model(b"GGUF?", parts=0), requantise=("Q8_0",))
    paths.models_dir().mkdir()
    store.published_path(model).write_bytes(b"GGUF?")
    said: list[str] = []
    requantise.settle(model, tmp_path, said.append, lambda: False)
    assert said[-1] == "that failed; the published file stays in use"
    assert store.installed_path(model) == store.published_path(model)
    assert not store.record_path(model).exists()


@pytest.mark.parametrize(
    ("fine", "coarse", "chosen"),
    [
        (609, 544, "Q8_0"),  # as measured of smollm2-135m
        (320, 330, "Q4_1"),
        (609, 800, "Q8_0"),
        (609, 1000, "Q4_0"),
        (300, 450, "Q4_0"),
    ],
)
def test_quality_comes_first(fine: float, coarse: float, chosen: str) -> None:
    measured = {"Q4_1": 305.0, "Q8_0": fine, "Q4_0": coarse}
    candidates = [requantise.Candidate(quant, Path(quant), speed, 50) for quant, speed in measured.items()]
    assert requantise.choose(candidates).quant == chosen
