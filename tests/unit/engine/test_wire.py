"""Messages survive the way over the socket, and what is none is told."""

import dataclasses
import json
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine import wire

# Every code point but high surrogates: beside a low one they would join, as they do in any JSON.
characters = st.characters(exclude_characters="".join(map(chr, range(0xD800, 0xDC00))), exclude_categories=())
texts = st.text(characters, max_size=30)


def _values(kind: Any) -> st.SearchStrategy[Any]:
    if kind is str:
        return texts
    if kind is int:
        return st.integers()
    if kind is float:
        return st.floats(allow_nan=False)
    if kind is bool:
        return st.booleans()
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if kinds[-1] is not ...:
            return st.tuples(*map(_values, kinds))
        return st.lists(_values(kinds[0]), max_size=3).map(tuple)
    return st.sampled_from(get_args(kind))


def _messages(kinds: Any) -> st.SearchStrategy[Any]:
    return st.one_of(
        *(
            st.builds(cls, **{spec.name: _values(spec.type) for spec in dataclasses.fields(cls)})
            for cls in get_args(kinds)
        )
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(_messages(wire.Request))
def test_a_request_arrives_as_it_was_sent(request: Any) -> None:
    line = wire.encode_request(request)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert wire.decode_request(line) == request


@given(_messages(wire.Event))
def test_an_event_arrives_as_it_was_sent(event: Any) -> None:
    line = wire.encode_event(event)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert wire.decode_event(line) == event


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00b", "\udc00\ud800", "\x00\x85\u2028\r\n"])
def test_half_a_surrogate_pair_survives(text: str) -> None:
    request = wire.Complete(1, "d", "m", text, text, 5)
    assert wire.decode_request(wire.encode_request(request)) == request


def test_no_two_messages_have_the_same_name() -> None:
    for kinds in (wire.Request, wire.Event):
        assert len({cls.tag for cls in get_args(kinds)}) == len(get_args(kinds))


COMPLETE = {"op": "complete", "id": 7, "document": "d", "model": "m", "prefix": "p", "suffix": "s", "max_tokens": 9}


@pytest.mark.parametrize(
    ("line", "id", "message"),
    [
        (b"", -1, "the message is not JSON"),
        (b"\xff\xfe\n", -1, "the message is not JSON"),
        (b"{\n", -1, "the message is not JSON"),
        (b"[" * 100_000, -1, "the message is not JSON"),
        (b"[1]\n", -1, "the message is not a JSON object"),
        (b"null\n", -1, "the message is not a JSON object"),
        (b"{}\n", -1, "the message has no known 'op'"),
        (b'{"op": "explode", "id": 7}', 7, "the message has no known 'op'"),
        (b'{"op": ["complete"], "id": 7}', 7, "the message has no known 'op'"),
        (b'{"op": "token", "id": 7, "text": "x", "output_tokens": 1}', 7, "the message has no known 'op'"),
        (b'{"op": "cancel"}', -1, "the message 'cancel' lacks a field"),
        (b'{"op": "complete", "id": 7}', 7, "the message 'complete' lacks a field"),
        (b'{"op": "cancel", "id": true}', -1, "'id' of the message 'cancel' has a value that it can't have"),
        (b'{"op": "cancel", "id": "7"}', -1, "'id' of the message 'cancel' has a value that it can't have"),
        (b'{"op": "cancel", "id": 7.0}', -1, "'id' of the message 'cancel' has a value that it can't have"),
        (b'{"op": "load", "id": 7, "model": ["m"]}', 7, "'model' of the message 'load' has a value that it can't have"),
        (
            json.dumps({**COMPLETE, "max_tokens": "9"}).encode(),
            7,
            "'max_tokens' of the message 'complete' has a value that it can't have",
        ),
        (
            json.dumps({**COMPLETE, "urgency": "now"}).encode(),
            7,
            "'urgency' of the message 'complete' has a value that it can't have",
        ),
    ],
)
def test_a_line_that_is_no_request_is_told_with_its_id(line: bytes, id: int, message: str) -> None:
    with pytest.raises(wire.MalformedMessage) as caught:
        wire.decode_request(line)
    assert (caught.value.id, caught.value.message) == (id, message)


@pytest.mark.parametrize(
    "event",
    [
        {"event": "done", "id": 1, "reason": "tired"},
        {"event": "done", "id": 1, "reason": ["stop"]},
        {"event": "done", "id": 1, "reason": "stop", "total_ms": "x"},
        {"event": "loaded", "id": 1, "seconds": 1, "fim": "yes"},
        {"event": "status", "id": 1, "pid": 1, "state": "idle", "models": [3], "threads": 1, "queued": 0},
        {"event": "status", "id": 1, "pid": 1, "state": "idle", "models": "m", "threads": 1, "queued": 0},
        {"event": "hello", "wire": 1, "version": 2, "pid": 3},
    ],
)
def test_an_event_with_a_value_it_cannot_have_is_told(event: dict[str, Any]) -> None:
    with pytest.raises(wire.MalformedMessage, match="has a value that it can't have"):
        wire.decode_event(json.dumps(event).encode())


def test_a_field_of_a_newer_version_is_ignored() -> None:
    assert wire.decode_request(b'{"op": "cancel", "id": 1, "why": "because"}') == wire.Cancel(1)
    assert wire.decode_event(b'{"event": "loaded", "id": 1, "seconds": 2, "fim": true}') == wire.Loaded(1, 2, True)


@given(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_line_is_a_message_or_told(line: bytes) -> None:
    for decode in (wire.decode_request, wire.decode_event):
        with pytest.raises(wire.MalformedMessage):
            decode(line)


@given(
    st.sampled_from([cls.tag for cls in get_args(wire.Event)]),
    st.dictionaries(
        st.sampled_from(["id", "wire", "version", "pid", "text", "reason", "models", "state"]), json_values
    ),
)
def test_any_object_that_looks_like_an_event_is_one_or_told(tag: str, fields: dict[str, Any]) -> None:
    try:
        event = wire.decode_event(json.dumps({"event": tag, **fields}).encode())
    except wire.MalformedMessage:
        return
    assert wire.decode_event(wire.encode_event(event)) == event


def test_what_a_request_does_not_say_is_a_keystroke_without_other_files() -> None:
    request = wire.decode_request(json.dumps(COMPLETE).encode())
    assert isinstance(request, wire.Complete)
    assert (request.urgency, request.header) == ("keystroke", "")
