"""Tasks of the router's laboratory: their texts, and how what comes of them is judged."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from router_judge import judge, shape
from router_mutants import MutantError
from router_packages import Bench, Package, PackageError, complaint, fetch, packages
from router_tasks import KINDS, Kind, Task, Way, Work, load, mixed, prepare, save

TEXT = '''"""Sizes."""


def grown(size, most=3):
    """The size after a day, which is never above the most."""
    after = size + 1
    if after > most:
        after = most
        print("it is full")
    else:
        print(after)
    return after
'''

TESTS = "from sizes import grown\n\n\ndef test_grown():\n    assert grown(1) == 2\n    assert grown(3) == 3\n"

KIND_OF: dict[Way, Kind] = {
    "line": "complete", "block": "complete", "mutant": "debug", "described": "edit", "body": "edit",
    "rename": "refactor", "invert": "refactor", "test": "test", "docs": "docs",
}  # fmt: skip


def work(way: Way, operator: str = "", site: int = 0) -> Work:
    tests = ("test_sizes.py::test_grown",)
    return prepare(Task("t", KIND_OF[way], way, "sizes", "sizes.py", "grown", operator, site, tests), TEXT)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    source = tmp_path / "source"
    source.mkdir()
    (source / "sizes.py").write_text(TEXT)
    (source / "test_sizes.py").write_text(TESTS)
    own = tmp_path / "own"
    own.mkdir()
    return Bench(Package("sizes", "1", "0", "MIT", ".", "sizes.py", ("test_sizes.py",)), source, own)


def test_there_are_enough_tasks_of_every_kind() -> None:
    tasks = load()
    kinds = Counter(task.kind for task in tasks)
    assert len(tasks) >= 150 and set(kinds) == set(KINDS) and min(kinds.values()) >= 15
    assert len({task.id for task in tasks}) == len(tasks)
    assert all(task.kind == KIND_OF[task.way] for task in tasks)
    assert all(task.tests or task.kind in ("test", "docs") for task in tasks)


def test_packages_are_pinned_and_those_of_the_tasks() -> None:
    known = packages()
    assert set(known) == {task.package for task in load()}
    assert all(len(each.sha256) == 64 and each.licence in ("MIT", "BSD-3-Clause") for each in known.values())


def test_tasks_are_kept_without_what_is_empty(tmp_path: Path) -> None:
    tasks = load()
    save(tasks, tmp_path / "tasks.json")
    assert load(tmp_path / "tasks.json") == tasks and '""' not in (tmp_path / "tasks.json").read_text()


def test_every_part_of_the_order_has_all_kinds() -> None:
    tasks = load()
    order = mixed(tasks)
    assert order == mixed(reversed(tasks)) and sorted(order, key=id) == sorted(tasks, key=id)
    assert set(Counter(task.kind for task in order[: 6 * 15]).values()) == {15}


def test_a_line_is_taken_out() -> None:
    found = work("line", site=1)
    assert found.before == TEXT.replace("after = most", "") and found.before[: found.offset].endswith("most:\n        ")


def test_a_block_is_taken_out() -> None:
    found = work("block")
    assert found.before == TEXT.replace('after = most\n        print("it is full")', "")


def test_a_fault_is_put_in_and_described() -> None:
    assert work("mutant", "comparison").before == TEXT.replace("after > most", "after >= most")
    said = work("described", "comparison").instruction
    assert said == "Change `if after >= most:` to `if after > most:`."
    assert work("described", "statement").instruction == (
        'Add `after = size + 1` behind `"""The size after a day, which is never above the most."""`.'
    )


def test_a_body_is_left_out() -> None:
    assert work("body").function.splitlines()[1:] == [TEXT.splitlines()[4], "    raise NotImplementedError"]


def test_a_docstring_is_left_out() -> None:
    assert work("docs").before == TEXT.replace(TEXT.splitlines()[4] + "\n", "")


def test_a_place_that_is_not_there_is_told() -> None:
    with pytest.raises(MutantError, match="there are 1 places, and number 7 is wanted"):
        work("mutant", "comparison", 7)


def test_tests_judge_a_change(bench: Bench) -> None:
    task = work("mutant", "comparison")
    assert judge(bench, task, TEXT, "sizes.py").passed
    wrong = judge(bench, task, TEXT.replace("size + 1", "size"), "sizes.py")
    assert not wrong.passed and not wrong.tests
    assert wrong.why == "The test test_grown fails at `assert grown(1) == 2`:\nassert 1 == 2\n+  where 1 = grown(1)"
    assert not judge(bench, task, "def grown(:\n", "sizes.py").passed
    assert not judge(bench, task, TEXT, "other.py").passed
    assert bench.read("sizes.py") == TEXT


def test_what_does_not_end_is_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router_packages.TIMEOUT", 1)
    found = bench.run({"sizes.py": "while True:\n    pass\n"}, ["test_sizes.py"])
    assert found.timed_out and not found.passed


def test_new_tests_must_pass_and_find_the_fault(bench: Bench) -> None:
    task = work("test", "arithmetic")
    good = judge(bench, task, TESTS, "test_new.py")
    assert good.passed and good.tests
    blind = judge(bench, task, "def test_nothing():\n    pass\n", "test_new.py")
    assert not blind.passed and blind.tests and blind.why == "they miss the fault"
    wrong = judge(bench, task, TESTS.replace("== 2", "== 5"), "test_new.py")
    assert not wrong.passed and not wrong.tests
    assert not (bench.root / "test_new.py").exists()


@pytest.mark.parametrize(
    ("way", "operator", "after", "why"),
    [
        ("rename", "after", TEXT.replace("after", "current_after").replace("size current_after", "size after"), ""),
        ("rename", "after", TEXT, "it is not just renamed"),
        ("rename", "after", TEXT.replace("after =", "current_after ="), "it is not just renamed"),
        ("docs", "", TEXT, ""),
        ("docs", "", TEXT.replace("size + 1", "size + 2"), "the code is changed"),
        ("docs", "", TEXT.replace('    """The size after a day, which is never above the most."""\n', ""),
         "there is no docstring"),
        ("invert", "", TEXT, "the branches are not just swapped"),
        ("invert", "", TEXT.replace("after > most", "after <= most")
         .replace('        after = most\n        print("it is full")\n', "        print(after)#\n")
         .replace("        print(after)\n", '        after = most\n        print("it is full")\n'), ""),
        ("mutant", "comparison", "def grown(:", "it is no Python"),
        ("mutant", "comparison", "x = 1", "there is no grown"),
    ],
)  # fmt: skip
def test_the_shape_of_the_code_is_judged(way: Way, operator: str, after: str, why: str) -> None:
    assert shape(work(way, operator), after) == why


def test_a_failure_is_told_in_a_few_lines() -> None:
    lines = ["____ test_a ____", "t.py:3: in test_a", "    assert f(1) == 2", "           ^^^^"]
    lines += ["E   assert 1 == 2", "E    +  where", "E   x", "E   y"]
    assert complaint("\n".join(lines)) == "The test test_a fails at `assert f(1) == 2`:\nassert 1 == 2\n+  where\nx"
    assert complaint("no tests ran") == "A test fails:"


def test_half_of_the_tests_may_see_nothing(bench: Bench) -> None:
    wrong = judge(bench, work("mutant", "comparison"), TEXT.replace("size + 1", "size"), "sizes.py")
    assert not wrong.tests and wrong.half  # there is one test, and every second of them is none
    other = replace(work("mutant", "comparison").task, tests=("test_sizes.py", "test_sizes.py::test_grown"))
    wrong = judge(bench, prepare(other, TEXT), TEXT.replace("size + 1", "size"), "sizes.py")
    assert not wrong.tests and not wrong.half


def test_a_package_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    missing = Package("no-such-package-farthing", "1.0", "0" * 64, "MIT", ".", "x", ())
    with pytest.raises(PackageError, match=r"pip can't download no-such-package-farthing 1.0"):
        fetch(missing, tmp_path)
