"""Streams are cut into the same messages however their bytes arrive."""

import itertools
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.remote.families import FAMILIES, defuse, named, of_model
from farthing.backends.remote.framing import Lines, ServerSentEvents
from farthing.engine.stops import Stops
from farthing.errors import RemoteGarbled

T = TypeVar("T", bytes, str)

STREAM = ': ping\r\n\r\nevent: x\r\ndata: {"a": "ü"}\r\n\r\ndata: 1\ndata: 2\n\n\n\ndata:[DONE]\n\ndata: cut'.encode()
MESSAGES = ['{"a": "ü"}'.encode(), b"1\n2", b"[DONE]", b"cut"]


def _parts(data: T, cuts: list[int]) -> list[T]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, 1000)))
def test_events(cuts: list[int]) -> None:
    frames = ServerSentEvents()
    found = [message for part in _parts(STREAM, cuts) for message in frames.feed(part)]
    assert found + frames.end() == MESSAGES


@given(st.lists(st.integers(0, 1000)))
def test_lines(cuts: list[int]) -> None:
    frames = Lines()
    found = [message for part in _parts('{"a":"ü"}\r\n\n{}\n[1'.encode(), cuts) for message in frames.feed(part)]
    assert found + frames.end() == ['{"a":"ü"}'.encode(), b"{}", b"[1"]


@given(st.binary())
def test_garbage_is_cut_or_refused(data: bytes) -> None:
    for frames in (Lines(), ServerSentEvents()):
        try:
            messages = frames.feed(data) + frames.end()
        except RemoteGarbled:
            continue
        assert sum(map(len, messages)) <= len(data)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@given(cuts=st.lists(st.integers(0, 1000)))
def test_every_stop_ends_an_answer_however_it_comes(family: object, cuts: list[int]) -> None:
    assert isinstance(family, type(FAMILIES[0]))
    for stop in family.stops:
        cut = Stops(family.stops)
        text = ""
        for part in _parts(f"x < y {stop} z", cuts):
            text += "" if cut.stopped else cut.add(part)
        assert cut.stopped
        assert text == "x < y "


@given(st.text())
def test_text_without_a_marker_goes_through(text: str) -> None:
    qwen = named("qwen")
    assert qwen
    cut = Stops(qwen.stops)
    said = "".join(map(cut.add, text)) + cut.end()
    assert said == text or cut.stopped


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_marker_survives_in_the_users_text(family: object) -> None:
    assert isinstance(family, type(FAMILIES[0]))
    for stop in {*family.stops} - {"</s>"}:  # a tag of HTML; it ends what it is in, and hides nothing
        assert stop not in defuse(f"a{stop}b{stop}")
    assert defuse("if a <| b and c < d: <p></p> # <s>") == "if a <| b and c < d: <p></p> # <s>"
    assert defuse("<|im_start|>") == "< |im_start|>"


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen/Qwen2.5-Coder-7B-Instruct-AWQ", "qwen"),
        ("qwen3-coder:30b", "qwen"),
        ("/models/codegemma-2b.gguf", "qwen"),
        ("bigcode/starcoder2-3b", "starcoder"),
        ("ibm-granite/granite-3b-code-base", "starcoder"),
        ("CodeQwen1.5-7B", "starcoder"),
        ("deepseek-ai/DeepSeek-Coder-V2-Lite-Base", "deepseek"),
        ("codellama:7b-code", "codellama"),
        ("mistralai/Codestral-22B-v0.1", "codestral"),
        ("llama3:8b", None),
        ("", None),
    ],
)
def test_the_family_of_a_model(model: str, family: str | None) -> None:
    assert of_model(model) is named(family or "none")
