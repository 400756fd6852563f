"""Every filter by its golden cases, and what they come to together."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion import postprocess
from farthing.completion.context import Context, window
from farthing.completion.postprocess.suffix_overlap import drop_suffix_overlap
from farthing.completion.postprocess.trailing_space import drop_trailing_space
from farthing.settings import CompletionSettings
from tests.support.golden import GOLDEN, Case, cases

Filter = Callable[[str, Context], str]
FILES: dict[str, Filter] = {"suffix_overlap": drop_suffix_overlap, "trailing_space": drop_trailing_space}
ALL = [
    pytest.param(FILES[name], case, id=f"{name}: {case.name}")
    for name in FILES
    for case in cases(f"postprocess/{name}")
]

# Expressions with their own brackets and strings, all of them closed.
expressions = st.recursive(
    st.sampled_from(["x", "n1", '":)"', "'('", '"\\")"']),
    lambda inner: st.one_of(
        inner.map("f({})".format), inner.map("[{}]".format), st.tuples(inner, inner).map(", ".join)
    ),
    max_leaves=6,
)


def test_every_filter_has_its_cases() -> None:
    assert set(postprocess.FILTERS) == set(FILES.values())
    assert {path.stem for path in (GOLDEN / "postprocess").iterdir()} == set(FILES)


@pytest.mark.parametrize(("function", "case"), ALL)
def test_golden(function: Filter, case: Case) -> None:
    assert function(case.answer, case.context) == case.expected


@pytest.mark.parametrize(("function", "case"), ALL)
def test_what_a_filter_made_it_leaves_alone(function: Filter, case: Case) -> None:
    assert function(case.expected, case.context) == case.expected


@given(inner=expressions, depth=st.integers(1, 3), repeated=st.integers(0, 3))
def test_closing_brackets_end_up_in_the_document_once(inner: str, depth: int, repeated: int) -> None:
    before, after = "f(" * depth, ")" * depth + "\n"
    answer = inner + ")" * min(depth, repeated)
    kept = postprocess.clean(answer, window(before + after, len(before), CompletionSettings()))
    assert before + kept + after == before + inner + after


@given(answer=st.text("ab +", max_size=12), rest=st.text("abc +", min_size=1, max_size=6).filter(str.strip))
def test_the_rest_of_the_line_is_not_written_again(answer: str, rest: str) -> None:
    context = window(f"x = {rest}\n", 4, CompletionSettings())
    assert postprocess.clean(answer + rest, context) == answer.rstrip()
