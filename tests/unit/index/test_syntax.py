"""Does it parse?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.index.languages import language_id
from farthing.index.syntax import count_errors

GOOD = {
    "python": "def f(x):\n    return [x]\n",
    "javascript": "const f = (x) => [x];\n",
    "javascriptreact": "const a = <b c={1}>d</b>;\n",
    "typescript": "const f = <T,>(x: T): T[] => [x];\n",
    "typescriptreact": "const a: E = <b c={1}>d</b>;\n",
}
BROKEN = {
    "python": "def f(x:\n    return [x\n",
    "javascript": "const f = (x => [x;\n",
    "javascriptreact": "const a = <b c={1}>d</c;\n",
    "typescript": "const f = (x: ): T[ => x;\n",
    "typescriptreact": "const a: = <b c={1>d</b>;\n",
}


@pytest.mark.parametrize("language", GOOD)
def test_good_code_has_no_errors_and_broken_code_has_some(language: str) -> None:
    assert count_errors(GOOD[language], language) == 0
    assert (count_errors(BROKEN[language], language) or 0) > 0


def test_what_is_missing_counts() -> None:
    assert count_errors("foo(1", "python") == 1


def test_two_breaks_count_more_than_one() -> None:
    once, twice = (count_errors("x = 1\n" + "y = = 2\nz = 3\n" * times, "python") for times in (1, 2))
    assert once is not None and twice is not None
    assert 0 < once < twice


@pytest.mark.parametrize("language", ["", "plaintext", "Python"])
def test_a_language_without_a_grammar_is_not_judged(language: str) -> None:
    assert count_errors("x = (", language) is None


@given(st.text(st.characters(), max_size=200), st.sampled_from(sorted(GOOD)))
def test_any_text_can_be_asked_about(text: str, language: str) -> None:
    assert count_errors(text + "\ud83d", language) is not None


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.py", "python"),
        ("dir/a.PYI", "python"),
        ("a.mjs", "javascript"),
        ("a.jsx", "javascriptreact"),
        ("a.cts", "typescript"),
        ("a.test.tsx", "typescriptreact"),
        ("a.txt", ""),
        ("py", ""),
        ("", ""),
    ],
)
def test_a_language_is_known_by_the_files_name(path: str, language: str) -> None:
    assert language_id(path) == language
