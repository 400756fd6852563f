"""Nothing of what ends an answer is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.stops import Stops

texts = st.lists(st.text("ab`\n", min_size=1, max_size=4), max_size=8)


def said(strings: list[str], pieces: list[str]) -> list[str]:
    """What is said after each piece, and at the end."""
    stops = Stops(strings)
    found = [stops.add(piece) for piece in pieces]
    return [*found, stops.end()]


@pytest.mark.parametrize(
    ("strings", "pieces", "told"),
    [
        ([], ["a", "b"], ["a", "b", ""]),
        ([""], ["a"], ["a", ""]),
        (["```"], ["a\n", "``", "`", "b"], ["a\n", "", "", "", ""]),
        (["```"], ["a`", "`b", "`"], ["a", "``b", "", "`"]),
        (["\n```", "\n\n"], ["a\n", "\nb"], ["a", "", ""]),
        (["aab"], ["a", "a", "a", "b", "c"], ["", "", "a", "", "", ""]),
        (["x", "axb"], ["a", "xb"], ["", "a", ""]),
        (["b", "ab"], ["a", "b"], ["", "", ""]),
    ],
)
def test_text_is_held_back_while_it_may_begin_one(strings: list[str], pieces: list[str], told: list[str]) -> None:
    assert said(strings, pieces) == told


@given(st.lists(st.text("ab`\n", max_size=4), max_size=3), texts)
def test_however_it_is_cut_the_answer_ends_before_the_first(strings: list[str], pieces: list[str]) -> None:
    whole = "".join(pieces)
    for end in range(len(whole) + 1):
        complete = [string for string in strings if string and whole[:end].endswith(string)]
        if complete:
            assert "".join(said(strings, pieces)) == whole[: end - max(map(len, complete))]
            break
    else:
        assert "".join(said(strings, pieces)) == whole


@given(st.lists(st.text("ab`\n", min_size=1, max_size=4), max_size=3), texts)
def test_no_more_is_held_back_than_what_may_begin_one(strings: list[str], pieces: list[str]) -> None:
    stops, whole, told = Stops(strings), "", ""
    for piece in pieces:
        whole, told = whole + piece, told + stops.add(piece)
        if stops.stopped:
            break
        held = whole[len(told) :]
        assert whole.startswith(told)
        assert not held or any(string.startswith(held) for string in strings)
