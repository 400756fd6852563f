"""Every edit of the benchmark can be made, and its check tells it from the file as it is."""

from collections import Counter
from pathlib import Path

import pytest
from edit_cases import FOLDER, Case, CaseError, load, mixed, span
from edit_check import failure

CASES = load()
SOURCES = '["h11/_util.py"]\npackage = "h11 1"\nsha256 = "0"\n'
ROW = '[[case]]\nid = "a"\nfile = "h11/_util.py"\nsymbol = "x"\ninstruction = "y"\ncheck = "z"\n'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_check_fails_before_the_edit_and_passes_after_it(case: Case) -> None:
    assert failure(case.file, case.symbol, case.before, case.before, case.check)
    assert failure(case.file, case.symbol, case.before, case.reference, case.check) is None


def test_cases_are_enough_and_of_all_kinds() -> None:
    kinds = Counter(case.kind for case in CASES)
    assert len(CASES) >= 60 and len(kinds) >= 8 and set(kinds.values()) == {6}
    assert len({case.id for case in CASES}) == len(CASES)
    assert sum(case.lines >= 150 for case in CASES) >= len(CASES) / 2
    assert all(case.function.splitlines()[0].lstrip().startswith(("def ", "@")) for case in CASES)


def test_every_part_of_the_order_has_all_kinds() -> None:
    order = mixed(CASES, seed=3)
    assert sorted(order, key=id) == sorted(CASES, key=id) and order == mixed(reversed(CASES), seed=3)
    assert order != mixed(CASES, seed=4)
    assert set(Counter(case.kind for case in order[:24]).values()) == {2}


def test_another_version_of_a_package_is_told(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCES)
    (tmp_path / "rename.toml").write_text(ROW)
    with pytest.raises(CaseError, match=r"_util.py is not that of h11 1: install"):
        load(folder=tmp_path)


def test_a_file_without_a_hash_is_told(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("")
    (tmp_path / "rename.toml").write_text(ROW)
    with pytest.raises(CaseError, match=r"sources.toml does not know h11/_util.py"):
        load(folder=tmp_path)


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises(CaseError, match=r"no cases of the kind guess: choose from branch, bug"):
        load(["rename", "guess"])


def test_sources_are_those_of_the_cases() -> None:
    named = {line[2:-2] for line in (FOLDER / "sources.toml").read_text().splitlines() if line.startswith("[")}
    assert named == {case.file for case in CASES}


def test_the_last_of_several_functions_is_meant_with_its_decorators() -> None:
    text = "class A:\n    def f(self): ...\n    @staticmethod\n    def f(): ...\n\ndef f(): ...\n"
    assert span(text, "A.f") == (3, 4) and span(text, "f") == (6, 6)
    with pytest.raises(CaseError, match=r"there is no A\.g"):
        span(text, "A.g")


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("def f(", "SyntaxError: "),
        ("def f():\n    return 2\n", "AssertionError: in `assert module.f() == 1`"),
        ("import os\nos._exit(3)\n", "it ended with 3"),
        ("raise SystemExit(0)\n", "it ended before its check"),
    ],
)
def test_why_an_edit_is_not_right(after: str, reason: str) -> None:
    found = failure("rich/diagnose.py", "f", "", after, "\nassert module.f() == 1\n")
    assert found and found.startswith(reason)


def test_the_installed_module_is_not_what_is_checked() -> None:
    text = "def f():\n    return 1\n"
    assert failure("rich/diagnose.py", "f", "", text, "assert module.f() == 1") is None
