"""What git tells of a repository's past, from real checkouts made here."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from farthing.index import history
from farthing.index.history import Commit, History

NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
Git = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout that no setting of the user's reaches."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    return folder


def git(root: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def commit(root: Path, subject: str, *files: str, body: str = "") -> None:
    """Change files, each by a line, and commit them."""
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + subject + "\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", f"{subject}\n\n{body}")


def changed(past: History) -> list[tuple[str, ...]]:
    """The files of each commit, newest first."""
    return [each.files for each in past.commits]


def test_the_newest_commit_is_the_first(root: Path) -> None:
    commit(root, "Add the cart", "cart.py", "prices.py", body="Nobody reads\nthis, nor 'body.py'.")
    commit(root, "Fix prices", "prices.py")
    past = history.of(root)
    assert changed(past) == [("prices.py",), ("cart.py", "prices.py")]
    assert "cart" in past.commits[1].words and "body" not in past.commits[1].words
    assert past.recent["prices.py"] == pytest.approx(1 + 0.5 ** (1 / history.HALF))
    assert past.recent["cart.py"] == pytest.approx(0.5 ** (1 / history.HALF))


def test_a_renamed_file_counts_under_both_names(root: Path) -> None:
    commit(root, "Add a file", "old.py")
    git(root, "mv", "old.py", "new.py")
    commit(root, "Rename it")
    assert [set(files) for files in changed(history.of(root))] == [{"old.py", "new.py"}, {"old.py"}]


def test_a_merge_is_no_commit_but_what_it_merged_is(root: Path) -> None:
    commit(root, "Start", "a.py")
    git(root, "checkout", "--quiet", "-b", "side")
    commit(root, "Work at the side", "side.py")
    git(root, "checkout", "--quiet", "main")
    commit(root, "Work here", "here.py")
    git(root, "merge", "--quiet", "--no-ff", "--message", "Merge the other branch", "side")
    assert sorted(changed(history.of(root))) == [("a.py",), ("here.py",), ("side.py",)]


def test_a_commit_of_very_many_files_says_nothing(root: Path) -> None:
    commit(root, "Just enough", *(f"enough{i}.py" for i in range(history.MANY)))
    commit(root, "One too many", *(f"many{i}.py" for i in range(history.MANY + 1)))
    past = history.of(root)
    assert [len(files) for files in changed(past)] == [history.MANY]
    assert "many0.py" not in past.recent


def test_no_more_than_the_last_commits_are_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        commit(root, f"Number {number}", f"{number}.py")
    monkeypatch.setattr(history, "COMMITS", 2)
    assert changed(history.read(root, "HEAD")) == [("3.py",), ("2.py",)]


def test_names_of_other_alphabets_and_with_spaces(root: Path) -> None:
    commit(root, "Añade el número 数", "Überblick/数 字.py")
    past = history.of(root)
    assert changed(past) == [("Überblick/数 字.py",)]
    assert "número" in past.commits[0].words


def test_paths_are_those_of_the_folder_that_is_asked_about(root: Path) -> None:
    commit(root, "Change both", "inner/a.py", "outer.py")
    commit(root, "Change the outer one", "outer.py")
    assert changed(history.read(root / "inner", "HEAD")) == [(), ("a.py",)]


def test_any_revision_has_its_own_past(root: Path) -> None:
    commit(root, "First", "a.py")
    commit(root, "Second", "b.py")
    assert changed(history.read(root, "HEAD~1")) == [("a.py",)]
    assert changed(history.read(root, "no-such-branch")) == []


def test_it_is_read_again_when_the_head_moves_and_only_then(root: Path) -> None:
    assert changed(history.of(root)) == []
    commit(root, "First", "a.py")
    first = history.of(root)
    assert changed(first) == [("a.py",)]
    (root / "a.py").write_text("not committed\n")
    assert history.of(root) is first
    commit(root, "Second", "b.py")
    assert changed(history.of(root)) == [("a.py", "b.py"), ("a.py",)]
    git(root, "checkout", "--quiet", "HEAD~1")
    assert changed(history.of(root)) == [("a.py",)]
    git(root, "checkout", "--quiet", "main")
    git(root, "reset", "--quiet", "--hard", "HEAD~1")
    assert changed(history.of(root)) == [("a.py",)]


def test_a_worktree_follows_its_own_head(root: Path, tmp_path: Path) -> None:
    commit(root, "First", "a.py")
    tree = tmp_path / "worktree"
    git(root, "worktree", "add", "--quiet", "-b", "side", str(tree))
    assert (tree / ".git").is_file()
    assert changed(history.of(tree)) == [("a.py",)]
    commit(tree, "Second", "b.py")
    assert changed(history.of(tree)) == [("b.py",), ("a.py",)]
    assert changed(history.of(root)) == [("a.py",)]


@pytest.mark.parametrize("content", [b"", b"gitdir: ../nowhere\n", b"\xff\xfe\0", b"gitdir: " + b"x" * 5000])
def test_a_broken_git_file_is_no_git(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".git").write_bytes(content)
    assert history.of(tmp_path).commits == ()


def test_a_folder_without_git_and_one_that_is_gone(tmp_path: Path) -> None:
    assert history.of(tmp_path).commits == ()
    assert history.of(tmp_path / "gone").commits == ()
    assert history.read(tmp_path / "gone", "HEAD").commits == ()


def test_a_machine_without_git(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root, "First", "a.py")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert history.read(root, "HEAD").commits == ()


def test_a_git_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "never")
    (tmp_path / "git").write_text(f"#!/bin/sh\nexec /bin/cat '{tmp_path}/never'\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(history, "SECONDS", 0.05)
    assert history.read(tmp_path, "HEAD").commits == ()


def test_files_of_commits_whose_message_is_alike_come_first() -> None:
    past = History(
        [
            Commit(frozenset({"fix", "docs"}), ("readme.md",)),
            Commit(frozenset({"fix", "cart", "total"}), ("cart.py",)),
            Commit(frozenset({"fix", "price"}), ("prices.py",)),
        ]
    )
    scores = past.alike(["fix", "cart", "total"])
    assert max(scores, key=scores.__getitem__) == "cart.py"
    assert 0 < scores["prices.py"] < scores["readme.md"] < scores["cart.py"] <= 1
    assert past.alike(["nothing", "of", "it"]) == {}
    assert History().alike(["fix"]) == {} and History().recent == {}


def test_no_program_that_the_repository_names_is_run(root: Path, tmp_path: Path) -> None:
    (root / "a.py").write_text("x = 1\n")
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "Unsigned")
    raw = subprocess.run(["git", "-C", str(root), "cat-file", "commit", "HEAD"], capture_output=True, check=True).stdout
    signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    signed = raw.replace(b"\n\n", b"\n" + signature, 1)
    made = subprocess.run(
        ["git", "-C", str(root), "hash-object", "-t", "commit", "-w", "--stdin"],
        input=signed, capture_output=True, check=True,
    )  # fmt: skip
    git(root, "update-ref", "HEAD", made.stdout.decode().strip())
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path / 'ran'}'\n")
    trap.chmod(0o755)
    git(root, "config", "gpg.program", str(trap))
    git(root, "config", "log.showSignature", "true")
    assert len(history.read(root, "HEAD").commits) == 1
    assert not (tmp_path / "ran").exists()
