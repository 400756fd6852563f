"""Bad input on the command line: one line on stderr, the exit code of the contract, never a traceback."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.support.cli import refused, run, run_here
from tests.unit.engine.models import tiny_gguf


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of three lines, the last one empty."""
    path = tmp_path / "good.py"
    path.write_text("def f():\n    return 1\n")
    return path


@pytest.mark.parametrize("place", ["", "good.py", "good.py:1", "good.py:1:x", ":1:1", "good.py:-1:1"])
def test_no_place(place: str) -> None:
    assert "FILE:LINE:COLUMN" in refused(run_here("complete", "--", place))


def test_a_missing_file(tmp_path: Path) -> None:
    assert "there is no file" in refused(run_here("complete", f"{tmp_path}/none.py:1:1"))


def test_a_directory(tmp_path: Path) -> None:
    assert "there is no file" in refused(run_here("complete", f"{tmp_path}:1:1"))


@pytest.mark.parametrize("place", ["0:1", "1:0", "4:1", "1:10", "99999999999999999999:1", "1:99999999999999999999"])
def test_a_place_outside_the_file(source: Path, place: str) -> None:
    refused(run_here("complete", f"{source}:{place}"))


def test_a_binary_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\x7fELF\0\0\0")
    assert "binary" in refused(run_here("complete", f"{tmp_path}/a.py:1:1"))


def test_invalid_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("x = 'ä'\n".encode("latin-1"))
    assert "not UTF-8" in refused(run_here("complete", f"{tmp_path}/a.py:1:1"))


def test_a_file_of_50_mb(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\n" * (50_000_000 // 6))
    assert "50 MB" in refused(run_here("complete", f"{tmp_path}/a.py:1:1"))


def test_an_unreadable_file(tmp_path: Path) -> None:
    # Not by its mode, which says nothing to root.
    refused(run_here("complete", "/proc/self/mem:1:1"))


def test_an_unknown_model(source: Path) -> None:
    assert "farthing models list" in refused(run_here("complete", f"{source}:2:5", "--model", "gpt-9"))


def test_a_model_that_is_not_installed(source: Path) -> None:
    assert "farthing models pull" in refused(run_here("complete", f"{source}:2:5"), code=1)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\0\0\0", os.urandom(4096), b"GGUF" + os.urandom(4096)])
def test_a_file_that_is_no_model(source: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.gguf").write_bytes(content)
    for arguments in (("complete", f"{source}:2:5", "--model"), ("models", "use")):
        assert "odd.gguf" in refused(run_here(*arguments, tmp_path / "odd.gguf"))


@pytest.mark.model
def test_a_truncated_model(source: Path, tmp_path: Path, real_models: Path) -> None:
    whole = next(real_models.glob("qwen2.5-coder-0.5b*.gguf"))
    with whole.open("rb") as file:
        (tmp_path / "cut.gguf").write_bytes(file.read(20_000_000))
    assert "cut.gguf" in refused(run("complete", f"{source}:2:5", "--model", tmp_path / "cut.gguf"))


@pytest.mark.model
def test_a_model_that_only_the_engine_can_refuse(source: Path, tmp_path: Path, real_models: Path) -> None:
    # A whole file by its header, with an architecture that llama.cpp has never heard of.
    whole = next(real_models.glob("smollm2-135m*.gguf"), None) or next(real_models.glob("qwen2.5-coder-0.5b*.gguf"))
    data = bytearray(whole.read_bytes())
    at = data.index(b"general.architecture") + len(b"general.architecture") + 4 + 8
    data[at : at + 3] = b"zzz"
    (tmp_path / "strange.gguf").write_bytes(data)
    assert "strange.gguf" in refused(run("complete", f"{source}:2:5", "--model", tmp_path / "strange.gguf"))


def test_a_home_that_is_a_file(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARTHING_HOME", str(source))
    refused(run_here("complete", f"{source}:2:5"), code=1)
    refused(run_here("models", "pull", "smollm2-135m"), code=1)
    refused(run_here("models", "use", "smollm2-135m"), code=1)


@pytest.mark.model
def test_a_home_where_nothing_can_be_made(
    source: Path, tmp_path: Path, real_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # /proc takes no directories, not even root's.
    monkeypatch.setenv("FARTHING_HOME", "/proc/farthing")
    model = next(real_models.glob("qwen2.5-coder-0.5b*.gguf"))
    assert "FARTHING_HOME" in refused(run("complete", f"{source}:2:5", "--model", model), code=1)


@pytest.mark.model
def test_a_socket_path_that_is_taken(source: Path, model_home: Path) -> None:
    taken = model_home / "engine" / "engine.sock"
    taken.parent.mkdir(mode=0o700)
    taken.write_text("mine")
    line = refused(run("complete", f"{source}:2:5"), code=1)
    assert "engine.sock" in line and "Remove it" in line
    assert taken.read_text() == "mine"


def test_the_choice_of_a_model_on_a_full_disk_keeps_the_old_one(tmp_path: Path, farthing_home: Path) -> None:
    tiny = tiny_gguf.write(tmp_path / "tiny.gguf")
    assert run("models", "use", tiny).returncode == 0
    before = (farthing_home / "models" / "active.json").read_bytes()
    refused(run("models", "use", tiny, "--for", "edit", file_size=10), code=1)
    assert (farthing_home / "models" / "active.json").read_bytes() == before
    assert [path.name for path in (farthing_home / "models").iterdir()] == ["active.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option",),
        ("no-such-command",),
        ("complete",),
        ("complete", "a.py:1:1", "--max-tokens", "0"),
        ("complete", "a.py:1:1", "--max-tokens", "many"),
        ("models", "pull"),
        ("models", "pull", "gpt-9"),
        ("models", "use", "gpt-9"),
        ("models", "use", "./none.gguf"),
        ("models", "path", "gpt-9"),
        ("serve", "--tcp", "everywhere"),
        ("serve", "--tcp", "127.0.0.1:99999"),
        ("serve", "--no-such-option"),
        ("engine", "--threads", "many"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    ran = run_here(*arguments)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert ran.stderr
    assert ran.stdout == ""


def test_no_arguments_show_the_help() -> None:
    ran = run_here()
    assert "complete" in ran.stdout + ran.stderr
    assert ran.returncode == 2


@pytest.mark.parametrize(
    "arguments", [("--help",), ("-h",), ("complete", "--help"), ("models", "--help"), ("serve", "--help")]
)
def test_help(arguments: tuple[str, ...]) -> None:
    ran = run_here(*arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "sage" in ran.stdout


def test_version() -> None:
    ran = run_here("--version")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("farthing 0.")


def test_the_doctor_says_what_is_missing() -> None:
    ran = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
    assert ran.returncode == 1
    assert ran.stderr == ""
    assert all(set(check) == {"name", "ok", "detail", "fix"} for check in checks.values())
    assert {"versions", "compiler", "model", "speed", "disk", "editor", "engine", "library"} <= set(checks)
    assert not checks["model"]["ok"] and "pull" in checks["model"]["fix"]
    assert checks["library"]["ok"], checks["library"]


def test_state_is_for_the_user_only(farthing_home: Path) -> None:
    run("doctor")
    assert stat.S_IMODE((farthing_home / "engine").stat().st_mode) == 0o700
