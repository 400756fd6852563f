"""The layout of a prompt."""

from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.fim import FimTokens, build_prompt

PSM = FimTokens(-1, -2, -3)
SPM = FimTokens(-1, -2, -1, suffix_first=True)
BOS = -9
tokens = st.lists(st.integers(0, 50), max_size=60)


def test_prefix_suffix_middle() -> None:
    assert build_prompt([1, 2], [3], PSM, None, 99) == [-1, 1, 2, -2, 3, -3]
    assert build_prompt([1, 2], [3], PSM, BOS, 99) == [BOS, -1, 1, 2, -2, 3, -3]
    assert build_prompt([], [], PSM, None, 99) == [-1, -2, -3]


def test_suffix_first() -> None:
    assert build_prompt([1, 2], [3], SPM, BOS, 99) == [BOS, -2, 3, -1, 1, 2]


def test_a_model_without_markers_sees_the_end_of_the_prefix() -> None:
    assert build_prompt([1, 2, 3], [4], None, None, 99) == [1, 2, 3]
    assert build_prompt([1, 2, 3], [4], None, BOS, 3) == [BOS, 2, 3]
    assert build_prompt([], [4], None, None, 3) == []


def test_the_far_ends_give_way() -> None:
    assert build_prompt([1, 2, 3, 4, 5, 6], [7, 8, 9], PSM, None, 9) == [-1, 2, 3, 4, 5, 6, -2, 7, -3]
    assert build_prompt([1], [2, 3, 4, 5], PSM, None, 6) == [-1, 1, -2, 2, 3, -3]


@given(
    prefix=tokens,
    suffix=tokens,
    fim=st.sampled_from([PSM, SPM, None]),
    bos=st.sampled_from([None, BOS]),
    limit=st.integers(4, 140),
)
def test_what_holds_for_every_prompt(
    prefix: list[int], suffix: list[int], fim: FimTokens | None, bos: int | None, limit: int
) -> None:
    prompt = build_prompt(prefix, suffix, fim, bos, limit)
    assert len(prompt) <= limit
    assert prompt.count(BOS) == (bos is not None)
    body = prompt[bos is not None :]
    if fim is None:
        assert prefix[len(prefix) - len(body) :] == body
        return
    assert body.count(fim.prefix) == body.count(fim.suffix) == body.count(fim.middle) == 1
    if fim.suffix_first:
        split = body.index(fim.prefix)
        head, tail = body[split + 1 :], body[1:split]
        assert body[0] == fim.suffix
    else:
        split = body.index(fim.suffix)
        head, tail = body[1:split], body[split + 1 : -1]
        assert (body[0], body[-1]) == (fim.prefix, fim.middle)
    assert prefix[len(prefix) - len(head) :] == head
    assert suffix[: len(tail)] == tail
    room = limit - (bos is not None) - 3
    if len(head) < len(prefix):  # cut: then all room is used, and the suffix has no more than its quarter
        assert len(head) + len(tail) == room
        assert len(tail) == min(len(suffix), room // 4)
    elif len(tail) < len(suffix):
        assert len(head) + len(tail) == room
