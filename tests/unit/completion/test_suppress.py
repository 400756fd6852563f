"""Where nothing is suggested."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion import suppress
from farthing.completion.suppress import inside, splits_word
from farthing.index import syntax

CASES = [
    ("python", "x = 1  # a no|te\n", "comment"),
    ("python", "x = 1  # a note|\ny = 2\n", "comment"),
    ("python", "# a note\n|y = 2\n", "code"),
    ("python", "x = 1 |# a note\n", "code"),
    ("python", 'x = "he|llo"\n', "string"),
    ("python", 'x = "hello|"\n', "string"),
    ("python", 'x = "hello"|\n', "code"),
    ("python", 'x = |"hello"\n', "code"),
    ("python", 'x = "hel|\ny = 2\n', "string"),
    ("python", 'def f():\n    """Say\n    hel|lo.\n    """\n', "string"),
    ("python", 'def f():\n    """Say\n    hello."""|\n', "code"),
    ("python", 'x = f"{na|me}"\n', "code"),
    ("python", 'x = f"{name} he|llo"\n', "string"),
    ("python", "x = 1\n|\ny = 2\n", "code"),
    ("typescript", "const a = 1 // a no|te\n", "comment"),
    ("typescript", "/** a no|te */\nf()\n", "comment"),
    ("typescript", "/** a note */|\nf()\n", "code"),
    ("typescript", "/**\n * a no|te\n */\nf()\n", "comment"),
    ("typescript", "const s = `a ${b|} c`\n", "code"),
    ("typescript", "const s = `a ${b} c|`\n", "string"),
    ("typescript", "const s = 'it|\nf()\n", "string"),
    ("typescript", "const r = /a|b/\n", "string"),
    ("javascript", "f(|)\n", "code"),
    ("go", "x := `a|`\n", "string"),
    ("go", "// note|\nfunc f() {}\n", "comment"),
    ("rust", "fn f<'a>(x: &'a str) { g(|) }\n", "code"),
    ("rust", "/// doc|\nfn f() {}\n", "comment"),
    ("ruby", 'x = "a #{b|} c"\n', "code"),
    ("ruby", "x = 1 # no|te\n", "comment"),
    ("c", 'char *s = "a|";\n', "string"),
    ("java", "/* no|te */ class A {}\n", "comment"),
    ("shellscript", "echo hi # no|te\n", "comment"),
    ("lua", "-- no|te\nf()\n", "comment"),
    ("php", "<?php\n// no|te\nf();\n", "comment"),
    ("toml", "a = 1 # no|te\n", "comment"),
    ("toml", 'a = "te|xt"\n', "string"),
    ("toml", "a = |1\n", "code"),
    ("", "it's |fine\n", "code"),
    ("python", "\U0001f600 = 1  # \u05e9\u05dc|\n", "comment"),
    ("python", "x = 1\r\n# no|te\r\n", "comment"),
    ("python", "|", "code"),
]


@pytest.mark.parametrize(("language", "document", "expected"), CASES)
def test_what_the_cursor_stands_in(language: str, document: str, expected: str) -> None:
    head, _, tail = document.partition("|")
    assert inside(head + tail, len(head), language) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("na|me", True),
        ("a|_b", True),
        ("x1|2", True),
        ("\u00e4|\u00f6", True),
        ("name|", False),
        ("|name", False),
        ("name|(x)", False),
        ("f(|x)", False),
        ("a |b", False),
        ("|", False),
    ],
)
def test_a_cursor_within_a_word(document: str, expected: bool) -> None:
    head, _, tail = document.partition("|")
    assert splits_word(head + tail, len(head)) is expected


PIECES = st.sampled_from(['"', "'", "#", "x = 1", "\n", "    ", '"""', "# it's", "{", "}", "\U0001f600", "f(a)\n"])


@given(
    before=st.lists(PIECES, max_size=12).map("".join), more=st.lists(PIECES, max_size=6).map("".join), data=st.data()
)
def test_it_answers_anywhere(before: str, more: str, data: st.DataObject) -> None:
    text = before + more
    assert inside(text, data.draw(st.integers(0, len(text))), "python") in ("comment", "string", "code")


LONG = "def f(a):\n    return a  # a note\n\n\n" * (syntax.LONG // 30)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = f(|)", "code"),
        ("# no|te", "comment"),
        ("x = 'a|b'", "string"),
        ("'''\n# te|xt\n'''", "string"),
        ("f(\n    # no|te\n)", "comment"),
    ],
)
@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_in_a_long_document_too(line: str, expected: str, share: float) -> None:
    head, _, tail = line.partition("|")
    at = LONG.index("\n\n\n", int(share * (len(LONG) - 100))) + 3
    text = f"{LONG[:at]}{head}{tail}\n{LONG[at:]}"
    assert inside(text, at + len(head), "python") == expected


@given(st.lists(st.sampled_from(["word", "x1", " ", "#", "'", '"', "(", "\n"]), min_size=1, max_size=8), PIECES)
def test_typed_letter_by_letter_it_is_what_it_is_at_once(typed: list[str], before: str) -> None:
    # A word makes no comment or string of what is none, and ends none.
    text, tail = before + "\n", "\ny = 1\n"
    for letter in "".join(typed):
        word = letter.isalnum()
        kind = inside(text + letter + tail, len(text) + 1, "python")
        if word:
            suppress._latest.clear()
            syntax._recent.clear()
            assert kind == inside(text + letter + tail, len(text) + 1, "python")
        text += letter


@given(st.integers(2, 9), st.integers(0, 60))
def test_the_kept_tree_says_what_a_new_one_says(typed: int, at: int) -> None:
    head, tail = "x = 1\ny = [", "]\n# the end\nz = 'a'\n" * 3
    kept = [inside(head + "1, " * size + tail, at, "python") for size in range(typed)]
    for size, kind in enumerate(kept):
        syntax._recent.clear()
        suppress._latest.clear()
        assert inside(head + "1, " * size + tail, at, "python") == kind
