"""Tokens that are guessed from what was read before."""

from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.drafts import ORDER, Lookup

tokens = st.lists(st.integers(0, 2), max_size=30)


def test_what_followed_before_follows_again() -> None:
    lookup = Lookup([1, 2, 3, 4, 5, 6])
    assert lookup.draft([9, 1, 2, 3], 2) == [4, 5]
    assert lookup.draft([1, 2, 3], 9) == [4, 5, 6]
    assert lookup.draft([3, 4, 5], 3) == [6]


def test_nothing_is_guessed_from_nothing() -> None:
    lookup = Lookup([1, 2, 3, 4])
    assert lookup.draft([2, 3, 4], 3) == []  # nothing came after
    assert lookup.draft([1, 2, 4], 3) == []
    assert lookup.draft([2, 3], 3) == []
    assert lookup.draft([], 3) == []
    assert Lookup().draft([1, 2, 3], 3) == Lookup([], [1, 2]).draft([1, 2, 3], 3) == []


def test_what_comes_later_counts_more() -> None:
    assert Lookup([1, 2, 3, 4, 1, 2, 3, 5]).draft([1, 2, 3], 1) == [5]
    assert Lookup([1, 2, 3, 4], [1, 2, 3, 5]).draft([1, 2, 3], 1) == [5]


def test_texts_do_not_run_into_each_other() -> None:
    assert Lookup([1, 2, 3, 4], [5, 6]).draft([2, 3, 4], 3) == []
    assert Lookup([1, 2, 3, 4], [5, 6]).draft([1, 2, 3], 3) == [4]


@given(tokens, tokens, tokens, st.integers(1, 5))
def test_every_draft_stands_behind_the_same_tokens(one: list[int], two: list[int], last: list[int], count: int) -> None:
    draft = Lookup(one, two).draft(last, count)
    assert len(draft) <= count
    key = last[-ORDER:]
    places = [
        text[i + ORDER : i + ORDER + count]
        for text in (one, two)
        for i in range(len(text) - ORDER)
        if text[i : i + ORDER] == key
    ]
    assert draft == (places[-1] if places else [])
