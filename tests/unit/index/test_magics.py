"""Lines of notebooks that are no Python."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.index.magics import MAX_TEXT, plain
from farthing.index.syntax import brackets, count_errors, kind_at

PACKAGE = Path(__file__).parents[3] / "server" / "farthing"

MAGICS = [
    "%matplotlib inline",
    "%%time\nx = 1",
    "%pip install 'it",
    "!echo it's (",
    "!",
    "if x:\n    !ls -l",
    "if x:\n    %pip install y",
    'files = !ls "',
    "t = %timeit -o f(",
    "frame.head?",
    "frame??",
    "?frame",
    "x = 1\r\n!ls '\r\ny = 2\r\n",
]


@pytest.mark.parametrize("text", MAGICS)
def test_they_parse_as_statements(text: str) -> None:
    assert count_errors("a = 1\n" + text + "\nb = (2)\n", "python") == 0


@pytest.mark.parametrize(
    "text",
    ["x = (a\n    %b)", "x = (a\n     % b)", "x != y", "x %= 3", "x = a if b else c", "y = f'{x!r}'", "# what?"],
)
def test_python_stays(text: str) -> None:
    assert plain(text, "python") == text


def test_the_files_of_this_package_still_parse() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files
    assert [path.name for path in files if count_errors(path.read_text(), "python")] == []


def test_other_languages_and_long_texts_stay() -> None:
    assert plain("!ls", "shellscript") == "!ls"
    assert plain("!ls\n" * MAX_TEXT, "python") == "!ls\n" * MAX_TEXT


PIECES = st.sampled_from(
    ["!", "%", "%%", "?", "pip ", "x", " = ", "=", "\n", "\r\n", "    ", "'", "(", ".", "\U0001f600"]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_every_character_stays_at_its_place(text: str) -> None:
    changed = plain(text, "python")
    assert len(changed) == len(text)
    breaks = [[at for at, each in enumerate(one) if each in "\r\n"] for one in (text, changed)]
    assert breaks[0] == breaks[1]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("!echo it's fi|ne", "code"),
        ("!ls # no|te", "code"),
        ("!ls '\nx = 1 # no|te", "comment"),
        ("!ls '\nx = |1", "code"),
        ("%%time\nx = 'a|b'", "string"),
        ("a = '''\n%d i|s\n'''", "string"),
    ],
)
def test_what_stands_around_them_is_what_it_is(document: str, expected: str) -> None:
    head, _, tail = document.partition("|")
    assert kind_at(head + tail, len(head), "python") == expected


def test_their_brackets_do_not_count() -> None:
    assert brackets("!echo ((\nf(x)\n", "python") == ((10, "("), (12, ")"))
