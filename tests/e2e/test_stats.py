"""From keystrokes in an editor to ``farthing stats``: over LSP, with an engine that only pretends."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farthing.completion import daybook
from tests.support import lsp
from tests.support.cli import run, run_here
from tests.support.fake_engine import FakeEngine, fake_engine
from tests.unit.engine.models import tiny_gguf

URI = "file:///project/secret%20shop/a.py"
CODE = "unmistakable(code)"


@pytest.fixture
def engine(farthing_home: Path) -> Iterator[FakeEngine]:
    """An engine that answers at once."""
    with fake_engine(farthing_home, CODE) as running:
        yield running


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file that is a model by its looks."""
    return tiny_gguf.write(tmp_path / "tiny.gguf")


@pytest.fixture
def editor(engine: FakeEngine, model: Path, tmp_path: Path) -> Iterator[lsp.Client]:
    """A server that found the engine, as VS Code starts it."""
    with lsp.server(log=tmp_path / "server.log") as client:
        client.initialize({"completion": {"model": str(model)}, "changesByKeystroke": True})
        yield client


def stats(*options: str) -> Any:
    ran = run_here("stats", "--json", *options)
    assert (ran.returncode, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


def accept(editor: lsp.Client, version: int, place: int) -> None:
    """Ask for a suggestion in the first line, insert it, and run its command."""
    item = editor.result(editor.ask_completion(URI, 0, place))["items"][0]
    editor.insert(URI, version, 0, place, item["insertText"])
    editor.ask("workspace/executeCommand", item["command"])


def test_a_suggestion_that_is_accepted(editor: lsp.Client) -> None:
    editor.open(URI, "x = \n")
    accept(editor, 2, 4)
    today = editor.ask("farthing/completionStatistics")
    assert today == {"shown": 1, "accepted": 1, "firstTokenMs": today["firstTokenMs"]}
    assert today["firstTokenMs"] > 0
    assert editor.shutdown() == 0
    found = stats()
    assert (found["shown"], found["accepted"], found["accepted_full"], found["accepted_chars"]) == (1, 1, 1, len(CODE))
    assert (found["kv_hit_share"], found["prefilled_tokens"], found["generations"]) == (0.4, 6, 1)
    assert found["total_ms"]["p50"] >= found["first_token_ms"]["p50"] > 0
    assert found["retained_30s"] is None


def test_a_word_that_is_accepted_and_a_key_that_is_typed(editor: lsp.Client) -> None:
    editor.open(URI, "x = \n")
    editor.complete(URI, 0, 4)
    editor.insert(URI, 2, 0, 4, "unmistakable")
    assert editor.complete(URI, 0, 16) == "(code)"
    editor.insert(URI, 3, 0, 16, "(")
    assert editor.complete(URI, 0, 17) == "code)"
    editor.shutdown()
    found = stats()
    assert (found["shown"], found["accepted"], found["accepted_word"], found["accepted_chars"]) == (1, 1, 1, 12)
    assert (found["generations"], found["answers"], found["cache_hits"]) == (1, 3, 2)


def test_work_that_is_given_up(editor: lsp.Client, engine: FakeEngine) -> None:
    engine.held = True
    editor.open(URI, "x = \n")
    asked = editor.ask_completion(URI, 0, 4)
    engine.wait_for(lambda it: len(it.requests) == 1)
    editor.insert(URI, 2, 0, 0, "y = ")
    assert editor.result(asked)["items"] == []
    editor.shutdown()
    found = stats()
    assert (found["cancelled"], found["shown"], found["first_token_ms"]["p50"]) == (1, 0, None)


def test_neither_code_nor_names_are_written(editor: lsp.Client) -> None:
    editor.open(URI, "secret_name = \n")
    accept(editor, 2, 14)
    editor.shutdown()
    [path] = daybook.directory().iterdir()
    text = path.read_text()
    assert not any(word in text for word in ("unmistakable", "secret", "shop", "gguf"))
    for line in filter(None, text.split("\n")):
        values = json.loads(line).values()
        assert all(isinstance(value, int | float | list) for value in values)


def test_two_windows_and_a_restart_add_up(editor: lsp.Client, model: Path) -> None:
    editor.open(URI, "x = \n")
    accept(editor, 2, 4)
    for _ in range(2):
        with lsp.server() as other:
            other.initialize({"completion": {"model": str(model)}})
            other.open(URI, "x = \n")
            accept(other, 2, 4)
            other.shutdown()
    assert editor.ask("farthing/completionStatistics")["accepted"] == 3
    editor.shutdown()
    assert stats()["accepted"] == 3


def test_a_directory_that_can_not_be_written_costs_no_completion(editor: lsp.Client, farthing_home: Path) -> None:
    (farthing_home / "statistics").write_text("not a directory")
    editor.open(URI, "x = \n")
    accept(editor, 2, 4)
    assert editor.ask("farthing/completionStatistics")["shown"] == 0
    editor.open(URI + "x", "x = \n")
    assert editor.complete(URI + "x", 0, 4) == CODE
    assert editor.shutdown() == 0


def test_the_command_as_a_user_has_it(farthing_home: Path) -> None:
    ran = run("stats")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "0 suggestions" in ran.stdout
