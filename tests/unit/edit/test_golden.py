"""Replies as models write them, and what becomes of the files: every fault that other tools were seen to have."""

import shutil
from pathlib import Path

import pytest

from tests.support.edits import Case, apply, cases, content, fill, git_apply


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_golden(case: Case, tmp_path: Path) -> None:
    root = tmp_path / "w"
    root.mkdir()
    fill(root, case.before)
    flags = ["--file", case.file, *(["--partial"] if case.partial else [])]
    before = content(root)
    ran, shown = apply(root, case.reply, *flags)
    assert [hunk["status"] for hunk in shown["hunks"]] == case.statuses, shown
    assert ran.returncode == int(not case.statuses or not {"applied", "already_applied"}.issuperset(case.statuses))
    assert content(root) == before
    assert not shown["written"]
    assert any(case.says in hunk["reason"] for hunk in shown["hunks"]) or not case.says, shown
    assert case.matches is None or shown["hunks"][0]["matches"] == case.matches
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    _, written = apply(root, case.reply, "--write", *flags)
    assert content(root) == before | {name: text.encode() for name, text in case.after.items()}
    assert written["written"] == bool(case.after)
    assert written["diff"] == shown["diff"]
    assert bool(shown["diff"]) == bool(case.after)
    if shown["diff"]:
        git_apply(copy, shown["diff"])
        assert content(copy) == content(root)
        git_apply(copy, shown["diff"], "-R")
        assert content(copy) == before
