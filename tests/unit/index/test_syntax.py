"""Does it parse?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.index.languages import language_id
from farthing.index.syntax import AROUND, count_errors, surroundings

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


class TestSurroundings:
    """What must be parsed to know how a place parses."""

    LINES = "".join(f"x{i} = 'ü{i}'\n" for i in range(300))

    def test_some_lines_on_each_side(self) -> None:
        at = self.LINES.index("x150")
        start, end = surroundings(self.LINES, at, "python")
        part = self.LINES[start:end]
        assert part.startswith("x") and part.endswith("'")
        assert (self.LINES[start:at].count("\n"), self.LINES[at:end].count("\n")) == (AROUND, AROUND)

    @pytest.mark.parametrize("at", [0, len(LINES)])
    def test_at_an_end_it_is_one_side(self, at: int) -> None:
        start, end = surroundings(self.LINES, at, "python")
        assert self.LINES[start:end].count("\n") in (AROUND, AROUND + 1)
        assert start == 0 or end == len(self.LINES)

    def test_in_one_large_definition_it_is_all(self) -> None:
        text = "class C:\n" + "    x = 1\n" * 300
        assert surroundings(text, 1000, "python") == (0, len(text))

    def test_without_a_grammar_it_is_all(self) -> None:
        assert surroundings("abc", 1, "cobol") == (0, 3)

    @given(
        st.lists(st.sampled_from([*"aü =()'\"\n#:", "def f():\n", "x = 1\n" * 30])).map("".join),
        st.sampled_from(["python", "go", "typescript"]),
        st.data(),
    )
    def test_it_holds_the_place(self, text: str, language: str, data: st.DataObject) -> None:
        offset = data.draw(st.integers(0, len(text)))
        start, end = surroundings(text, offset, language)
        assert 0 <= start <= offset <= end <= len(text)
