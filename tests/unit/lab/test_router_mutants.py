"""Faults for real functions."""

import ast
import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from router_mutants import OPERATORS, Function, MutantError, find, mutants, span

import farthing

MODULES = sorted(Path(farthing.__file__).parent.rglob("*.py"))

TEXT = '''
class Box:
    def first(self, size, other, deep=True, most=3):
        """One of them."""
        if size < 1 and deep:
            return None
        total = size + 1
        print(total)
        if not other:
            total = max(size, total)
        return total
'''

WANTED = {
    "comparison": ["if size <= 1 and deep:"],
    "arithmetic": ["total = size - 1"],
    "logic": ["if size < 1 or deep:"],
    "negation": ["if not (size < 1 and deep):", "if other:"],
    "number": ["if size < 2 and deep:", "total = size + 2"],
    "truth": ["def first(self, size, other, deep=False, most=3):", "def first(self, size, other, deep=True, most=4):"],
    "arguments": ["total = max(total, size)"],
}


def changed(text: str, fault: str) -> list[str]:
    """The lines that are new."""
    return [line[2:].strip() for line in difflib.ndiff(text.splitlines(), fault.splitlines()) if line[:2] == "+ "]


@pytest.mark.parametrize("operator", WANTED)
def test_an_operator_finds_its_places(operator: str) -> None:
    found = [each.put(TEXT) for each in mutants(TEXT, "Box.first") if each.operator == operator]
    assert [changed(TEXT, fault) for fault in found] == [[line] for line in WANTED[operator]]


def test_a_wrong_variable_is_one_of_the_function() -> None:
    found = [each for each in mutants(TEXT, "Box.first") if each.operator == "variable"]
    assert {each.new for each in found} <= {"size", "other", "deep", "most", "total"}
    assert len(found) == 8


def test_statements_and_branches_are_left_out() -> None:
    found = [each for each in mutants(TEXT, "Box.first") if each.operator in ("statement", "branch")]
    lines = [TEXT[each.start : each.end].strip().splitlines()[0] for each in found]
    assert lines == ["total = size + 1", "print(total)", "if size < 1 and deep:", "if not other:"]


def test_what_lies_before_a_place_may_have_any_characters() -> None:
    text = 'def f(a):\n    return "é€𝄞" if a < 1 else "ü" + str(a)\n'
    assert [each.put(text) for each in mutants(text, "f") if each.operator == "comparison"] == [text.replace("<", "<=")]


def test_a_function_that_is_not_there_is_told() -> None:
    with pytest.raises(MutantError, match=r"there is no Box.second"):
        mutants(TEXT, "Box.second")
    with pytest.raises(MutantError, match="Box is no function"):
        find(TEXT, "Box")


@given(st.data())
def test_every_fault_is_one_in_its_function_and_still_a_program(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(MODULES)).read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, Function)]
    if not functions:
        return
    node = data.draw(st.sampled_from(functions))
    if not (found := mutants(text, node.name)):
        return
    fault = data.draw(st.sampled_from(found))
    first, last = span(node)
    lines, after = text.splitlines(keepends=True), fault.put(text)
    assert fault.operator in OPERATORS and after != text
    assert after.startswith("".join(lines[: first - 1])) and after.endswith("".join(lines[last:]))
    ast.parse(after)
