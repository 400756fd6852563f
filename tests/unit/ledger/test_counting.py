"""Bounds that hold."""

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import tokens
from farthing.errors import FarthingError
from farthing.ledger import counting
from farthing.ledger.counting import Texts, bound, vocabulary

CODE = Path(__file__).read_text(encoding="utf-8")
FAR = 10**9


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o-2024-08-06", "o200k_base"),
        ("openai/GPT-5-mini", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("claude-sonnet-4-5", None),
        ("qwen2.5-coder", None),
    ],
)
def test_whose_vocabulary_is_public(model: str, name: str | None) -> None:
    assert vocabulary(model) == name


# One vocabulary: a change of it takes 0.3 s.
@given(st.text(), st.text(), st.sampled_from(["gpt-4o", "x"]), st.sampled_from([FAR, 0]), st.floats(1, 3))
def test_a_bound_is_never_less_than_the_count(first: str, second: str, model: str, left: int, margin: float) -> None:
    parts = bound(Texts(system=first, files=second), model, margin, 100, left)
    name = vocabulary(model) or "o200k_base"
    for text, found in ((first, parts.system), (second, parts.files)):
        assert found >= margin * _count(text, name)
    assert parts.overhead >= margin * 64


def _count(text: str, name: tokens.Name) -> int:
    return tokens.count(text.encode("utf-8", "replace").decode("utf-8"), name)


def test_far_from_the_cap_bytes_are_counted_and_near_it_tokens() -> None:
    texts = Texts(files=CODE)
    assert bound(texts, "gpt-4o", 1.0, 100, FAR).files == len(CODE.encode())
    near = bound(texts, "gpt-4o", 1.0, 100, 3000).files
    assert tokens.count(CODE) <= near <= 1.06 * tokens.count(CODE)
    assert near < bound(texts, "claude", 1.0, 100, 3000).files <= 2.01 * tokens.count(CODE)


def test_text_that_no_tokenizer_shortens_is_never_counted_above_its_bytes() -> None:
    texts = Texts(instruction="\x01\x02\x03" * 100)
    assert bound(texts, "claude", 1.0, 100, 0).instruction <= 300


def test_half_of_a_character_is_text_too() -> None:
    assert bound(Texts(instruction="\ud800"), "gpt-4o", 1.0, 1, 0).instruction >= 1
    assert bound(Texts(instruction="\ud800"), "gpt-4o", 1.0, 1, FAR).instruction == 3


def test_tools_cost_more_than_their_text() -> None:
    with_tools, without = (bound(Texts(tools=text), "m", 1.0, 1, FAR).overhead for text in ("{}", ""))
    assert with_tools - without == counting.TOOLS_OVERHEAD


def test_without_a_vocabulary_bytes_have_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(text: str, name: str) -> int:
        raise FarthingError("gone")

    monkeypatch.setattr(tokens, "count", missing)
    assert bound(Texts(files=CODE), "gpt-4o", 1.0, 100, 0).files == len(CODE.encode())


def test_no_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection was tried")

    tokens._encoding.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", refuse)
        for model in ("gpt-4", "gpt-4o"):
            assert bound(Texts(files=CODE), model, 1.0, 100, 0).files
    assert tokens._encoding.cache_info().currsize == 1
