"""What a copy holds, and that no repository can have anything run, read or written by it."""

import asyncio
import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from farthing.verify import tree
from farthing.verify.model import Limits
from farthing.verify.run import verify
from tests.support.edits import content
from tests.support.verify import QUICK, git, mark, program, repository, shell

HOOKS = "post-checkout post-index-change pre-commit post-commit reference-transaction fsmonitor-watchman".split()


def copy(root: Path, target: Path) -> tree.Copied:
    """Copy a folder."""
    target.mkdir()
    return tree.Copier(root.resolve(), target, Limits()).copy()


def names(folder: Path) -> list[str]:
    """Everything below a folder, links included, directories not."""
    return sorted(
        each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_symlink() or not each.is_dir()
    )


def hostile(root: Path, marked: Path) -> None:
    """Have git's configuration in a checkout name a program for all that may have one."""
    evil = program(marked.parent / "evil", f"{mark(marked)}; cat")  # no blank in its path: git splits some of these
    for hook in HOOKS:
        program(root / ".git" / "hooks" / hook, mark(marked))
    for name in (
        "core.fsmonitor core.pager core.sshCommand core.editor core.askPass diff.external gpg.program "
        "filter.evil.smudge filter.evil.clean filter.evil.process credential.helper uploadpack.packObjectsHook"
    ).split():
        git(root, "config", name, str(evil))
    git(root, "config", "core.hooksPath", str(root / ".git" / "hooks"))
    git(root, "config", "core.untrackedCache", "true")
    git(root, "config", "filter.evil.required", "true")
    # A partial clone, which fetches what it lacks by a program that its remote names.
    git(root, "config", "remote.origin.url", f"ext::sh -c {str(evil)!r}")
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "protocol.ext.allow", "always")


async def test_nothing_that_a_repository_names_is_run(root: Path, tmp_path: Path) -> None:
    (root / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "More")
    marked = tmp_path / "mark"
    hostile(root, marked)
    report = await verify(root, (), shell("cat a.txt"), QUICK)
    assert (report.tail, report.passed) == ("good\n", True)
    assert not marked.exists()
    # It would be, had git been asked as it usually is.
    with contextlib.suppress(subprocess.CalledProcessError):
        await asyncio.to_thread(git, root, "status")
    assert marked.exists()


def test_links_stay_within_the_copy(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    root = repository(tmp_path / "r", {"a/x.txt": "x\n"})
    for name, leads in {
        "in": "a/x.txt",
        "a/up": "../a",
        "absolute": str(root / "a" / "x.txt"),
        "broken": "nowhere",
        "out": str(outside),
        "a/out": "../../outside/secret",
        "a/twice": "../out/secret",
        "loop": "loop",
    }.items():
        (root / name).symlink_to(leads)
    copied = copy(root, tmp_path / "copy")
    assert names(tmp_path / "copy") == ["a/up", "a/x.txt", "absolute", "broken", "in", "loop"]
    assert os.readlink(tmp_path / "copy" / "absolute") == "a/x.txt"
    assert sorted(copied.left_out) == ["a/out", "a/twice", "out"]


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.txt").write_text("outside\n")
    root = repository(tmp_path / "r", {"a/x.txt": "x\n", "b.txt": "b\n"})
    (root / "a" / "x.txt").unlink()
    (root / "a").rmdir()
    (root / "a").symlink_to(outside)
    copy(root, tmp_path / "copy")
    assert names(tmp_path / "copy") == ["b.txt"]
    assert content(outside) == {"x.txt": b"outside\n"}


def test_odd_files(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"with blank/ä \n.txt": "1", "was/file": "2", "became": "3"})
    os.mkfifo(root / "pipe")
    (root / "was" / "file").unlink()
    (root / "was" / "file").mkdir()
    (root / "was" / "file" / "inside").write_text("4")
    (root / "became").chmod(0o755)
    (root / os.fsdecode(b"\xff.txt")).write_text("5")
    copied = copy(root, tmp_path / "copy")
    found = names(tmp_path / "copy")
    assert found == ["became", "was/file/inside", "with blank/ä \n.txt", os.fsdecode(b"\xff.txt")]
    assert copied.left_out in (["pipe"], [])  # git itself names no pipe
    assert os.stat(tmp_path / "copy" / "became").st_mode & 0o777 == 0o755
    assert os.stat(tmp_path / "copy" / "became").st_mtime_ns == os.stat(root / "became").st_mtime_ns


def test_changes_of_the_copy_do_not_reach_the_workspace(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"x": "x"})
    copy(root, tmp_path / "copy")
    with (tmp_path / "copy" / "x").open("r+") as file:
        file.write("y")
    assert (root / "x").read_text() == "x"


def test_repositories_within_are_copied_without_what_they_ignore(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"x": "x"})
    repository(root / "inner", {"y": "y", ".gitignore": "no\n"})
    (root / "inner" / "no").write_text("no")
    module = repository(tmp_path / "module", {"z": "z"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(module), "sub")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(module), "empty")
    git(root, "commit", "-q", "-m", "Modules")
    git(root, "submodule", "deinit", "-q", "-f", "empty")
    copy(root, tmp_path / "copy")
    assert names(tmp_path / "copy") == [".gitmodules", "inner/.gitignore", "inner/y", "sub/z", "x"]


def test_a_part_of_a_repository(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a/x": "x", "b/y": "y", ".gitignore": "*.o\nskipped/\n"})
    (root / "a" / "z.o").write_text("")
    copy(root / "a", tmp_path / "copy")
    assert names(tmp_path / "copy") == ["x"]
    (root / "skipped").mkdir()
    (root / "skipped" / "s").write_text("s")
    copy(root / "skipped", tmp_path / "copy2")
    assert names(tmp_path / "copy2") == ["s"]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../outside", "a/../../x", ".git/config", "a/.git/hooks/x", ".", ""]
)
def test_an_index_made_by_hand_names_nothing_outside(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "r", {"a/x": "x"})
    program(root / "a" / ".git" / "hooks" / "x", "")
    monkeypatch.setattr(tree, "_by_git", lambda folder: [name, "a/x"])
    assert list(tree.names(root)) == ["a/x"]
