"""``farthing complete``, ``tour`` and ``doctor`` with a real model."""

import ast
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing.index.syntax import count_errors
from tests.support import engine
from tests.support.cli import COMMAND, run
from tests.support.engine import Engine
from tests.support.fake_engine import fake_engine
from tests.unit.engine.models import tiny_gguf

KEYS = {"text", "model", "prompt_tokens", "cached_tokens", "output_tokens", "first_token_ms", "total_ms"}
CUT = "<cut>"

FUNCTIONS = {
    "average.py": '''def average(numbers: list[float]) -> float:
    """Return the arithmetic mean, or 0 for an empty list."""
    if <cut>
    return sum(numbers) / len(numbers)
''',
    "fibonacci.py": '''def fibonacci(n: int) -> int:
    """Return the n-th Fibonacci number."""
    a, b = 0, 1
    for <cut>
    return a
''',
    "words.py": '''from collections import Counter


def count_words(text: str) -> dict[str, int]:
    """Count how often each word occurs, case ignored."""
    return Counter(<cut>


def main() -> None:
    print(count_words("a b a"))
''',
    "stack.py": '''class Stack:
    def __init__(self) -> None:
        self.items: list[int] = []

    def pop(self) -> int:
        """Remove and return the last item."""
        if not self.items:
            raise IndexError(<cut>
        return self.items.pop()
''',
    "clamp.ts": """export function clamp(value: number, low: number, high: number): number {
  if (value < low) {
    return low;
  }
  if (<cut>
  return value;
}
""",
    "sum.ts": """interface Item {
  price: number;
  quantity: number;
}

export function total(items: Item[]): number {
  return items.reduce(<cut>
}
""",
}


@pytest.fixture(scope="module")
def warm_home(real_models: Path) -> Iterator[Path]:
    """A state directory whose engine lives as long as these tests."""
    home = Path(tempfile.mkdtemp(prefix="fh-"))
    (home / "models").symlink_to(real_models)
    yield home
    engine.stop(home)


@pytest.fixture
def warm(warm_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All commands use the one engine."""
    monkeypatch.setenv("FARTHING_HOME", str(warm_home))
    return warm_home


def place(folder: Path, name: str, code: str) -> str:
    """Write the code without its mark; returns FILE:LINE:COLUMN of the mark."""
    head, _, tail = code.partition(CUT)
    (folder / name).write_text(head + tail, encoding="utf-8")
    return f"{folder / name}:{head.count(chr(10)) + 1}:{len(head) - head.rfind(chr(10))}"


@pytest.mark.model
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_without_its_middle_parses_again(warm: Path, tmp_path: Path, name: str) -> None:
    code = FUNCTIONS[name]
    language = {".py": "python", ".ts": "typescript"}[Path(name).suffix]
    assert count_errors(code.replace(CUT, ""), language), "nothing is missing here"
    ran = run("complete", place(tmp_path, name, code), "--json")
    assert ran.returncode == 0, ran
    assert ran.stderr == ""
    answer = json.loads(ran.stdout)
    assert set(answer) == KEYS
    assert answer["model"] == "qwen2.5-coder-0.5b"
    assert answer["prompt_tokens"] > answer["cached_tokens"] >= 0
    assert 0 < answer["first_token_ms"] <= answer["total_ms"]
    assert answer["output_tokens"] > 0
    whole = code.replace(CUT, answer["text"])
    assert count_errors(whole, language) == 0, whole
    if language == "python":
        ast.parse(whole)


@pytest.mark.model
def test_the_second_of_two_equal_requests_is_mostly_cached(warm: Path, tmp_path: Path) -> None:
    where = place(tmp_path, "average.py", FUNCTIONS["average.py"])
    cold, hot = (json.loads(run("complete", where, "--json").stdout) for _ in range(2))
    assert hot["text"] == cold["text"]
    assert hot["cached_tokens"] > 0.5 * hot["prompt_tokens"]


@pytest.mark.model
def test_without_json_the_text_alone_is_printed(warm: Path, tmp_path: Path) -> None:
    where = place(tmp_path, "average.py", FUNCTIONS["average.py"])
    ran = run("complete", where)
    assert ran.stdout == json.loads(run("complete", where, "--json").stdout)["text"] + "\n"
    assert ran.stderr == ""


@pytest.mark.model
def test_another_model(warm: Path, tmp_path: Path, real_models: Path) -> None:
    tiny = tiny_gguf.write(tmp_path / "tiny.gguf")
    ran = run("complete", place(tmp_path, "a.py", "x = <cut>\n"), "--json", "--model", tiny, "--max-tokens", "3")
    assert json.loads(ran.stdout)["model"] == "tiny.gguf"
    assert ran.returncode in (0, 1)


@pytest.mark.model
def test_an_empty_file(warm: Path, tmp_path: Path) -> None:
    ran = run("complete", place(tmp_path, "empty.py", CUT), "--json")
    assert set(json.loads(ran.stdout)) == KEYS
    assert ran.returncode == (0 if json.loads(ran.stdout)["text"] else 1)


@pytest.mark.model
def test_the_tour_ends_with_a_completion(warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ran = run("tour")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "first token after" in ran.stdout
    assert "What next" in ran.stdout
    (written,) = tmp_path.glob("farthing-tour-*/inventory.py")
    assert "# Farthing writes" not in written.read_text()
    ast.parse(written.read_text())


@pytest.mark.model
def test_the_doctor_finds_all_well(warm: Path) -> None:
    ran = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
    assert ran.returncode == 0, ran.stdout
    assert all(check["ok"] for check in checks.values())
    assert "tokens/s" in checks["speed"]["detail"]


def test_the_doctor_with_a_broken_model_says_all_the_same(farthing_home: Path, tmp_path: Path) -> None:
    broken = tiny_gguf.write(tmp_path / "tiny.gguf")
    assert run("models", "use", broken).returncode == 0
    broken.write_bytes(broken.read_bytes()[:1000])
    ran = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
    assert ran.returncode == 1
    assert ran.stderr == ""
    assert not checks["model"]["ok"] and checks["model"]["fix"]
    assert not checks["speed"]["ok"]
    assert checks["editor"]["ok"] and checks["library"]["ok"]
    assert run("doctor").stdout.count("\n") >= len(checks)


def test_with_nothing_to_insert_it_still_says_what_it_cost(farthing_home: Path, tmp_path: Path) -> None:
    tiny = tiny_gguf.write(tmp_path / "tiny.gguf")
    where = place(tmp_path, "a.py", "x = <cut>\n")
    with fake_engine(farthing_home, text="  "):
        ran, plain = (run("complete", where, "--model", tiny, *options) for options in (["--json"], []))
    answer = json.loads(ran.stdout)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert (answer["text"], answer["prompt_tokens"], answer["cached_tokens"], answer["output_tokens"]) == ("", 10, 4, 3)
    assert 0 < answer["first_token_ms"] <= answer["total_ms"]
    assert (plain.returncode, plain.stdout) == (1, "")
    assert "nothing to add" in plain.stderr


def test_ctrl_c_ends_a_completion_quietly(farthing_home: Path, tmp_path: Path) -> None:
    tiny = tiny_gguf.write(tmp_path / "tiny.gguf")
    with fake_engine(farthing_home, held=True) as slow:
        command = [*COMMAND, "complete", place(tmp_path, "a.py", "x = <cut>\n"), "--model", str(tiny)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            slow.wait_for(lambda it: bool(it.requests))
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (130, "", "farthing: interrupted\n")


@pytest.mark.model
def test_the_engine_of_a_killed_command_stops_its_work(warm: Path, tmp_path: Path) -> None:
    long = "".join(f"def f{n}(a):\n    return a + {n}\n\n\n" for n in range(40)) + "def last():\n    <cut>\n"
    run("complete", place(tmp_path, "a.py", FUNCTIONS["average.py"]))  # the engine runs
    with Engine(warm) as watched, open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen([*COMMAND, "complete", place(tmp_path, "long.py", long)], stdout=nowhere)
        watched.wait_state("generating")
        process.kill()
        process.wait(60)
        watched.wait_state("idle")
        assert watched.report()["queued"] == 0
