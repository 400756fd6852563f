"""What is not committed: which changes are sent, and that git runs nothing for it."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.context import changes, committed
from farthing.context.model import Wanted
from farthing.context.source import Source
from farthing.index.rank import Selection
from tests.support import repositories
from tests.unit.context.conftest import Shop

BEFORE = "def f(a):\n    x = 1\n    return x\n\n\ndef g():\n    return helper_one()\n"


def _git(root: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    environment |= {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, env=environment)


def _commit(root: Path) -> None:
    _git(root, "init", "-q")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "All")


def _matter(after: str, lines: tuple[int, int], instruction: str) -> list[str]:
    found = changes.since(BEFORE, Source("a.py", after))
    return [each.text for each in changes.that_matter(found, lines, instruction)]


def test_lines_that_were_taken_away_at_the_place_matter() -> None:
    after = BEFORE.replace("x = 1", "x = 2")
    assert _matter(after, (1, 3), "go on") == ["@@ -1,3 +1,3 @@\n def f(a):\n-    x = 1\n+    x = 2\n     return x\n"]
    assert _matter(after, (6, 7), "go on") == []


def test_lines_that_were_only_added_are_seen_anyway() -> None:
    assert _matter(BEFORE.replace("    x = 1\n", "    x = 1\n    y = 2\n"), (1, 4), "go on") == []


def test_changes_of_what_is_named_matter_wherever_they_are() -> None:
    after = BEFORE.replace("helper_one", "helper_two")
    assert len(_matter(after, (1, 3), "call `helper_one` again")) == 1
    assert _matter(after, (1, 3), "call something else") == []


def test_all_changes_matter_where_it_is_about_changes() -> None:
    after = BEFORE.replace("x = 1", "x = 2").replace("helper_one", "helper_two")
    assert len(_matter(after, (0, 0), "undo my changes")) == 2


@given(st.lists(st.sampled_from("abc\n"), max_size=30), st.lists(st.sampled_from("abc\n"), max_size=30))
def test_every_change_is_where_it_says(before: list[str], after: list[str]) -> None:
    old, new = "".join(before), "".join(after)
    found = changes.since(old, Source("a", new))
    assert bool(found) == (old.removesuffix("\n") != new.removesuffix("\n") and bool(old or new)) or old.strip() == ""
    lines = new.split("\n")
    for each in found:
        now = [line[1:] for line in each.text.split("\n")[1:-1] if line[0] in " +"]
        assert now == lines[each.first - 1 : each.first - 1 + len(now)]


def test_the_diff_to_the_last_commit_is_sent(shop: Shop) -> None:
    _commit(shop.root)
    text = repositories.SHOP["shop/prices.py"].replace("item.price * rate", "item.cost * rate")
    shop.unsaved["shop/prices.py"] = text
    context = shop.ask(Wanted("go on", 600, True, "shop/prices.py", Selection("shop/prices.py", 8, 8)))
    [diff] = [item for item in context.items if item.kind == "diff"]
    assert "-    return item.price * rate(currency)\n+    return item.cost * rate(currency)\n" in diff.text


def test_without_git_the_saved_file_counts(shop: Shop) -> None:
    shop.unsaved["shop/prices.py"] = repositories.SHOP["shop/prices.py"].replace("item.price", "item.cost")
    context = shop.ask(Wanted("go on", 600, True, "shop/prices.py", Selection("shop/prices.py", 8, 8)))
    assert "diff" in [item.kind for item in context.items]


def test_a_file_in_a_folder_of_a_repository_is_found(tmp_path: Path) -> None:
    repositories.write(tmp_path, {"sub/a.py": "x = 1\n"})
    _commit(tmp_path)
    assert committed.text_of(tmp_path / "sub", "a.py") == "x = 1\n"
    assert committed.text_of(tmp_path / "sub", "b.py") is None


@pytest.mark.parametrize("path", ["a\0b", "", "../a.py", "-x"])
def test_strange_names_are_no_files(tmp_path: Path, path: str) -> None:
    assert committed.text_of(tmp_path, path) is None


def test_git_runs_nothing_that_the_repository_names(tmp_path: Path) -> None:
    repositories.write(tmp_path, {"a.py": "x = 1\n", ".gitattributes": "*.py filter=evil diff=evil\n"})
    _commit(tmp_path)
    trap = f"touch {tmp_path / 'ran'}; cat"
    for key in ("filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor",
                "diff.external", "core.pager", "core.sshCommand", "core.alternateRefsCommand"):  # fmt: skip
        _git(tmp_path, "config", key, trap)
    assert committed.text_of(tmp_path, "a.py") == "x = 1\n"
    assert not (tmp_path / "ran").exists()
