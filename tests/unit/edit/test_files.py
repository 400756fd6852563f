"""What a workspace notices between reading and writing."""

from pathlib import Path

from farthing.edit.apply import plan
from farthing.edit.files import Workspace
from farthing.edit.model import Hunk


def test_a_file_that_becomes_a_link_to_its_like(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    workspace = Workspace(tmp_path.resolve())
    hunk = Hunk("a.py", ("x = 1",), ("x = 2",))
    changes = plan([hunk], workspace.targets([hunk])).changes
    assert workspace.changed(changes) == []
    (tmp_path / "a.py").unlink()
    (tmp_path / "a.py").symlink_to("b.py")
    assert workspace.changed(changes) == ["a.py"]
