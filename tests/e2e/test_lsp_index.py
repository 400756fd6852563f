"""The index behind the language server."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing.index.store import store_path
from tests.support import lsp

WAIT_S = 20.0
"""The index follows files and texts after a moment; so long is waited before a test fails."""

SOURCE = "class Basket:\n    def add_apple(self):\n        pass\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "basket.py").write_text(SOURCE)
    return tmp_path


@pytest.fixture
def editor(repository: Path, farthing_home: Path) -> Iterator[lsp.Client]:
    with lsp.server(log=farthing_home / "server.log") as client:
        yield client


def start(client: lsp.Client, roots: list[Path], index: dict[str, bool]) -> None:
    folders = [{"uri": root.as_uri(), "name": root.name} for root in roots]
    client.ask(
        "initialize",
        {
            "processId": None,
            "rootUri": None,
            "capabilities": {"workspace": {"workspaceFolders": True}},
            "workspaceFolders": folders,
            "initializationOptions": {"index": index, "completion": {"enabled": False}},
        },
    )
    client.notify("initialized", {})


def symbols_now(client: lsp.Client, query: str) -> list[str]:
    """Names found."""
    return [each["name"] for each in client.ask("workspace/symbol", {"query": query})]


def symbols(client: lsp.Client, query: str, wanted: int) -> list[str]:
    """Names found, once there are as many as wanted."""
    end = time.monotonic() + WAIT_S
    while True:
        found = symbols_now(client, query)
        if len(found) == wanted or time.monotonic() > end:
            return found


def test_workspace_symbols_follow_the_files(editor: lsp.Client, repository: Path) -> None:
    start(editor, [repository], {"workspaceSymbols": True})
    assert symbols(editor, "Basket", 1) == ["Basket"]
    [found] = editor.ask("workspace/symbol", {"query": "add_apple"})
    assert found["containerName"] == "Basket"
    assert found["location"]["uri"] == (repository / "basket.py").as_uri()
    assert found["location"]["range"]["start"] == {"line": 1, "character": 0}
    (repository / "pear.py").write_text("def add_pear():\n    pass\n")
    assert symbols(editor, "add_pear", 1) == ["add_pear"]


def test_off_unless_asked_for(editor: lsp.Client, repository: Path) -> None:
    start(editor, [repository], {})
    assert editor.ask("workspace/symbol", {"query": "Basket"}) == []


def test_off_means_that_nothing_is_read(editor: lsp.Client, repository: Path) -> None:
    start(editor, [repository], {"enabled": False, "workspaceSymbols": True})
    assert editor.ask("workspace/symbol", {"query": "Basket"}) == []
    assert editor.shutdown() == 0
    assert not store_path(repository).exists()


def test_every_folder_of_the_workspace(
    editor: lsp.Client, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "b.py").write_text("class BasketOfOthers:\n    pass\n")
    start(editor, [repository], {"workspaceSymbols": True})
    added = {"uri": other.as_uri(), "name": "other"}
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [added], "removed": []}})
    assert sorted(symbols(editor, "Basket", 2)) == ["Basket", "BasketOfOthers"]
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [added]}})
    assert symbols(editor, "Basket", 1) == ["Basket"]
