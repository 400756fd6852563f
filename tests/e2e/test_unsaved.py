"""Unsaved text in the editor, and the index behind the language server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_lsp_index import start, symbols, symbols_now
from tests.support import lsp
from tests.support.cli import run_here

SOURCE = "def pick_apple(basket):\n    return basket.apple\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "fruit.py").write_text(SOURCE)
    return tmp_path


@pytest.fixture
def editor(repository: Path, farthing_home: Path) -> Iterator[lsp.Client]:
    with lsp.server(log=farthing_home / "server.log") as client:
        start(client, [repository], {"workspaceSymbols": True})
        yield client


def on_disk(root: Path, name: str) -> list[str]:
    """What the command line finds meanwhile."""
    ran = run_here("symbols", name, "--root", root, "--json")
    return [each["symbol"] for each in json.loads(ran.stdout)]


def test_a_function_is_renamed_before_the_file_is_saved(editor: lsp.Client, repository: Path) -> None:
    uri = (repository / "fruit.py").as_uri()
    assert symbols(editor, "pick_apple", 1) == ["pick_apple"]
    editor.open(uri, SOURCE)
    editor.edit(uri, 2, (0, 9), (0, 14), "cherry")
    editor.insert(uri, 3, 0, 0, "# 🍒\n")
    assert symbols(editor, "pick_cherry", 1) == ["pick_cherry"]
    assert "pick_apple" not in symbols_now(editor, "pick_apple")
    [found] = [each for each in editor.ask("workspace/symbol", {"query": "pick_cherry"})]
    assert (found["location"]["uri"], found["location"]["range"]["start"]["line"]) == (uri, 1)
    assert on_disk(repository, "pick_apple") == ["pick_apple"]
    assert "pick_cherry" not in on_disk(repository, "pick_cherry")
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert symbols(editor, "pick_apple", 1) == ["pick_apple"]
    assert "pick_cherry" not in symbols_now(editor, "pick_cherry")


def test_a_new_file_that_is_saved(editor: lsp.Client, repository: Path) -> None:
    uri = (repository / "pear.py").as_uri()
    editor.open(uri, "")
    editor.insert(uri, 2, 0, 0, "def pick_pear():\n    pass\n")
    editor.open("untitled:Untitled-1", "def pick_nothing():\n    pass\n")
    assert symbols(editor, "pick_pear", 1) == ["pick_pear"]
    assert "pick_nothing" not in symbols_now(editor, "pick_nothing")
    (repository / "pear.py").write_text("def pick_pear():\n    pass\n")
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert symbols(editor, "pick_pear", 1) == ["pick_pear"]
    assert on_disk(repository, "pick_pear") == ["pick_pear"]
    assert editor.shutdown() == 0
