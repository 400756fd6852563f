"""Tokens are found by their bytes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farthing.engine.healing import Vocabulary, take_back

# The highest byte too: it is where looking for "all that start with" goes wrong.
spellings = st.lists(st.sampled_from([b"a", b"b", b"\xff", b" "]), max_size=12).map(b"".join)


@given(st.lists(spellings, max_size=30), spellings.filter(bool))
@example([b"a" + b"\xff" * 10, b"b"], b"a")
def test_the_tokens_that_fit_are_those_of_a_plain_search(pieces: list[bytes], required: bytes) -> None:
    expected = [
        token
        for token, piece in enumerate(pieces)
        if piece and (piece.startswith(required) or required.startswith(piece))
    ]
    vocabulary = Vocabulary(len(pieces), pieces.__getitem__)
    for _ in range(2):  # the second answer is a kept one
        assert sorted(vocabulary.fitting(required)) == expected


@given(st.lists(spellings, max_size=8), st.binary(min_size=1, max_size=4))
def test_with_every_byte_there_is_always_a_token_that_fits(more: list[bytes], required: bytes) -> None:
    pieces = [bytes([value]) for value in range(256)] + more
    assert Vocabulary(len(pieces), pieces.__getitem__).fitting(required)


@pytest.mark.parametrize(
    ("pieces", "kept", "required"),
    [
        ([b"x", b"  "], 1, b"  "),
        ([b"x", b" =", b" \xc3\xa9"], 2, b" \xc3\xa9"),
        ([b"x", b"\n    "], 1, b"\n    "),
        ([b"x", b"\n"], 2, b""),
        ([b"x", b"\r"], 2, b""),
        ([b"x", b"  \n"], 2, b""),
        ([b"x", b"\xc3"], 2, b""),
        ([b"x", b"\xa9"], 2, b""),
        ([b"x", b""], 2, b""),
        ([b"x"], 1, b""),
        ([], 0, b""),
    ],
)
def test_what_is_taken_back(pieces: list[bytes], kept: int, required: bytes) -> None:
    prefix = list(range(len(pieces)))
    assert take_back(prefix, pieces.__getitem__) == (prefix[:kept], required)


@given(st.lists(spellings, max_size=10))
def test_nothing_is_lost(pieces: list[bytes]) -> None:
    prefix, required = take_back(range(len(pieces)), pieces.__getitem__)
    assert b"".join(map(pieces.__getitem__, prefix)) + required == b"".join(pieces)
