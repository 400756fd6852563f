"""Every filter by its golden cases, and what holds for each of them and for all together."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion import postprocess
from farthing.completion.context import window
from farthing.completion.postprocess.place import Place
from farthing.settings import CompletionSettings
from tests.support.golden import GOLDEN, Case, cases

Filter = Callable[[str, Place], str]
FILES: dict[str, Filter] = {each.__module__.rpartition(".")[2]: each for each in postprocess.FILTERS}
ALL = [
    pytest.param(FILES[name], case, id=f"{name}: {case.name}") for name in FILES for case in cases(f"completion/{name}")
]
LEAST_CASES = 8

# Expressions with their own brackets and strings, all of them closed.
expressions = st.recursive(
    st.sampled_from(["x", "n1", '":)"', "'('", '"\\")"']),
    lambda inner: st.one_of(
        inner.map("f({})".format), inner.map("[{}]".format), st.tuples(inner, inner).map(", ".join)
    ),
    max_leaves=6,
)

PLAIN = ["", "  ", "x = 1", "    y(", "        return call(value)", "}", "    })", "else:", "def f():", "if a {", "```"]
ODD = ["\t\treturn call(value)", "\tw", "# it's", '"]', "value, value, value, value, ", "\U0001f600 = [\u202e]"]
LINES = st.sampled_from([*PLAIN, *ODD])
codes = st.lists(LINES, max_size=9).map("\n".join)
LANGUAGES = st.sampled_from(["python", "typescript", "go", "json", "ruby", "plaintext", ""])
SCRIPTS = st.sampled_from(["python", "typescript", ""])


def place(case: Case) -> Place:
    return Place(case.context.prefix, case.context.suffix, language=case.language)


def dense(text: str) -> str:
    """Without indentation, the one thing that may be changed."""
    return re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE)


def test_every_filter_has_its_cases() -> None:
    assert {path.stem for path in (GOLDEN / "completion").iterdir()} == {*FILES, "stop"}
    assert all(len(cases(f"completion/{name}")) >= LEAST_CASES for name in FILES)


@pytest.mark.parametrize(("function", "case"), ALL)
def test_golden(function: Filter, case: Case) -> None:
    assert function(case.answer, place(case)) == case.expected


@pytest.mark.parametrize(("function", "case"), ALL)
def test_what_a_filter_made_it_leaves_alone(function: Filter, case: Case) -> None:
    assert function(case.expected, place(case)) == case.expected


@given(prefix=codes, answer=codes, suffix=codes, language=LANGUAGES, function=st.sampled_from(postprocess.FILTERS))
def test_a_filter_shortens_an_answer_or_leaves_it(
    prefix: str, answer: str, suffix: str, language: str, function: Filter
) -> None:
    where = Place(prefix, suffix, language=language)
    kept = function(answer, where)
    assert dense(answer).startswith(dense(kept))
    assert function(kept, where) == kept


@given(prefix=codes, answer=codes, suffix=codes, language=LANGUAGES)
def test_all_together_keep_the_start_of_an_answer(prefix: str, answer: str, suffix: str, language: str) -> None:
    context = window(prefix + suffix, len(prefix), CompletionSettings())
    kept = postprocess.clean(answer, context, language)
    assert dense(answer).startswith(dense(kept))
    assert postprocess.clean(kept, context, language) == kept
    assert kept == kept.rstrip()


@given(prefix=st.text(max_size=30), answer=st.text(max_size=30), suffix=st.text(max_size=30), language=LANGUAGES)
def test_any_text_can_be_cleaned(prefix: str, answer: str, suffix: str, language: str) -> None:
    context = window(prefix + suffix, len(prefix), CompletionSettings())
    assert len(postprocess.clean(answer, context, language).split()) <= len(answer.split())


@given(inner=expressions, depth=st.integers(1, 3), repeated=st.integers(0, 3), language=SCRIPTS)
def test_closing_brackets_end_up_in_the_document_once(inner: str, depth: int, repeated: int, language: str) -> None:
    before, after = "f(" * depth, ")" * depth + "\n"
    answer = inner + ")" * min(depth, repeated)
    kept = postprocess.clean(answer, window(before + after, len(before), CompletionSettings()), language)
    assert before + kept + after == before + (inner if len(inner) > 1 or not language else "") + after


@given(answer=st.text("xy ", max_size=12), rest=st.text("abc +", min_size=1, max_size=6).filter(str.strip))
def test_the_rest_of_the_line_is_not_written_again(answer: str, rest: str) -> None:
    context = window(f"x = {rest}\n", 4, CompletionSettings())
    kept = answer.rstrip()
    assert postprocess.clean(answer + rest, context) == (kept if kept.strip() else "")
