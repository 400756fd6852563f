"""``farthing apply``, by the contract: what is written, and what is not."""

import json
import os
import stat
from pathlib import Path

import pytest

from farthing.edit import files
from tests.support.cli import refused, run, run_here
from tests.support.edits import apply, content, fill

BLOCK = "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 9\n>>>>>>> REPLACE\n"
OTHER = "b.py\n<<<<<<< SEARCH\np = 1\n=======\np = 2\n>>>>>>> REPLACE\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace of two files."""
    folder = tmp_path / "w"
    folder.mkdir()
    fill(folder, {"a.py": "x = 1\ny = 2\n", "b.py": "p = 1\n"})
    return folder


def test_a_process_of_its_own(root: Path, tmp_path: Path) -> None:
    (tmp_path / "reply").write_text(BLOCK)
    ran = run("apply", root, "--reply", tmp_path / "reply", "--write", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout) == {
        "written": True,
        "diff": "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x = 1\n+x = 9\n y = 2\n",
        "hunks": [
            {"path": "a.py", "status": "applied", "reason": "", "start_line": 1, "matches": [1], "nearest": None}
        ],
    }
    assert (root / "a.py").read_text() == "x = 9\ny = 2\n"


def test_for_people(root: Path, tmp_path: Path) -> None:
    (tmp_path / "reply").write_text(BLOCK + OTHER.replace("p = 1", "q = 1\nr = 2"))
    ran = run("apply", root, "--reply", tmp_path / "reply", "--partial")
    assert ran.returncode == 1
    assert ran.stdout.startswith("diff --git a/a.py b/a.py\n")
    assert ran.stderr.startswith("a.py:1 applied\nb.py not_found: these lines are not in the file")


def test_the_mode_is_kept(root: Path) -> None:
    (root / "a.py").chmod(0o755)
    apply(root, BLOCK + "n.py\n<<<<<<< SEARCH\n=======\nz = 1\n>>>>>>> REPLACE\n", "--write")
    assert stat.S_IMODE((root / "a.py").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "n.py").stat().st_mode) == stat.S_IMODE((root / "b.py").stat().st_mode)
    assert sorted(content(root)) == ["a.py", "b.py", "n.py"]


def test_bytes_that_are_no_utf_8_stay(root: Path) -> None:
    (root / "a.py").write_bytes(b"# \xe4\xff\nx = 1\n")
    ran, shown = apply(root, BLOCK, "--write")
    assert (ran.returncode, shown["written"]) == (0, True)
    assert (root / "a.py").read_bytes() == b"# \xe4\xff\nx = 9\n"
    ran, shown = apply(root, BLOCK.replace("x = 1", "x = 9").replace("x = 9\n>", "x = 'ä'\n>"), "--write")
    assert [hunk["status"] for hunk in shown["hunks"]] == ["not_found"]
    assert (root / "a.py").read_bytes() == b"# \xe4\xff\nx = 9\n"


@pytest.mark.parametrize("data", [b"x = 1\n\0", "x = 1\n".encode("utf-16")])
def test_a_binary_file(root: Path, data: bytes) -> None:
    (root / "a.py").write_bytes(data)
    _, shown = apply(root, BLOCK, "--write")
    assert "binary" in shown["hunks"][0]["reason"]
    assert (root / "a.py").read_bytes() == data


def test_links(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("x = 1\n")
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    (root / "up").symlink_to(tmp_path)
    (root / "dangling.py").symlink_to(tmp_path / "none.py")
    (root / "in.py").symlink_to("a.py")
    os.link(tmp_path / "secret.py", root / "hard.py")
    for name in ("out.py", "up/secret.py", "up/none.py", "dangling.py"):
        _, shown = apply(root, BLOCK.replace("a.py", name), "--write")
        assert [hunk["status"] for hunk in shown["hunks"]] == ["outside_workspace"], name
    _, shown = apply(root, BLOCK.replace("a.py", "in.py"), "--write")
    assert (shown["written"], shown["hunks"][0]["path"]) == (True, "a.py")
    assert (root / "in.py").is_symlink()
    assert (root / "a.py").read_text() == "x = 9\ny = 2\n"
    _, shown = apply(root, BLOCK.replace("a.py", "hard.py"), "--write")
    assert shown["written"]
    assert (tmp_path / "secret.py").read_text() == "x = 1\n"
    assert not (tmp_path / "none.py").exists()


def test_two_names_of_one_file_are_one(root: Path) -> None:
    _, shown = apply(root, BLOCK + BLOCK.replace("a.py", "./a.py").replace("x = 9", "x = 7"), "--write")
    assert [hunk["status"] for hunk in shown["hunks"]] == ["overlap", "overlap"]
    assert not shown["written"]


def test_no_regular_file(root: Path) -> None:
    (root / "d.py").mkdir()
    os.mkfifo(root / "f.py")
    for name in ("d.py", "f.py", "a.py/b.py"):
        ran, shown = apply(root, BLOCK.replace("a.py", name), "--write")
        assert (ran.returncode, shown["written"]) == (1, False), name


def test_a_file_that_changed_meanwhile(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = files.Workspace.changed

    def late(self: files.Workspace, changes: object) -> list[str]:
        (root / "b.py").write_text("p = 1\n# typed\n")
        return changed(self, changes)  # type: ignore[arg-type]

    monkeypatch.setattr(files.Workspace, "changed", late)
    ran, shown = apply(root, BLOCK + OTHER, "--write")
    assert ran.returncode == 1
    assert [hunk["status"] for hunk in shown["hunks"]] == ["held", "stale"]
    assert (shown["written"], shown["diff"]) == (False, "")
    assert content(root) == {"a.py": b"x = 1\ny = 2\n", "b.py": b"p = 1\n# typed\n"}


def test_all_files_or_none(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(root)
    replace = os.replace

    def failing(source: Path, target: Path) -> None:
        if Path(target).name == "b.py":
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    (tmp_path / "reply").write_text(BLOCK + OTHER)
    said = refused(run_here("apply", root, "--reply", tmp_path / "reply", "--write"), code=1)
    assert "no file is changed" in said
    assert content(root) == before


def test_bad_input(root: Path, tmp_path: Path) -> None:
    (tmp_path / "reply").write_text(BLOCK)
    (tmp_path / "latin").write_bytes(b"\xff")
    assert "there is no folder" in refused(run_here("apply", tmp_path / "none", "--reply", tmp_path / "reply"))
    assert "there is no file" in refused(run_here("apply", root, "--reply", tmp_path / "none"))
    assert "there is no file" in refused(run_here("apply", root, "--reply", tmp_path))
    assert "not UTF-8" in refused(run_here("apply", root, "--reply", tmp_path / "latin"))


@pytest.mark.parametrize("reply", ["", "I can't do that.\n", "\0\x1b[31m\n"])
def test_a_reply_without_hunks(root: Path, reply: str) -> None:
    ran, shown = apply(root, reply, "--write")
    assert ran.returncode == 1
    assert shown == {"written": False, "diff": "", "hunks": []}
