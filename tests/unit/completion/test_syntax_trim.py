"""Lines that break the file are dropped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.completion import syntax_trim
from farthing.completion.syntax_trim import MAX_TEXT, trim_to_syntax
from farthing.index.syntax import count_errors

HEAD, TAIL = "def f(a):\n    ", "\n\n\ndef g():\n    pass\n"
fragments = st.lists(
    st.sampled_from(["x = 1", "    if a:", "        y()", "    return (", "    )", "}", ""]), max_size=7
)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("x = 1\n    return x", "x = 1\n    return x"),
        ("x = 1\n    return foo(", "x = 1"),
        ("x = 1\n    y = 2\n    if x", "x = 1\n    y = 2"),
        ("x = (", "x = ("),
        ("x = (\n    y = [", "x = ("),
        ("x = 1\n\n    foo(", "x = 1"),
        ("", ""),
    ],
)
def test_what_is_kept(answer: str, expected: str) -> None:
    assert trim_to_syntax(HEAD, answer, TAIL, "python") == expected


def test_a_file_with_windows_line_breaks_keeps_them() -> None:
    head, tail = HEAD.replace("\n", "\r\n"), TAIL.replace("\n", "\r\n")
    assert trim_to_syntax(head, "x = 1\r\n    y = 2\r\n    foo(", tail, "python") == "x = 1\r\n    y = 2"


def test_without_a_grammar_or_in_a_huge_file_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "x = 1\n    foo("
    assert trim_to_syntax(HEAD, answer, TAIL, "cobol") == answer
    monkeypatch.setattr(syntax_trim, "count_errors", lambda *_: pytest.fail("a huge file was parsed"))
    assert trim_to_syntax(HEAD + "#" * MAX_TEXT, answer, TAIL, "python") == answer


@given(fragments.map("\n".join))
def test_it_keeps_first_lines_and_never_breaks_more(answer: str) -> None:
    kept = trim_to_syntax(HEAD, answer, TAIL, "python")
    assert answer.startswith(kept)
    assert kept.strip() or not answer.strip()
    before = count_errors(HEAD + answer + TAIL, "python")
    after = count_errors(HEAD + kept + TAIL, "python")
    assert after is not None and before is not None
    assert after <= before


class TestLongFiles:
    """Only what is around the cursor is parsed for every line that is dropped."""

    FILE = "".join(
        f"def f{i}(a, b):\n    if a > {i}:\n        return [a, (b, {i})]\n    return b\n\n\n" for i in range(200)
    )

    def trimmed_as_a_whole(self, head: str, answer: str, tail: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(syntax_trim, "surroundings", lambda text, offset, language: (0, len(text)))
            return trim_to_syntax(head, answer, tail, "python")

    def test_a_part_of_it_is_parsed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes: list[int] = []

        def counting(text: str, language: str) -> int | None:
            sizes.append(text.count("\n"))
            return count_errors(text, language)

        monkeypatch.setattr(syntax_trim, "count_errors", counting)
        at = self.FILE.index("    return b", len(self.FILE) // 2)
        assert trim_to_syntax(self.FILE[:at] + "    ", "x = 1\n    y = (", self.FILE[at:], "python") == "x = 1"
        assert len(sizes) == 2 and max(sizes) < 130

    @settings(max_examples=25)
    @given(at=st.integers(0, len(FILE)), gap=st.integers(0, 200), pieces=fragments, broken=st.booleans())
    def test_it_keeps_what_parsing_the_whole_file_keeps(
        self, at: int, gap: int, pieces: list[str], broken: bool
    ) -> None:
        file = "x = (\n" * broken + self.FILE
        head, tail, answer = file[:at], file[at + gap :], "\n".join(pieces)
        assert trim_to_syntax(head, answer, tail, "python") == self.trimmed_as_a_whole(head, answer, tail)
