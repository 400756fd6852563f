"""Counting tokens as tiktoken does, without a network."""

import importlib
import socket
from pathlib import Path
from typing import Any

import pytest

from farthing import tokens
from farthing.errors import FarthingError

SAMPLES = {"": 0, "hello world": 2, "def f(x):\n    return x\n": 8}


openai_public = importlib.import_module("tiktoken_ext.openai_public")


@pytest.mark.parametrize("name", tokens.RECIPES)
def test_counts_are_those_of_tiktoken(name: tokens.Name, monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoding of tiktoken's own recipe, given our vocabulary, agrees on everything."""
    import tiktoken

    wanted: list[Any] = []

    def load(url: str, expected_hash: str) -> dict[bytes, int]:
        wanted.extend((url, expected_hash))
        return tokens._encoding(name)._mergeable_ranks

    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", load)
    recipe = getattr(openai_public, name)()
    theirs = tiktoken.Encoding(**recipe)
    ours = tokens.RECIPES[name]
    assert (wanted[1], recipe["pat_str"], recipe["special_tokens"]) == (ours.sha256, ours.pattern, ours.specials)
    for text in [*SAMPLES, Path(__file__).read_text(encoding="utf-8"), "<|endoftext|>", "\r\n\t  \n" * 50]:
        assert tokens.count(text, name) == len(theirs.encode_ordinary(text))


@pytest.mark.parametrize(("text", "count"), SAMPLES.items())
def test_known_counts(text: str, count: int) -> None:
    assert tokens.count(text) == count


def test_no_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise AssertionError("a connection was tried")

    tokens._encoding.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", refuse)
        assert tokens.count("offline") > 0


def test_a_damaged_vocabulary_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tokens.RECIPES, "o200k_base", tokens.Recipe("0" * 64, "", {}))
    with pytest.raises(FarthingError, match="not o200k_base"):
        tokens._vocabulary("o200k_base")


def test_a_missing_vocabulary_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FarthingError, match="not installed"):
        tokens._vocabulary("o200k_base")
