"""Which lines are typed, and what is left of their files."""

import importlib
import itertools
import random
from pathlib import Path
from typing import Any

import pytest

document = importlib.import_module("completion_document")

LINE = "    answer = compute(everything)"


def text(count: int, wanted: dict[int, str], ending: str = "\n") -> str:
    return "".join(wanted.get(index, "x = 1") + ending for index in range(count))


def test_a_line_needs_letters_and_company() -> None:
    lines = text(20, {9: LINE, 10: LINE, 11: "    1 2 3 4 5 6 7 8 9 a b c d", 16: LINE, 17: LINE}).splitlines()
    assert document.suitable(lines) == [10, 16]
    assert document.suitable(text(20, {12: "x" * 101}).splitlines()) == []


def test_languages_take_turns_and_files_are_not_taken_twice_while_there_are_others() -> None:
    source = text(30, {12: LINE, 15: LINE})
    files = [(f"{n}.py", "python", source) for n in range(8)] + [("a.go", "go", source), ("b.go", "go", source)]
    chosen = document.choose(files, 6, random.Random(1))
    names = [name for name, _ in chosen]
    assert len(set(names)) == 6
    assert sum(name.endswith(".go") for name in names) == 2
    assert [name.rpartition(".")[2] for name in names[:4]] == ["go", "py", "go", "py"]


def test_two_lines_of_one_file_stand_well_apart() -> None:
    chosen = document.choose([("a.py", "python", text(200, dict.fromkeys(range(20, 190), LINE)))], 50, random.Random(2))
    indices = sorted(index for _, index in chosen)
    assert len(indices) >= 3
    assert all(later - earlier >= document.APART for earlier, later in itertools.pairwise(indices))


def test_the_choice_depends_on_the_seed_alone() -> None:
    files = [(f"{n}.py", "python", text(60, dict.fromkeys(range(20, 50), LINE))) for n in range(20)]
    first, again, other = (document.choose(files, 9, random.Random(seed)) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_line_is_cut_out_with_the_others_that_are_missing(ending: str) -> None:
    source = ending.join(["a", "b", "c", "d", "e"]) + ending
    head, line, tail = document.without(source, [1, 3], 3)
    assert (head, line, tail) == (ending.join(["a", "c"]), "d" + ending, ending + "e" + ending)


def test_the_copy_lacks_the_lines_and_typing_them_makes_the_original_again(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "node_modules").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".git" / "packed").write_text(LINE)
    for name in ("one.py", "two.go", "node_modules/three.js"):
        (root / name).write_bytes(text(40, {12: f"{LINE}_{name[:3]}  # é"}, "\r\n").encode())
    (root / "notes.md").write_text(text(40, {12: LINE}))
    folders, places = document.prepare([root], tmp_path / "copies", 5, seed=1)
    copied = {path.relative_to(folders[0]).as_posix() for path in folders[0].rglob("*") if path.is_file()}
    assert copied == {"one.py", "two.go", "notes.md"}
    assert sorted(place.name for place in places) == ["project/one.py", "project/two.go"]
    for place in places:
        on_disk = place.path.read_bytes().decode()
        assert place.text not in on_disk
        assert place.head + place.tail == on_disk
        original = (root / place.path.name).read_bytes().decode()
        assert place.document.typed(place.enter).typed(place.text).head + place.tail == original


def test_the_cursor_counts_in_utf_16() -> None:
    shown: Any = document.Document(Path("/project/a.py"), "python", "one\r\nx = '🐍é", "'\n")
    assert shown.position == {"line": 1, "character": 8}
    typed = shown.typed("ab")
    assert (typed.version, typed.position["character"]) == (2, 10)
