"""A conversation as tokens."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.template import split
from farthing.engine.turns import build, spelled

SYSTEM, USER, ASSISTANT, END, BOS = range(1000, 1005)
MARKS = {"<|system|>": SYSTEM, "<|user|>": USER, "<|assistant|>": ASSISTANT, "<|end|>": END, "<s>": BOS}
PAIRS = {2000: b"ab", 2001: b"bc", 2002: b"\xc3\xa9", 2003: b"\xc3", 2004: b"\xa9"}
"""Other ways to spell what is tokenised as bytes."""


class Vocabulary:
    """A token for each byte, and some for more than one that the tokenizer never uses."""

    def __init__(self, bos: int | None = None) -> None:
        self.bos = bos

    def tokenize(self, text: str, special: bool = False) -> list[int]:
        tokens: list[int] = []
        while text:
            mark = next((mark for mark in MARKS if special and text.startswith(mark)), None)
            tokens += [MARKS[mark]] if mark else text[0].encode(errors="replace")
            text = text[len(mark or "x") :]
        return tokens

    def piece(self, token: int) -> bytes:
        return PAIRS[token] if token in PAIRS else bytes([token]) if token < 256 else b""


def markup(messages: Sequence[tuple[str, str]]) -> list[str]:
    roles = [role for role, _ in messages]
    return [f"<|{roles[0]}|>", *(f"<|end|><|{role}|>" for role in [*roles[1:], "assistant"])]


def tokens(messages: Sequence[tuple[str, str]], start: str = "", known: Sequence[int] = ()) -> list[int]:
    return list(build(Vocabulary(), markup(messages), messages, start, known).tokens)


texts = st.lists(st.sampled_from([*MARKS, "a", "b", "c", "é", " ", "\n", "\ud800", "\1", "0\2"]), max_size=6).map(
    "".join
)
conversations = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), texts), min_size=1, max_size=5)


def test_markup_and_texts_alternate_and_the_answer_is_begun() -> None:
    said = [("system", "s"), ("user", "u")]
    assert tokens(said, "x") == [SYSTEM, ord("s"), END, USER, ord("u"), END, ASSISTANT, ord("x")]


@given(conversations, texts)
def test_no_text_can_pretend_to_be_markup(messages: list[tuple[str, str]], start: str) -> None:
    built = tokens(messages, start)
    marks = [token for token in built if token >= 1000]
    roles = [MARKS[f"<|{role}|>"] for role, _ in messages]
    expected = [mark for role in roles for mark in (role, END)]
    assert marks == [*expected, ASSISTANT]
    assert bytes(token for token in built if token < 256).decode() == "".join(
        text.encode(errors="replace").decode() for text in [*(text for _, text in messages), start]
    )


@pytest.mark.parametrize(("first", "expected"), [("<s>", 1), ("", 1)])
def test_what_begins_every_sequence_is_there_once(first: str, expected: int) -> None:
    built = build(Vocabulary(BOS), [f"{first}<|user|>", "<|end|>"], [("user", "u <s>")])
    assert built.tokens.count(BOS) == expected and built.tokens[0] == BOS


def test_what_is_shared_ends_with_the_system_prompt() -> None:
    for said, shared in ([("system", "abc"), ("user", "u")], len([SYSTEM, *b"abc"])), ([("user", "u")], 0):
        assert build(Vocabulary(), markup(said), said).shared == shared


def test_an_answer_stays_as_the_model_spelled_it() -> None:
    before = [USER, *b"x", END, ASSISTANT]
    known = [*before, ord("c"), 2000, ord("c")]
    said = [("user", "x"), ("assistant", "cabcd"), ("user", "y")]
    assert tokens(said, known=known) == [*known, ord("d"), END, USER, ord("y"), END, ASSISTANT]
    # Not where something else was said before it, and what users say is never spelled otherwise than it is now.
    assert 2000 not in tokens([("user", "z"), *said[1:]], known=known)
    assert 2000 not in tokens([("user", "abx")], known=[USER, 2000])


@given(conversations, st.lists(st.sampled_from([*PAIRS, *b"abc", *MARKS.values()]), max_size=8), st.data())
def test_whatever_is_known_the_texts_are_the_same(
    messages: list[tuple[str, str]], answer: list[int], data: st.DataObject
) -> None:
    vocabulary = Vocabulary()
    plain = tokens(messages)
    at = data.draw(st.integers(0, len(plain)))
    built = tokens(messages, known=[*plain[:at], *answer])
    marks = [token if token >= 1000 and token not in PAIRS else vocabulary.piece(token) for token in built]
    expected = [token if token >= 1000 else vocabulary.piece(token) for token in plain]
    for each in (marks, expected):  # bytes that follow each other are one text
        for i in range(len(each) - 1, 0, -1):
            if isinstance(each[i], bytes) and isinstance(each[i - 1], bytes):
                each[i - 1 : i + 1] = [each[i - 1] + each[i]]  # type: ignore[operator]
    assert marks == expected


def test_half_a_code_point_is_not_taken() -> None:
    piece = Vocabulary().piece
    assert spelled("éa", [2003, 2004], piece) == ([2003, 2004], "a")
    assert spelled("éa", [2003], piece) == ([], "éa")
    assert spelled("aé", [97, 2003, 98], piece) == ([97], "é")
    assert spelled("ab", [2000, 97], piece) == ([2000], "")


@given(texts, st.lists(st.sampled_from([*PAIRS, *b"abc \n", *MARKS.values()]), max_size=8))
def test_what_is_spelled_and_the_rest_are_the_text(text: str, known: list[int]) -> None:
    taken, rest = spelled(text, known, Vocabulary().piece)
    assert taken == known[: len(taken)]
    assert b"".join(map(Vocabulary().piece, taken)) + rest.encode() == text.encode(errors="replace")


def test_a_template_that_leaves_out_or_repeats_a_message_is_none() -> None:
    assert split("a 0 b 1 c", ["0", "1"]) == ("a ", " b ", " c")
    for rendered in ("a 0 b", "1 0", "0 1 0", "0 1 1", ""):
        assert split(rendered, ["0", "1"]) is None
