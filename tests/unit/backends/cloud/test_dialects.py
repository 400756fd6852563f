"""What is sent to each provider, and that no answer breaks a reader."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.chat import Caching, ChatRequest, Delta, Event, Part, Prompt, Report
from farthing.backends.cloud.anthropic import Anthropic
from farthing.backends.cloud.dialect import Abilities, Complaint, Dialect, Reader
from farthing.backends.cloud.gemini import Gemini
from farthing.backends.cloud.openai_chat import OpenAiChat
from farthing.backends.cloud.openai_responses import OpenAiResponses
from farthing.ledger.model import Usage

PROMPT = Prompt(
    (
        Part("system", "Be brief.", "system"),
        Part("files", "x = []"),
        Part("history", "What is x?"),
        Part("history", "A list.", "assistant"),
        Part("instruction", "Why\ud83d?"),
    )
)
DIALECTS: tuple[Dialect, ...] = (Anthropic(), OpenAiChat(), OpenAiResponses(), Gemini())


def ask(caching: Caching = Caching(), prompt: Prompt = PROMPT) -> ChatRequest:  # noqa: B008  it is frozen
    return ChatRequest("m", prompt, 50, caching=caching)


def test_what_anthropic_is_sent() -> None:
    body = Anthropic().body(ask(Caching("k", (0, 1))), Abilities())
    kept = {"type": "ephemeral"}
    assert body == {
        "model": "m",
        "max_tokens": 50,
        "stream": True,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": kept}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "x = []\n\nWhat is x?", "cache_control": kept}]},
            {"role": "assistant", "content": [{"type": "text", "text": "A list."}]},
            {"role": "user", "content": [{"type": "text", "text": "Why??"}]},
        ],
    }


def test_what_is_kept_for_an_hour_is_all_kept_for_an_hour() -> None:
    """A request has one price for what is written to the cache."""
    text = json.dumps(Anthropic().body(ask(Caching("k", (0, 1, 3), "1h")), Abilities()))
    assert text.count('"cache_control": {"type": "ephemeral", "ttl": "1h"}') == text.count("cache_control") == 3


@given(st.lists(st.integers(0, 20), unique=True), st.integers(0, 20), st.booleans())
def test_anthropic_is_never_sent_too_many_breakpoints_nor_an_empty_text(
    breakpoints: list[int], length: int, takes: bool
) -> None:
    roles: list[Any] = ["user", "assistant"]
    parts = [Part("history", " \n" if index % 5 == 4 else "x", roles[index % 2]) for index in range(length)]
    caching = Caching("k", tuple(sorted(breakpoints)))
    body = Anthropic().body(ask(caching, Prompt(tuple(parts))), Abilities(cache_key=takes))
    blocks = [block for message in body["messages"] for block in message["content"]]
    assert all(block["text"].strip() for block in blocks)
    assert sum("cache_control" in block for block in blocks) <= (4 if takes else 0)


def test_what_responses_are_sent() -> None:
    assert OpenAiResponses().body(ask(Caching("k", (0,))), Abilities()) == {
        "model": "m",
        "max_output_tokens": 50,
        "store": False,
        "stream": True,
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "x = []\n\nWhat is x?"},
            {"role": "assistant", "content": "A list."},
            {"role": "user", "content": "Why??"},
        ],
        "prompt_cache_key": "k",
    }
    assert "prompt_cache_key" not in OpenAiResponses().body(ask(Caching("k")), Abilities(cache_key=False))
    assert "prompt_cache_key" not in OpenAiResponses().body(ask(), Abilities())


def test_what_gemini_is_sent() -> None:
    assert Gemini().body(ask(Caching("k", (0,))), Abilities()) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "x = []\n\nWhat is x?"}]},
            {"role": "model", "parts": [{"text": "A list."}]},
            {"role": "user", "parts": [{"text": "Why??"}]},
        ],
        "generationConfig": {"maxOutputTokens": 50},
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_prompt_without_a_system_message_has_none(dialect: Dialect) -> None:
    body = dialect.body(ask(prompt=Prompt((Part("instruction", "y"),))), Abilities())
    assert not {"system", "instructions", "systemInstruction"} & set(body)


@pytest.mark.parametrize(
    ("dialect", "headers"),
    [
        (Anthropic(), {"x-api-key": "sk", "anthropic-version": "2023-06-01"}),
        (OpenAiResponses(), {"authorization": "Bearer sk"}),
        (Gemini(), {"x-goog-api-key": "sk"}),
    ],
)
def test_the_key_is_in_one_header(dialect: Dialect, headers: dict[str, str]) -> None:
    assert dialect.headers("sk") == headers
    assert "sk" not in dialect.headers("").values()
    assert not any("Bearer" in value for value in dialect.headers("").values())


@pytest.mark.parametrize(
    ("model", "step"),
    [
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("../../v1/files", "..%2F..%2Fv1%2Ffiles"),
        ("a?key=b#c", "a%3Fkey%3Db%23c"),
        ("a b\n", "a%20b%0A"),
        ("%2e%2e", "%252e%252e"),
        ("\ud83d", "%3F"),
    ],
)
def test_a_models_name_is_one_step_of_the_path(model: str, step: str) -> None:
    assert Gemini().path(model) == f"/models/{step}:streamGenerateContent?alt=sse"


@given(st.text())
def test_no_models_name_leaves_its_place(model: str) -> None:
    path = Gemini().path(model)
    assert path.isascii()
    assert (path.count("/"), path.count("?"), path.count("#")) == (2, 1, 0)
    assert path.endswith(":streamGenerateContent?alt=sse")


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        (Anthropic(), "messages.0.content.0.cache_control: Extra inputs are not permitted"),
        (OpenAiResponses(), "Unknown parameter: 'prompt_cache_key'"),
    ],
)
def test_what_is_refused_is_left_out_the_next_time(dialect: Dialect, said: str) -> None:
    learnt = dialect.learn(said, Abilities())
    assert learnt == Abilities(cache_key=False)
    assert dialect.learn(said, learnt) is None
    assert dialect.learn("no such model", Abilities()) is None
    caching = Caching("k", (0, 1))
    assert "cache" not in json.dumps(dialect.body(ask(caching), learnt))


def test_there_is_nothing_that_gemini_need_not_be_sent() -> None:
    assert Gemini().learn('Unknown name "maxOutputTokens"', Abilities()) is None


def heard(dialect: Dialect, *values: dict[str, Any]) -> tuple[Reader, list[Event]]:
    reader = dialect.reader()
    return reader, [event for value in values for event in reader.read("", value)]


SAID: dict[str, dict[str, Any]] = {
    "anthropic": {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "x" * 1000}},
    "responses": {"type": "response.output_text.delta", "delta": "x" * 1000},
    "gemini": {"candidates": [{"content": {"parts": [{"text": "x" * 1000}]}}], "modelVersion": "m-1"},
}


def test_anthropics_last_message_ends_its_stream() -> None:
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    more = {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 9}}
    reader, _ = heard(Anthropic(), end, more)
    assert (reader.reason, reader.ended) == ("stop", False)
    assert reader.read("message_stop", {}) == []
    assert reader.ended


def test_the_terminal_event_ends_a_stream_of_responses() -> None:
    created = {"type": "response.created", "response": {"model": "m-1"}}
    reader, _ = heard(OpenAiResponses(), created)
    assert (reader.reason, reader.ended) == ("", False)
    assert reader.read("", {"type": "response.completed", "response": {}}) == []
    assert (reader.reason, reader.model, reader.ended) == ("stop", "m-1", True)


def test_no_message_of_geminis_is_known_to_be_the_last() -> None:
    end = {"candidates": [{"finishReason": "STOP"}]}
    reader, _ = heard(Gemini(), SAID["gemini"], end)
    assert (reader.reason, reader.model, reader.ended) == ("stop", "m-1", False)


def test_a_second_answer_of_geminis_is_billed_and_nothing_else() -> None:
    second = {"index": 1, "content": {"parts": [{"text": "no"}]}, "finishReason": "MAX_TOKENS"}
    reader, events = heard(Gemini(), {"candidates": [{"index": 0, "finishReason": "STOP"}, second]})
    assert (reader.reason, events) == ("stop", [Delta("no", "other")])


@pytest.mark.parametrize("word", ["SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST", "RECITATION"])
def test_geminis_filter_has_many_words(word: str) -> None:
    assert heard(Gemini(), {"candidates": [{"finishReason": word}]})[0].reason == "filtered"


@pytest.mark.parametrize(
    ("dialect", "said", "end"),
    [
        (
            Anthropic(),
            SAID["anthropic"],
            {"type": "message_delta", "usage": {"input_tokens": 9, "output_tokens": 1}},
        ),
        (
            OpenAiResponses(),
            SAID["responses"],
            {"type": "response.completed", "response": {"usage": {"input_tokens": 9, "output_tokens": 1}}},
        ),
        (Gemini(), SAID["gemini"], {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1}}),
    ],
)
def test_who_counts_less_than_came_has_miscounted(dialect: Dialect, said: dict[str, Any], end: dict[str, Any]) -> None:
    assert heard(dialect, said, end)[1][-1] == Report(None)
    assert heard(dialect, end)[1] == [Report(Usage(9, 1))]


def test_an_error_without_a_type_is_one() -> None:
    for dialect in (OpenAiChat(), OpenAiResponses(), Gemini()):
        with pytest.raises(Complaint) as caught:
            heard(dialect, {"error": {"message": "no"}})
        assert json.loads(caught.value.body) == {"error": {"message": "no"}}


TYPES = (
    "message_start content_block_start content_block_delta message_delta message_stop error response.created "
    "response.output_text.delta response.refusal.delta response.custom.delta response.completed response.incomplete "
    "response.failed text_delta"
).split()
NAMES = (
    "type message model usage content_block delta text thinking partial_json name stop_reason input_tokens "
    "output_tokens response incomplete_details reason error candidates content parts thought functionCall finishReason "
    "promptFeedback blockReason usageMetadata promptTokenCount candidatesTokenCount modelVersion index choices "
    "finish_reason"
).split()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from(TYPES) | st.text(max_size=3) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=30,
)
MESSAGES = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)


@given(st.sampled_from(DIALECTS), st.lists(st.tuples(st.sampled_from(["", *TYPES]), MESSAGES), max_size=6))
def test_no_message_breaks_a_reader(dialect: Dialect, values: list[tuple[str, dict[str, Any]]]) -> None:
    reader = dialect.reader()
    try:
        events = [event for name, value in values for event in reader.read(name, value)]
    except Complaint as exc:
        assert isinstance(json.loads(exc.body), dict)
        return
    for event in events:
        assert isinstance(event, Delta | Report)
        assert not isinstance(event, Delta) or event.text.encode()  # not empty, and writable
    assert len(reader.model) <= 200
    assert (reader.model + reader.reason).encode() is not None
