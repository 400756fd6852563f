"""The dialect of chat completions: what is asked, how answers end, and what is learnt from refusals."""

from dataclasses import replace
from typing import Any

import pytest

from farthing.backends.chat import Caching, ChatRequest, Delta, Part, Prompt
from farthing.backends.cloud.dialect import Abilities, Complaint
from farthing.backends.cloud.openai_chat import OpenAiChat

ALL = Abilities()
ASK = ChatRequest("m", Prompt((Part("instruction", "y"),)), 50, caching=Caching("k"))
DIALECT = OpenAiChat()


def asked(abilities: Abilities) -> dict[str, Any]:
    made = DIALECT.body(ASK, abilities)
    del made["model"], made["messages"], made["stream"]
    return made


def test_what_an_end_point_does_not_take_is_left_out() -> None:
    options = {"stream_options": {"include_usage": True}}
    assert asked(ALL) == {"max_completion_tokens": 50, "prompt_cache_key": "k", **options}
    assert asked(Abilities(False, False, False)) == {"max_tokens": 50}
    assert "prompt_cache_key" not in DIALECT.body(replace(ASK, caching=Caching()), ALL)


def test_a_key_is_sent_where_there_is_one() -> None:
    assert DIALECT.headers("secret") == {"authorization": "Bearer secret"}
    assert DIALECT.headers("") == {}


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [
        ("unknown field: stream_options", ALL, replace(ALL, stream_options=False)),
        ("extra inputs are not permitted (prompt_cache_key)", ALL, replace(ALL, cache_key=False)),
        ("unrecognized request argument supplied: max_completion_tokens", ALL, replace(ALL, completion_limit=False)),
        (
            "unsupported parameter: 'max_tokens' is not supported with this model. use 'max_completion_tokens'",
            replace(ALL, completion_limit=False),
            ALL,
        ),
        ("max_completion_tokens is too large: 50. this model supports at most 16", ALL, None),
        ("unknown field: stream_options", replace(ALL, stream_options=False), None),
        ("unsupported image", ALL, None),
        ("", ALL, None),
    ],
)
def test_what_is_learnt_from_a_refusal(said: str, before: Abilities, after: Abilities | None) -> None:
    assert DIALECT.learn(said, before) == after


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        ([{"delta": {}, "finish_reason": "stop"}], "stop"),
        ([{"delta": {}, "finish_reason": "length"}], "length"),
        ([{"delta": {}, "finish_reason": "content_filter"}], "filtered"),
        ([{"delta": {"refusal": "I won't"}}, {"delta": {}, "finish_reason": "stop"}], "refusal"),
        ([{"delta": {"refusal": "I won't"}}, {"delta": {}, "finish_reason": "length"}], "length"),
        ([{"index": 1, "delta": {"refusal": "I won't"}}, {"index": 0, "finish_reason": "stop"}], "stop"),
    ],
)
def test_how_an_answer_ends(chunks: list[dict[str, Any]], reason: str) -> None:
    reader = DIALECT.reader()
    for chunk in chunks:
        reader.read("", {"choices": [chunk]})
    assert reader.reason == reason


def test_a_refusal_is_shown() -> None:
    found = DIALECT.reader().read("", {"choices": [{"delta": {"refusal": "I won't"}}]})
    assert found == [Delta("I won't")]


def test_a_complaint_is_passed_on_in_its_own_words() -> None:
    with pytest.raises(Complaint) as caught:
        DIALECT.reader().read("", {"error": {"message": "overloaded"}})
    assert b"overloaded" in caught.value.body
