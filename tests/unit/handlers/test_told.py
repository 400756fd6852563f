"""Which documents a team's server may be told of."""

from pathlib import Path

import pytest
from pygls.uris import from_fs_path
from pygls.workspace import Workspace

from farthing.handlers.domain import may_be_told
from farthing.settings import RemoteSettings, Settings

TEAM = Settings(remote=RemoteSettings("http://127.0.0.1:8000"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("src/a.py", True),
        ("mine/a.py", False),
        ("kept/a.py", False),
        (".env", False),
        ("src/../mine/a.py", False),
        ("../elsewhere.py", True),
        ("../.env", False),
    ],
)
def test_nothing_that_is_local_only(tmp_path: Path, name: str, told: bool) -> None:
    root = tmp_path / "root"
    (root / "mine").mkdir(parents=True)
    (root / "mine" / ".farthing-local-only").touch()
    (root / ".farthing.toml").write_text('[privacy]\nlocal_only = ["kept"]\n')
    workspace = Workspace(from_fs_path(str(root)))
    uri = from_fs_path(str(root / name))
    assert uri
    assert may_be_told(workspace, TEAM, uri) is told
    assert may_be_told(workspace, Settings(), uri)
    cell = uri.replace("file://", "vscode-notebook-cell:", 1) + "#W0"
    assert may_be_told(workspace, TEAM, cell) is told


def test_what_was_never_saved_has_no_place(tmp_path: Path) -> None:
    assert may_be_told(Workspace(from_fs_path(str(tmp_path))), TEAM, "untitled:Untitled-1")
