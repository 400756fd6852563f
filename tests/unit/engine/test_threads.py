"""How many threads are taken."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llama_cpp as native
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import paths
from farthing.engine import runtime as runtime_module
from farthing.engine import threads as module
from farthing.engine.kv import finish
from farthing.engine.kv_plan import Prompt
from farthing.engine.memory import AbortFlag
from farthing.engine.runtime import Runtime
from farthing.engine.threads import (
    SIZES,
    Cores,
    Others,
    ThreadFile,
    Threads,
    candidates,
    fastest,
    measure,
    usable_cores,
)
from tests.conftest import SMALL_MODEL


class Machine:
    """Its clock goes on by what batches are said to take."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, costs: dict[int, float], growth: float = 3.0) -> None:
        self.costs, self.growth, self.now = costs, growth, 100.0
        self.tried: list[tuple[int, int]] = []
        self.stop_at = 1000
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def compute(self, threads: int, size: int) -> bool:
        self.tried.append((threads, size))
        self.now += self.costs[threads] * self.growth ** list(SIZES).index(size)
        return len(self.tried) < self.stop_at


def test_the_fastest_is_found_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, {1: 0.025, 2: 0.013, 4: 0.02})
    assert finish(measure(machine.compute, [1, 2, 4])) == Threads(2, 2, True)
    assert {size for _, size in machine.tried} == set(SIZES)
    assert machine.now <= 100 + module.BUDGET_S


def test_on_a_slow_machine_less_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, {1: 0.9, 2: 0.5})
    assert finish(measure(machine.compute, [1, 2])) == Threads(2, 2, True)
    assert machine.tried == [(1, 1), (2, 1)]


@pytest.mark.parametrize("at", [1, 2, 5])
def test_what_is_stopped_says_nothing(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    machine = Machine(monkeypatch, {1: 0.05, 2: 0.026})
    machine.stop_at = at
    assert finish(measure(machine.compute, [1, 2])) is None
    assert len(machine.tried) == at


def test_fewer_threads_are_preferred_where_they_are_as_good() -> None:
    assert fastest({1: {1: 1.04, 2: 1.0}, 8: {1: 2.0, 2: 1.0}, 64: {1: 2.0, 2: 1.0}}) == Threads(1, 2, True)


def test_small_and_large_batches_count_alike() -> None:
    assert fastest({1: {2: 1.0, 4: 2.0}, 8: {2: 0.1, 4: 0.2}, 64: {2: 5.0, 4: 4.0}}) == Threads(2, 2, True)


@pytest.mark.parametrize(
    ("cores", "counts"),
    [((1, 1), [1]), ((2, 2), [1, 2]), ((2, 4), [1, 2, 4]), ((8, 16), [1, 2, 4, 8, 16]), ((1, 2), [1, 2])],
)
def test_counts_worth_a_measurement(cores: tuple[int, int], counts: list[int]) -> None:
    assert candidates(Cores(*cores)) == counts


@pytest.mark.parametrize(
    ("all_of_us", "ours", "disturb"),
    [(2.0, 2.0, False), (2.2, 2.0, False), (2.8, 2.0, True), (1.0, 0.0, True), (0.3, 0.0, False), (None, 1.0, False)],
)
def test_others_that_compute_disturb(
    monkeypatch: pytest.MonkeyPatch, all_of_us: float | None, ours: float, disturb: bool
) -> None:
    """Within one second, on two cores."""
    now = {"wall": 5.0, "ours": 7.0, "all": 900.0}
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(time, "monotonic", lambda: now["wall"])
    monkeypatch.setattr(time, "process_time", lambda: now["ours"])
    monkeypatch.setattr(module, "busy_seconds", lambda: now["all"] if all_of_us is not None else None)
    others = Others()
    assert not others.disturb
    now.update(wall=6.0, ours=7.0 + ours, all=900.0 + (all_of_us or 0))
    assert others.disturb is disturb


@pytest.mark.parametrize("text", ["", "cpu 1 2 3", "cpu a b c d e f g h"])
def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _: text)
    assert module.busy_seconds() is None


def test_time_that_was_taken_counts() -> None:
    before, own = module.busy_seconds(), time.process_time()
    assert before is not None, "this system doesn't tell"
    while time.process_time() < own + 0.1:
        pass
    after = module.busy_seconds()
    assert after is not None and after - before > 0.05


class TestFile:
    """What is kept for the next engine."""

    @pytest.fixture
    def model(self, tmp_path: Path) -> Path:
        (tmp_path / "m.gguf").write_bytes(b"GGUF")
        return tmp_path / "m.gguf"

    def test_it_is_found_again_for_the_same_model_and_cores(self, tmp_path: Path, model: Path) -> None:
        path = tmp_path / "made" / "threads.json"
        ThreadFile(path, model).save(Cores(4, 8), Threads(4, 8, True))
        assert ThreadFile(path, model).load(Cores(4, 8)) == Threads(4, 8, True)
        assert ThreadFile(path, model).load(Cores(2, 4)) is None
        model.write_bytes(b"GGUF, another one")
        assert ThreadFile(path, model).load(Cores(4, 8)) is None
        assert os.listdir(path.parent) == ["threads.json"]

    def test_old_ones_are_dropped(self, tmp_path: Path, model: Path) -> None:
        file = ThreadFile(tmp_path / "threads.json", model)
        for count in range(1, module.KEPT + 3):
            file.save(Cores(count, count), Threads(1, 1, True))
        assert file.load(Cores(2, 2)) is None
        assert file.load(Cores(3, 3)) is not None

    @given(
        text=st.text()
        | st.recursive(
            st.none() | st.integers() | st.text(max_size=3),
            lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        ).map(json.dumps)
    )
    def test_a_damaged_file_is_ignored_and_replaced(self, text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
        folder = tmp_path_factory.mktemp("damaged")
        (folder / "m.gguf").touch()
        (folder / "threads.json").write_bytes(text.encode(errors="replace"))
        file = ThreadFile(folder / "threads.json", folder / "m.gguf")
        assert file.load(Cores(2, 2)) is None
        file.save(Cores(2, 2), Threads(1, 2, True))
        assert file.load(Cores(2, 2)) == Threads(1, 2, True)

    @pytest.mark.parametrize("value", [[0, 1], [3, 1], [1], [1, 2, 1], ["1", "2"], [True, 1], None, 1.5])
    def test_counts_that_cannot_be_are_ignored(self, tmp_path: Path, model: Path, value: object) -> None:
        path = tmp_path / "threads.json"
        file = ThreadFile(path, model)
        file.save(Cores(1, 2), Threads(1, 2, True))
        path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_text()), value)))
        assert file.load(Cores(1, 2)) is None

    def test_a_file_that_cannot_be_written_is_no_harm(self, tmp_path: Path, model: Path) -> None:
        (tmp_path / "file").touch()
        file = ThreadFile(tmp_path / "file" / "threads.json", model)
        file.save(Cores(2, 2), Threads(1, 1, True))
        assert file.load(Cores(2, 2)) is None


@pytest.mark.model
class TestModel:
    """With a real one."""

    @pytest.fixture
    def path(self, real_models: Path) -> Path:
        return min(real_models.glob(f"**/{SMALL_MODEL}*.gguf"))

    @pytest.fixture(autouse=True)
    def alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever else this machine does."""
        monkeypatch.setattr(Others, "disturb", False)

    @pytest.fixture
    def loaded(self, path: Path) -> Iterator[Runtime]:
        runtime = Runtime(path, 512, 0, AbortFlag())
        yield runtime
        runtime.close()

    def counts(self, runtime: Runtime) -> tuple[int, int]:
        context: Any = runtime.memory.context
        return native.llama_n_threads(context), native.llama_n_threads_batch(context)

    def test_it_is_measured_once_and_harms_no_cells(self, loaded: Runtime, path: Path) -> None:
        assert not loaded.threads.measured
        prompt = Prompt(tuple(range(100, 150)), (7,))
        cells = finish(loaded.cache.prepare("d", prompt)).cells
        before = list(cells.tokens)
        begun = time.monotonic()
        finish(loaded.tune())
        assert time.monotonic() - begun < 60
        assert loaded.threads.measured
        assert self.counts(loaded) == (loaded.threads.decode, loaded.threads.batch)
        assert cells.tokens == before
        assert finish(loaded.cache.prepare("d", prompt)).kept == 50
        assert list(loaded.tune()) == [], "it was measured again"
        later = Runtime(path, 512, 0, AbortFlag())
        try:
            assert later.threads == loaded.threads
            assert self.counts(later) == (loaded.threads.decode, loaded.threads.batch)
        finally:
            later.close()

    def test_given_up_it_leaves_the_threads_as_they_were(self, loaded: Runtime) -> None:
        before = self.counts(loaded)
        work = loaded.tune()
        next(work)
        next(work)
        work.close()
        assert self.counts(loaded) == before
        assert not (paths.cache_dir() / "engine" / "threads.json").exists()

    def test_what_was_disturbed_is_measured_another_time(
        self, loaded: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = self.counts(loaded)
        monkeypatch.setattr(Others, "disturb", True)
        finish(loaded.tune())
        assert (loaded.threads.measured, self.counts(loaded)) == (False, before)
        monkeypatch.setattr(Others, "disturb", False)
        finish(loaded.tune())
        assert loaded.threads.measured

    def test_other_cores_are_measured_anew(self, loaded: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
        finish(loaded.tune())
        cores = usable_cores()
        other = Cores(cores.physical + 1, cores.logical + 1)
        monkeypatch.setattr(runtime_module, "usable_cores", lambda: other)
        monkeypatch.setattr(runtime_module, "candidates", lambda each: [1] if each == other else [])
        finish(loaded.tune())
        assert loaded.threads == Threads(1, 1, True)

    def test_what_the_user_has_set_is_taken(self, path: Path) -> None:
        runtime = Runtime(path, 512, 1, AbortFlag())
        try:
            assert list(runtime.tune()) == []
            assert (runtime.threads, self.counts(runtime)) == (Threads(1, 1), (1, 1))
        finally:
            runtime.close()
