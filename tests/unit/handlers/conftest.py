"""A server with a fake chat, an editor, and a workspace with one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pygls.uris import from_fs_path

from tests.support import lsp
from tests.support.fake_chat import FakeChat, serving
from tests.support.lsp_editor import Editor

TEXT = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with ``f.py``."""
    folder = tmp_path / "shop of mine"
    folder.mkdir()
    (folder / "f.py").write_text(TEXT)
    return folder


@pytest.fixture
def chat() -> FakeChat:
    """What answers."""
    return FakeChat()


@pytest.fixture
def client(farthing_home: Path, chat: FakeChat) -> Iterator[lsp.Connection]:
    """A client that has yet to shake hands."""
    with serving(chat) as running:
        yield running


@pytest.fixture
def editor(client: lsp.Connection, workspace: Path) -> Editor:
    """An editor that reviews hunks and can do everything, with the folder open."""
    return started(client, workspace, {"review": True})


def started(
    client: lsp.Connection, workspace: Path, options: object = None, workspace_edit: lsp.Message | None = None
) -> Editor:
    """Shake hands as some editor."""
    known = {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]}
    edit = known if workspace_edit is None else workspace_edit
    settings = {"index": {"enabled": False}, "completion": {"enabled": False}}
    client.initialize(
        {**settings, **(options if isinstance(options, dict) else {})},
        root=from_fs_path(str(workspace)),
        workspace={"workspaceEdit": edit, "applyEdit": True},
        window={"workDoneProgress": True},
    )
    return Editor(client)
