"""The layout of a prompt."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.fim import FimTokens, build_prompt

PSM = FimTokens(-1, -2, -3)
SPM = FimTokens(-1, -2, -1, suffix_first=True)
BOS = -9
tokens = st.lists(st.integers(0, 50), max_size=60)


def laid_out(
    prefix: Sequence[int],
    suffix: Sequence[int],
    fim: FimTokens | None,
    bos: int | None = None,
    limit: int = 99,
    header: Sequence[int] = (),
) -> list[int]:
    """The whole prompt; empty where there is none."""
    prompt = build_prompt(header, prefix, suffix, fim, bos, limit)
    return [*prompt.tokens, *prompt.closing] if prompt else []


def test_prefix_suffix_middle() -> None:
    assert laid_out([1, 2], [3], PSM) == [-1, 1, 2, -2, 3, -3]
    assert laid_out([1, 2], [3], PSM, BOS) == [BOS, -1, 1, 2, -2, 3, -3]
    assert laid_out([], [], PSM) == [-1, -2, -3]


def test_suffix_first() -> None:
    assert laid_out([1, 2], [3], SPM, BOS) == [BOS, -2, 3, -1, 1, 2]


def test_a_model_without_markers_sees_the_end_of_the_prefix() -> None:
    assert laid_out([1, 2, 3], [4], None) == [1, 2, 3]
    assert laid_out([1, 2, 3], [4], None, BOS, 3) == [BOS, 2, 3]
    assert laid_out([1, 2, 3], [4], None, BOS, 4, [8]) == [BOS, 1, 2, 3]
    assert laid_out([1, 2, 3], [4], None, BOS, 5, [8]) == [BOS, 8, 1, 2, 3]
    assert build_prompt([], [], [4], None, None, 4) is None


def test_other_files_come_first_and_give_way_first() -> None:
    assert laid_out([1], [2], PSM, BOS, 8, [7, 8]) == [BOS, 7, 8, -1, 1, -2, 2, -3]
    assert laid_out([1], [2], PSM, BOS, 7, [7, 8]) == [BOS, -1, 1, -2, 2, -3]
    assert laid_out([1], [2], SPM, None, 9, [7, 8]) == [7, 8, -2, 2, -1, 1]


def test_the_far_ends_give_way() -> None:
    assert laid_out([1, 2, 3, 4, 5, 6], [7, 8, 9], PSM, None, 9) == [-1, 2, 3, 4, 5, 6, -2, 7, -3]
    assert laid_out([1], [2, 3, 4, 5], PSM, None, 6) == [-1, 1, -2, 2, 3, -3]


@given(
    header=tokens,
    prefix=tokens,
    suffix=tokens,
    fim=st.sampled_from([PSM, SPM, None]),
    bos=st.sampled_from([None, BOS]),
    limit=st.integers(4, 200),
)
def test_what_holds_for_every_prompt(
    header: list[int], prefix: list[int], suffix: list[int], fim: FimTokens | None, bos: int | None, limit: int
) -> None:
    prompt = build_prompt(header, prefix, suffix, fim, bos, limit)
    if prompt is None:
        assert fim is None and bos is None and not prefix
        return
    whole = [*prompt.tokens, *prompt.closing]
    assert prompt.closing and len(whole) <= limit
    assert whole.count(BOS) == (bos is not None)
    body = whole[bos is not None :]
    if fim is None:
        assert prompt.marker == -1
        assert body == prefix[max(0, len(prefix) - limit + (bos is not None)) :] or body == header + prefix
        return
    with_header = body[: len(header)] == header and body[len(header)] < 0
    assert with_header or body[0] < 0
    body = body[len(header) * with_header :]
    assert body.count(fim.prefix) == body.count(fim.suffix) == body.count(fim.middle) == 1
    if fim.suffix_first:
        split = body.index(fim.prefix)
        head, tail = body[split + 1 :], body[1:split]
        assert body[0] == fim.suffix and prompt.marker == -1
    else:
        split = body.index(fim.suffix)
        head, tail = body[1:split], body[split + 1 : -1]
        assert (body[0], body[-1]) == (fim.prefix, fim.middle)
        assert prompt.tokens[prompt.marker] == fim.suffix
        assert prompt.before[len(prompt.before) - len(head) :] == tuple(head)
        assert prompt.behind == tuple(tail)
    assert prefix[len(prefix) - len(head) :] == head
    assert suffix[: len(tail)] == tail
    room = limit - (bos is not None) - 3
    if len(head) < len(prefix):  # cut: then all room is used, and the suffix has no more than its quarter
        assert len(head) + len(tail) == room
        assert len(tail) == min(len(suffix), room // 4)
    elif len(tail) < len(suffix):
        assert len(head) + len(tail) == room
    if len(header) + len(head) + len(tail) <= room:
        assert with_header
