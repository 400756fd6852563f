"""Positions: what LSP says, and what survives a round trip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.errors import UsageError
from farthing.text import Encoding, cli_offset, indent_of, line_bounds, line_break, lsp_column, lsp_offset

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")

# A character of each width, what joins with its neighbour, what runs the other way, and every line break.
AWKWARD = "a\t é\u0301\u202eש日\U0001f600\U0001f469\u200d\ud83d"
documents = st.lists(st.sampled_from([*AWKWARD, "\n", "\r\n", "\r"]), max_size=40).map("".join)


def slow_bounds(text: str) -> list[tuple[int, int]]:
    """Every line, character by character: the rule and nothing else."""
    found, start, at = [], 0, 0
    while at < len(text):
        if text[at] in "\r\n":
            found.append((start, at))
            at += 2 if text[at : at + 2] == "\r\n" else 1
            start = at
        else:
            at += 1
    return [*found, (start, len(text))]


@given(documents)
def test_lines_are_those_of_the_rule(text: str) -> None:
    expected = slow_bounds(text)
    assert [line_bounds(text, line) for line in range(len(expected))] == expected
    assert line_bounds(text, len(expected)) is None


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"])
@given(lengths=st.lists(st.integers(0, 2000), min_size=4, max_size=10))
def test_lines_of_long_texts_too(breaks: str, lengths: list[int]) -> None:
    text = breaks.join("x" * length for length in lengths)
    expected = slow_bounds(text)
    assert [line_bounds(text, line) for line in range(len(lengths))] == expected
    assert line_bounds(text, len(lengths)) is None


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=documents, data=st.data())
def test_an_offset_survives_the_way_to_the_editor_and_back(encoding: Encoding, text: str, data: st.DataObject) -> None:
    bounds = slow_bounds(text)
    line = data.draw(st.integers(0, len(bounds) - 1))
    start, end = bounds[line]
    offset = data.draw(st.integers(start, end))
    assert lsp_offset(text, line, lsp_column(text, start, offset, encoding), encoding) == offset


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=documents, line=st.integers(0, 50), column=st.integers(0, 200))
def test_any_position_is_an_offset_of_its_line(encoding: Encoding, text: str, line: int, column: int) -> None:
    bounds = slow_bounds(text)
    offset = lsp_offset(text, line, column, encoding)
    if line >= len(bounds):
        assert offset == len(text)
        return
    start, end = bounds[line]
    assert start <= offset <= end
    assert lsp_column(text, start, offset, encoding) <= column


@pytest.mark.parametrize(
    ("encoding", "column", "offset"),
    [
        ("utf-8", 1, 1),
        ("utf-8", 2, 1),
        ("utf-8", 4, 1),
        ("utf-8", 5, 2),
        ("utf-16", 2, 1),
        ("utf-16", 3, 2),
        ("utf-32", 2, 2),
        ("utf-8", 99, 3),
        ("utf-16", 99, 3),
        ("utf-32", 99, 3),
    ],
)
def test_a_column_within_a_character_is_its_start_and_one_past_the_line_its_end(
    encoding: Encoding, column: int, offset: int
) -> None:
    assert lsp_offset("a\U0001f600b\r\nc", 0, column, encoding) == offset


def test_columns_count_bytes_or_units_of_the_encoding() -> None:
    text = "é日\U0001f600"
    assert [lsp_column(text, 0, 3, encoding) for encoding in ENCODINGS] == [2 + 3 + 4, 1 + 1 + 2, 3]


def test_positions_of_the_command_line_count_from_one_in_code_points() -> None:
    text = "a\U0001f600b\r\n\rlast"
    assert cli_offset(text, 1, 1) == 0
    assert cli_offset(text, 1, 3) == 2
    assert cli_offset(text, 1, 4) == 3
    assert cli_offset(text, 2, 1) == 5
    assert cli_offset(text, 3, 5) == len(text)


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (0, 1, "lines and columns count from 1"),
        (1, 0, "lines and columns count from 1"),
        (-3, 1, "lines and columns count from 1"),
        (3, 1, "line 3 is past the end of the file"),
        (1, 4, "column 4 is past the end of line 1, which has 2 characters"),
    ],
)
def test_a_position_outside_the_file_is_refused(line: int, column: int, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        cli_offset("ab\ncd", line, column)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "\n"), ("a", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("a\rb\n", "\r"), ("\r", "\r")],
)
def test_the_line_break_is_the_first_one(text: str, expected: str) -> None:
    assert line_break(text) == expected


def test_the_indentation_is_spaces_and_tabs() -> None:
    assert indent_of(" \t x ") == " \t "
    assert indent_of("\u00a0x") == ""


@pytest.mark.timeout(5)
def test_a_long_document_of_old_macs_takes_one_pass() -> None:
    # A search that runs to the end of the document for each line takes 15 s here.
    text = "x = 1\r" * 400_000
    assert line_bounds(text, 399_999) == (len(text) - 6, len(text) - 1)
