"""What is installed and what is in use."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from farthing import paths
from farthing.engine.models import catalogue, store
from farthing.engine.models.catalogue import Model
from farthing.errors import ModelNotInstalled, ModelUnusable, UnknownModel, UsageError
from tests.unit.engine.models import index, tiny_gguf


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    """A catalogue with one small model besides the real ones."""
    data = tiny_gguf.write(tmp_path / "source.gguf").read_bytes()
    model = index.make_model(data, parts=0, id="tiny-0.5b")
    models = (*catalogue.load(), model)
    monkeypatch.setattr(catalogue, "load", lambda: models)
    return model


@pytest.fixture
def installed(tiny: Model, tmp_path: Path) -> Path:
    """The file of the small model, in place."""
    path = store.published_path(tiny)
    path.parent.mkdir()
    path.write_bytes((tmp_path / "source.gguf").read_bytes())
    return path


def test_nothing_is_installed(tiny: Model) -> None:
    assert store.installed_path(tiny) is None
    with pytest.raises(ModelNotInstalled, match=r"farthing models pull tiny-0\.5b"):
        store.resolve(tiny.id)
    with pytest.raises(ModelNotInstalled, match=r"pull qwen2\.5-coder-1\.5b"):
        store.resolve(use="edit")


def test_resolves_ids_and_files(tiny: Model, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tiny_gguf.write(tmp_path / "own.gguf")
    monkeypatch.chdir(tmp_path)
    assert store.resolve(tiny.id) == installed
    assert store.resolve(str(own)) == store.resolve("own.gguf") == own
    assert store.label(installed) == tiny.id
    assert store.label(own) == "own.gguf"


def test_a_file_of_another_size_is_not_installed(tiny: Model, installed: Path) -> None:
    installed.write_bytes(installed.read_bytes()[:-1])
    assert store.installed_path(tiny) is None


@pytest.mark.parametrize(
    ("wanted", "message"), [("no/such.gguf", "there is no file"), ("nosuch", "no model is called")]
)
def test_neither_an_id_nor_a_file(wanted: str, message: str) -> None:
    with pytest.raises(UnknownModel, match=message):
        store.resolve(wanted)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_text("hello")
    with pytest.raises(ModelUnusable):
        store.set_active(str(tmp_path / "x.gguf"))
    assert not (paths.models_dir() / "active.json").exists()


def test_choosing(tiny: Model, installed: Path, tmp_path: Path) -> None:
    assert store.set_active(tiny.id) == ("completion",)
    assert (store.active(), store.active("edit")) == (tiny.id, "qwen2.5-coder-1.5b")
    assert store.resolve() == installed
    own = tiny_gguf.write(tmp_path / "own.gguf")
    assert store.set_active(str(own), ("edit",)) == ("edit",)
    assert store.resolve(use="edit") == own
    assert store.resolve() == installed
    chosen = {entry.id: entry.active_for for entry in store.entries() if entry.active}
    assert chosen == {tiny.id: ("completion",), str(own): ("edit",)}
    with pytest.raises(UsageError):
        store.set_active(tiny.id, ("chat",))


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', '{"completion": 3}', '{"completion": "gone-model"}', "\xff"])
def test_a_damaged_choice_is_the_default(text: str) -> None:
    paths.models_dir().mkdir()
    (paths.models_dir() / "active.json").write_bytes(text.encode("latin-1"))
    assert store.active() == "qwen2.5-coder-0.5b"


@pytest.mark.parametrize("text", ["", "[]", '{"file": "../x", "quant": "", "bytes": 1, "sha256": ""}', '{"file": 1}'])
def test_a_damaged_record_is_none(tiny: Model, installed: Path, text: str) -> None:
    store.record_path(tiny).write_text(text)
    assert store.read_record(tiny) is None
    assert store.installed_path(tiny) == installed


def test_verify(tiny: Model, installed: Path, tmp_path: Path) -> None:
    own = tiny_gguf.write(paths.models_dir() / "own.gguf")
    (paths.models_dir() / "cut.gguf").write_bytes(own.read_bytes()[:-1])
    states = {Path(item.path).name: (item.id, item.state) for item in store.verify()}
    assert states == {
        installed.name: (tiny.id, "ok"),
        "own.gguf": ("", "foreign"),
        "cut.gguf": ("", "damaged"),
    }
    data = bytearray(installed.read_bytes())
    data[-1] ^= 1
    installed.write_bytes(data)
    assert [item.state for item in store.verify() if item.id] == ["damaged"]


def test_a_requantised_file_is_verified_by_its_own_hash(tiny: Model, installed: Path) -> None:
    made = installed.with_name("tiny-0.5b.Q8_0.gguf")
    made.write_bytes(b"made")
    record = store.Record(made.name, "Q8_0", 4, hashlib.sha256(b"made").hexdigest())
    store.write_json(store.record_path(tiny), record)
    assert store.read_record(tiny) == record
    assert store.installed_path(tiny) == made
    assert [(item.path, item.state) for item in store.verify()] == [(str(made), "ok")]
    made.unlink()
    assert store.installed_path(tiny) == installed, "the published file still serves"
    assert [(item.path, item.state) for item in store.verify()] == [(str(installed), "ok")]


def test_entries_describe_the_file_in_use(tiny: Model, installed: Path) -> None:
    entry = next(entry for entry in store.entries() if entry.id == tiny.id)
    assert (entry.installed, entry.active, entry.path) == (True, False, str(installed))
    assert dataclasses.asdict(entry).keys() >= {"id", "params", "quant", "bytes", "sha256", "license"}
