"""Where an answer ends: golden cases, and what holds for every answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion.context import Context, window
from farthing.completion.stop import StopRule
from farthing.settings import CompletionSettings
from tests.support.golden import Case, cases

LINES = st.sampled_from(["", "x = 1", "    y()", "        z", "}", "    }", "else:", "def f():", "  ", "\tw"])
answers = st.lists(LINES, max_size=20).map("\n".join)
documents = st.tuples(answers, answers)


def _rule(case: Case) -> StopRule:
    return StopRule(case.context, case.max_lines, case.multiline)


@pytest.mark.parametrize("case", cases("completion/stop"), ids=lambda case: case.name)
def test_golden(case: Case) -> None:
    assert case.answer[: _rule(case).end(case.answer, finished=True)] == case.expected


@pytest.mark.parametrize("case", cases("completion/stop"), ids=lambda case: case.name)
def test_the_end_is_the_same_when_the_answer_comes_letter_by_letter(case: Case) -> None:
    rule = _rule(case)
    ends = [rule.end(case.answer[:length]) for length in range(len(case.answer) + 1)]
    first = next((end for end in ends if end is not None), None)
    assert case.answer[:first] == case.expected or first is None
    assert all(end == first for end in ends[ends.index(first) :])


def _context(document: tuple[str, str]) -> Context:
    return window(document[0] + document[1], len(document[0]), CompletionSettings())


@given(documents, answers, st.integers(1, 12), st.booleans())
def test_an_answer_ends_at_a_line_break_and_within_its_lines(
    document: tuple[str, str], answer: str, max_lines: int, multiline: bool
) -> None:
    rule = StopRule(_context(document), max_lines, multiline)
    end = rule.end(answer, finished=True)
    assert end is not None
    kept = answer[:end]
    assert end in (0, len(answer)) or answer[end] in "\n)]}"
    assert len([line for line in kept.split("\n") if line.strip()]) <= max_lines
    assert kept[: rule.end(kept, finished=True)] == kept


@given(documents, st.lists(LINES, min_size=1, max_size=3), st.booleans())
def test_no_answer_goes_on_for_ever(document: tuple[str, str], lines: list[str], multiline: bool) -> None:
    assert StopRule(_context(document), 100, multiline).end("\n".join(lines * 101) + "\n") is not None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("    if a > b:\n        x = f(a)\n        retu", "    if a > b:\n        x = f(a)"),
        ("value", "value"),
        ("\n    val", "\n    val"),
        ("", ""),
        ("a = 1\nb = 2\nc", "a = 1\nb = 2"),
    ],
)
def test_what_was_cut_off_loses_its_last_line_if_it_has_several(answer: str, expected: str) -> None:
    assert answer[: StopRule(Context("", ""), 12, True).end(answer, cut_off=True)] == expected


@pytest.mark.parametrize(
    ("line", "answer", "length"),
    [
        ("total = ", "a + b\nprint(total)", len("a + b\n")),
        ("    if a", " > b:\n        c()\n    return a", len(" > b:\n        c()\n    return ")),
        ("    ", "return 1\n\nfoo()", len("return 1\n\nfoo(")),
    ],
)
def test_an_answer_ends_as_early_as_can_be_known(line: str, answer: str, length: int) -> None:
    rule = StopRule(Context(line, "\n"), 12, False)
    assert [size for size in range(len(answer)) if rule.end(answer[:size]) is not None][:1] == [length]
