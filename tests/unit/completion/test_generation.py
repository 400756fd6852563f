"""What was typed between two states of a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion.generation import closes, typed_between

TEXT = st.text("ab (\n){}\"'\U0001f600é", max_size=12)


@given(TEXT, TEXT, TEXT)
def test_what_was_typed_is_found_whatever_stands_around_it(head: str, tail: str, typed: str) -> None:
    assert typed_between(head + tail, len(head), head + typed + tail, len(head) + len(typed)) == typed
    assert typed_between(head + tail, len(head), head + typed + tail, None) == typed


@given(TEXT, TEXT, TEXT, st.integers(0, 40))
def test_what_is_found_leads_from_one_text_to_the_other(head: str, tail: str, now: str, cursor: int) -> None:
    typed = typed_between(head + tail, len(head), now, min(cursor, len(now)))
    if typed is not None:
        assert now.startswith(head + typed) and now.endswith(tail)
        closed = now[len(head + typed) : len(now) - len(tail)]
        assert not closed or closes(typed, closed)


@pytest.mark.parametrize(
    ("before", "at", "now", "cursor", "typed"),
    [
        ("f\n", 1, "f()\n", 2, "("),
        ("f\n", 1, "f([])\n", 3, "(["),
        ("x = \n", 4, 'x = ""\n', 5, '"'),
        ("f\n", 1, "f(a)\n", 4, "(a)"),
        ("f\n", 1, "f(a)\n", 3, "(a"),
        ("f\n", 1, "f(]\n", 2, None),
        ("f\n", 1, "f)\n", 1, None),
        ("abc\n", 3, "abx\n", 3, None),
        ("abc\n", 3, "ab\n", 2, None),
        ("a\nb\n", 1, "a\nB\n", 1, None),
    ],
)
def test_closed_pairs_are_the_editors(before: str, at: int, now: str, cursor: int, typed: str | None) -> None:
    assert typed_between(before, at, now, cursor) == typed
