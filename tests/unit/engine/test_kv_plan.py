"""Which cells can stay when a prompt becomes another one."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.kv_plan import LEAST_MOVED, SHINGLE, Block, Prompt, plan

MARKER, MIDDLE = -2, -3
# Few different tokens make many false friends; long runs make blocks that can be moved.
tokens = st.lists(st.integers(0, 2), max_size=40) | st.lists(
    st.integers(0, 40).flatmap(lambda start: st.just(list(range(start, start + 20)))), max_size=4
).map(lambda runs: [token for run in runs for token in run])


def prompt(before: Sequence[int], behind: Sequence[int]) -> Prompt:
    return Prompt((*before, MARKER, *behind), (MIDDLE,), len(before))


def planned(old: Prompt, new: Prompt) -> list[Block]:
    return plan(old.tokens, old.marker + 1 if old.behind else -1, new)


def numbers(start: int, count: int) -> tuple[int, ...]:
    return tuple(range(start, start + count))


def test_the_same_prompt_stays() -> None:
    same = prompt(numbers(0, 30), numbers(100, 30))
    assert planned(same, same) == [Block(0, 0, 61)]


def test_a_keystroke_moves_what_is_behind_the_marker() -> None:
    old, new = prompt(numbers(0, 30), numbers(100, 30)), prompt(numbers(0, 32), numbers(100, 30))
    assert planned(old, new) == [Block(0, 0, 30), Block(31, 33, 30)]
    assert planned(new, old) == [Block(0, 0, 30), Block(33, 31, 30)]


def test_a_changed_character_moves_nothing_but_keeps_both_sides() -> None:
    old, new = prompt((1, 2, 3), numbers(100, 30)), prompt((1, 2, 4), numbers(100, 30))
    assert planned(old, new) == [Block(0, 0, 2), Block(4, 4, 30)]


def test_a_window_that_slides_keeps_what_both_show() -> None:
    old, new = prompt(numbers(0, 60), numbers(100, 30)), prompt(numbers(20, 60), numbers(100, 30))
    assert planned(old, new) == [Block(0, 0, 0), Block(20, 0, 40), Block(61, 61, 30)]


def test_an_end_that_comes_into_view_is_computed() -> None:
    old, new = prompt((1, 2), numbers(100, 30)), prompt((1, 2), numbers(100, 40))
    assert planned(old, new) == [Block(0, 0, 33)]


def test_a_deleted_line_behind_the_cursor_moves_the_rest() -> None:
    old = prompt((1, 2), numbers(100, 40))
    new = prompt((1, 2), numbers(100, 10) + numbers(120, 20))
    assert planned(old, new) == [Block(0, 0, 13), Block(23, 13, 20)]


def test_few_tokens_are_computed_rather_than_moved() -> None:
    old, new = prompt((1,), numbers(100, LEAST_MOVED - 1)), prompt((1, 2), numbers(100, LEAST_MOVED - 1))
    assert planned(old, new) == [Block(0, 0, 1)]
    old, new = prompt((1,), numbers(100, LEAST_MOVED)), prompt((1, 2), numbers(100, LEAST_MOVED))
    assert planned(old, new) == [Block(0, 0, 1), Block(2, 3, LEAST_MOVED)]


def test_what_was_behind_the_cursor_and_now_is_before_it_moves_without_the_marker() -> None:
    old = prompt(numbers(0, 20), numbers(20, 60))
    new = prompt(numbers(0, 50), numbers(50, 30))
    assert planned(old, new) == [Block(0, 0, 20), Block(21, 20, 30), Block(51, 51, 30)]


@pytest.mark.parametrize("marker", [-1, 30])
def test_prompts_that_only_grow_keep_their_beginning(marker: int) -> None:
    new = Prompt(numbers(0, 30) + numbers(100, 30), (7,))
    assert plan([*numbers(0, 40), *numbers(100, 30)], marker, new) == [Block(0, 0, 30)]


@given(before=tokens, behind=tokens, new_before=tokens, new_behind=tokens)
def test_every_plan_can_be_carried_out(
    before: list[int], behind: list[int], new_before: list[int], new_behind: list[int]
) -> None:
    old, new = prompt(before, behind), prompt(new_before, new_behind)
    blocks = planned(old, new)
    assert (blocks[0].old, blocks[0].new) == (0, 0)
    for block in blocks:
        assert old.tokens[block.old : block.old + block.count] == new.tokens[block.new : block.new + block.count]
        assert block.old + block.count <= len(old.tokens) and block.new + block.count <= len(new.tokens)
    for one, two in pairwise(blocks):
        assert one.old + one.count <= two.old and one.new + one.count <= two.new
    for block in blocks[1:]:
        assert block.count >= min(SHINGLE, LEAST_MOVED)
        assert not block.new <= new.marker < block.new + block.count
    if before != new_before:
        kept = blocks[0].count
        assert kept <= min(old.marker, new.marker), "the marker would stay behind another text"


@given(before=tokens, typed=st.lists(st.integers(50, 60), min_size=1, max_size=5), behind=tokens, cut=st.integers(0, 5))
def test_typing_computes_what_was_typed_and_the_marker(
    before: list[int], typed: list[int], behind: list[int], cut: int
) -> None:
    old, new = prompt(before, behind), prompt([*before[: max(0, len(before) - cut)], *typed], behind)
    computed = len(new.tokens) - sum(block.count for block in planned(old, new))
    assert computed <= len(typed) + 1 + (len(behind) if len(behind) < LEAST_MOVED else 0)
