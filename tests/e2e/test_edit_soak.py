"""Hunks for real files of five languages. None may ever change anything but the place that it was cut from."""

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.edit import diff
from farthing.edit.apply import plan
from farthing.edit.files import Workspace
from farthing.edit.model import Result
from farthing.edit.parse import parse
from tests.support import edit_sources
from tests.support.edit_cases import KINDS, Case, Given
from tests.support.edit_oracle import exact, loose, text_of
from tests.support.edits import content, git_apply

LANGUAGES = sorted(edit_sources.sources())


def made(kind: str, chance: random.Random) -> tuple[str, Case]:
    """A case of a kind, and the name of its file."""
    while True:
        name, data = edit_sources.pick(chance, chance.choice(LANGUAGES), chance.choice(edit_sources.VARIANTS))
        try:
            return name, KINDS[kind](Given(chance, name, data))
        except LookupError:
            continue  # the lines that were drawn don't do for it


def filled(folder: Path, name: str, data: bytes) -> Path:
    """A workspace with the file, a copy of it, and links; another copy lies outside."""
    root = folder / "w"
    suffix = Path(name).suffix
    for each in (root / "folder", root / ".git", folder / "outside"):
        each.mkdir(parents=True)
    for path in (root / name, root / f"other{suffix}", root / ".git" / name, folder / "outside" / name):
        path.write_bytes(data)
    (root / "out").symlink_to("../outside")
    (root / f"in{suffix}").symlink_to(name)
    return root


def applied(root: Path, case: Case, reply: str, name: str, checked: bool) -> Result:
    """What becomes of a reply, written."""
    workspace = Workspace(root.resolve())
    hunks = parse(reply, name, workspace.exists) if reply else list(case.hunks)
    targets = workspace.targets(hunks)
    if checked:
        result = plan(hunks, targets, partial=case.partial)
    else:
        result = plan(hunks, targets, partial=case.partial, errors=lambda *_: None)
    assert not workspace.changed(result.changes)
    workspace.write(result.changes)
    return result


def run(folder: Path, kind: str, chance: random.Random) -> str:
    """Apply a case and compare. Returns what became of it."""
    name, case = made(kind, chance)
    root = filled(folder, name, case.data)
    before = content(folder) | {f".git/{name}": (root / ".git" / name).read_bytes()}
    checked = chance.random() < 0.2
    result = applied(root, case, case.reply, name, checked)
    after = content(folder) | {f".git/{name}": (root / ".git" / name).read_bytes()}
    told = name, case.want, case.reply or case.hunks, [(each.status, each.placed.reason) for each in result.outcomes]
    wrong = {path for path in before | after if before.get(path) != after.get(path)}
    if kind == "garbled":
        wrong = {path for path in wrong if path in before}  # a damaged name may be that of a new file
    breaks = checked and any(each.status == "breaks_syntax" for each in result.outcomes)
    target = f"w/{case.changes or name}"
    if not wrong:
        assert case.want != "applied" or breaks, told
        assert kind == "garbled" or not result.changes or case.data == after[target], told
        return "refused"
    assert kind == "garbled" or case.want != "refused", told
    assert wrong <= ({target, f"w/in{Path(name).suffix}"} if kind != "garbled" else set(before)), (wrong, told)
    if not (case.partial and breaks):
        assert case.right(after[target]) or (kind == "garbled" and target not in wrong), told
    undone(folder, root, result, before)
    if case.search:
        once_more(root, case, name, after[target], told)
    return "applied"


def undone(folder: Path, root: Path, result: Result, before: dict[str, bytes]) -> None:
    """The diff taken back gives the same bytes."""
    written = {path: path.read_bytes() for path in (root / change.path for change in result.changes)}
    git_apply(root, diff.unified(result.changes), "-R")
    assert content(folder) == {path: data for path, data in before.items() if not path.startswith(".git/")}
    for path, data in written.items():
        path.write_bytes(data)


def once_more(root: Path, case: Case, name: str, data: bytes, told: object) -> None:
    """The same reply again does nothing, and the opposite one gives the same bytes."""
    lines = text_of(data).lines
    if not loose(lines, case.search):
        applied(root, case, case.reply, name, False)
        assert (root / name).read_bytes() == data, told
    searched = case.back.split("\n")[2 : case.back.split("\n").index("=======")]
    uniform = len(set(filter(None, text_of(data).ends))) == 1
    if uniform and len(exact(lines, searched)) == 1 and not loose(lines, case.search):
        applied(root, case, case.back, name, False)
        assert (root / name).read_bytes() == case.data, told


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_the_proven_place(
    kind: str, tmp_path: Path, soak_edits: int, record_property: Callable[[str, object], None]
) -> None:
    seen: Counter[str] = Counter()
    for number in range(-(-soak_edits // len(KINDS))):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            seen[run(folder, kind, random.Random(f"{kind}/{number}"))] += 1
        except AssertionError as exc:
            exc.add_note(f"{kind}/{number}")
            raise
        shutil.rmtree(folder)
    record_property("became", dict(seen))
    if kind in ("exactly", "shifted", "pieces", "rewritten", "diffed", "patched", "several", "elsewhere"):
        assert seen["applied"] >= sum(seen.values()) / 8, seen


@settings(deadline=None, max_examples=40, derandomize=bool(os.environ.get("CI")))
@given(st.sampled_from(sorted(KINDS)), st.integers(min_value=0))
def test_nothing_but_the_proven_place_by_any_seed(kind: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), kind, random.Random(seed))
