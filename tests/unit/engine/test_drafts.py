"""Tokens that are guessed from what was read before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.drafts import LEVELS, ORDER, Lookup, Repetition

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


def rewrite(text: list[int], answer: list[int]) -> int:
    """How often a model would compute that gives this answer to a text which it is to repeat with changes."""
    repetition, computed, at = Repetition(text), 0, 0
    draft: list[int] = []
    while at < len(answer):
        token = answer[at]
        repetition.add(token)
        at += 1
        if draft and draft[0] == token:
            del draft[0]
            continue
        draft = repetition.guess()
        assert len(draft) <= LEVELS[-1]
        computed += 1
    return computed


TEXT = list(range(100, 400))


def test_a_text_that_is_repeated_as_it_is_takes_few_batches() -> None:
    assert rewrite(TEXT, TEXT) == 6  # 16, 32, and 64 at once
    assert rewrite(TEXT, TEXT[:1]) == 1


@pytest.mark.parametrize(
    ("answer", "most"),
    [
        ([*TEXT[:150], *range(20), *TEXT[150:]], 20 + 14),  # something new
        ([*TEXT[:100], *TEXT[150:]], 14),  # something left out
        ([*TEXT[200:], *TEXT[:200]], 18),  # put elsewhere
        ([*range(20), *TEXT], 20 + 11),  # something before it
        (list(range(50)), 50),  # something else
    ],
)
def test_changes_cost_little_more(answer: list[int], most: int) -> None:
    assert rewrite(TEXT, answer) <= most


def test_what_was_changed_once_is_changed_again() -> None:
    text = [1 if token % 10 == 0 else token for token in TEXT]
    renamed = [2 if token == 1 else token for token in text]
    assert rewrite(text, renamed) <= 10
    other_each_time = [token if token != 1 else 1000 + at for at, token in enumerate(text)]
    assert rewrite(text, other_each_time) == 60


@given(tokens, tokens)
def test_a_guess_is_a_part_of_the_text_with_what_was_changed(text: list[int], answer: list[int]) -> None:
    repetition = Repetition(text)
    for token in answer:
        repetition.add(token)
        guess = repetition.guess()
        assert len(guess) <= len(text)
        assert set(guess) <= {*text, *answer}


def test_nothing_is_guessed_of_no_text() -> None:
    repetition = Repetition([])
    for token in (1, 2, 3):
        repetition.add(token)
        assert repetition.guess() == []
