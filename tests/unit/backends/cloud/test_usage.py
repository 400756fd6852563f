"""Reading what a provider says that it counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.chat import Report
from farthing.backends.cloud.usage import Counts, Read, anthropic, chat, gemini, responses
from farthing.ledger.model import Usage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
READERS: tuple[Read, ...] = (chat, responses, anthropic, gemini)
FIELDS = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
    "prompt_cache_hit_tokens",
    "input_tokens",
    "output_tokens",
    "input_tokens_details",
    "output_tokens_details",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
    "cachedContentTokenCount",
    "totalTokenCount",
)
INNER = ("cached_tokens", "cache_write_tokens", "reasoning_tokens", "thinking_tokens", "ephemeral_1h_input_tokens")
NUMBERS = st.integers(-2, 300) | st.none()
VALUES = NUMBERS | st.dictionaries(st.sampled_from(INNER), NUMBERS, max_size=3) | JSON
COUNTS = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES))
NAMES = ("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details")


def said(input: Any, output: Any, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": input, "completion_tokens": output} | more


def test_what_is_cached_and_reasoned_is_part_of_the_whole() -> None:
    details: dict[str, Any] = {
        "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    assert chat(said(100, 20, total_tokens=120, **details)) == Usage(100, 20, cached=60, reasoning=5)


def test_reasoning_that_only_the_total_has_is_output() -> None:
    # 10 are said, 90 were thought beside them.
    usage = chat(said(100, 10, total_tokens=200, completion_tokens_details={"reasoning_tokens": 90}))
    assert usage == Usage(100, 100, reasoning=90)


def test_nulls_and_whole_floats_are_taken() -> None:
    assert chat(said(3.0, 1, total_tokens=None, prompt_tokens_details=None)) == Usage(3, 1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "12",
        {},
        said(5, None),
        said(-1, 5),
        said(5, -1),
        said(5, True),
        said("5", 5),
        said(1.5, 5),
        said(float("inf"), 5),
        said(10**10, 5),
        said(5, 10**12),
        said(50, 50, total_tokens=99),
        said(5, 5, prompt_tokens_details={"cached_tokens": 6}),
        said(5, 5, completion_tokens_details={"reasoning_tokens": 6}),
    ],
)
def test_nonsense_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        chat(value)


@given(st.dictionaries(st.sampled_from(NAMES), JSON | st.integers(0, 1000)))
def test_whatever_is_said_is_refused_or_makes_sense(value: dict[str, Any]) -> None:
    try:
        usage = chat(value)
    except ValueError:
        return
    assert 0 <= usage.cached <= usage.input == value["prompt_tokens"]
    assert 0 <= usage.reasoning <= usage.output
    assert usage.output >= value["completion_tokens"]


def test_compatible_servers_have_the_cache_in_several_places() -> None:
    assert chat(said(100, 20, prompt_cache_hit_tokens=64, prompt_cache_miss_tokens=36)) == Usage(100, 20, cached=64)
    litellm = said(100, 20, cache_read_input_tokens=50, cache_creation_input_tokens=40)
    assert chat(litellm) == Usage(100, 20, cached=50, cache_write=40)
    both = said(
        100, 20, prompt_tokens_details={"cached_tokens": 0, "cache_write_tokens": 90}, prompt_cache_hit_tokens=9
    )
    assert chat(both) == Usage(100, 20, cache_write=90)


def test_responses_are_counted_as_chat_is() -> None:
    counts = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 12},
        "total_tokens": 120,
    }
    assert responses(counts) == Usage(100, 20, 60, 30, 12)


@pytest.mark.parametrize(
    "write", [{"cache_creation_input_tokens": 30}, {"cache_creation": {"ephemeral_1h_input_tokens": 30}}]
)
def test_what_anthropic_caches_is_beside_its_input(write: dict[str, Any]) -> None:
    counts = {"input_tokens": 10, "cache_read_input_tokens": 60, "output_tokens": 20} | write
    counts["output_tokens_details"] = {"thinking_tokens": 12}
    assert anthropic(counts) == Usage(100, 20, 60, 30, 12)


def test_what_gemini_thinks_is_beside_what_it_says() -> None:
    counts = {"promptTokenCount": 90, "toolUsePromptTokenCount": 10, "cachedContentTokenCount": 60}
    counts |= {"candidatesTokenCount": 8, "thoughtsTokenCount": 12, "totalTokenCount": 120}
    assert gemini(counts) == Usage(100, 20, 60, 0, 12)


def test_gemini_need_not_give_a_total() -> None:
    assert gemini({"promptTokenCount": 100, "candidatesTokenCount": 8, "thoughtsTokenCount": 12}) == Usage(
        100, 20, reasoning=12
    )


def test_what_only_geminis_total_has_was_thought() -> None:
    assert gemini({"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 150}) == Usage(100, 50)


@pytest.mark.parametrize(
    ("read", "counts"),
    [
        (anthropic, {"input_tokens": -5, "cache_read_input_tokens": 10, "output_tokens": 1}),
        (anthropic, {"input_tokens": 5, "cache_read_input_tokens": -1, "output_tokens": 1}),
        (anthropic, {"input_tokens": 5}),
        (responses, {"input_tokens": 5, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 6}}),
        (responses, {"input_tokens": 5, "output_tokens": 1, "total_tokens": 3}),
        (gemini, {"promptTokenCount": -1, "toolUsePromptTokenCount": 5}),
        (gemini, {"promptTokenCount": 5, "candidatesTokenCount": -2, "thoughtsTokenCount": 4}),
        (gemini, {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 6}),
        (gemini, {"candidatesTokenCount": 2}),
        (anthropic, {"input_tokens": 5, "cache_creation_input_tokens": -1, "output_tokens": 1}),
    ],
)
def test_every_kind_has_nonsense_of_its_own(read: Read, counts: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read(counts)


@given(COUNTS, st.sampled_from(READERS))
def test_every_kind_makes_sense_or_is_refused(value: dict[str, Any], read: Read) -> None:
    try:
        usage = read(value)
    except ValueError:
        return
    assert usage.cached + usage.cache_write <= usage.input
    assert usage.reasoning <= usage.output


@given(st.lists(COUNTS, min_size=1), st.sampled_from(READERS))
def test_no_kind_says_less_than_before_and_nonsense_spoils(values: list[dict[str, Any]], read: Read) -> None:
    counts, last, spoilt = Counts(read), Usage(0, 0), False
    for value in values:
        usage = counts.report(value).usage
        if usage is None:
            spoilt = True
        else:
            assert not spoilt
            assert usage.input >= last.input
            assert usage.output >= last.output
            last = usage


def test_the_last_report_counts_and_none_is_added() -> None:
    counts = Counts()
    for output in (5, 9, 9):
        counts.generated("x" * 4)
        assert counts.report(said(7, output)) == Report(Usage(7, output))


@pytest.mark.parametrize("second", [said(7, 8), said(6, 9), said(7, -9), None])
def test_what_shrinks_or_is_nonsense_spoils_all_that_follows(second: object) -> None:
    counts = Counts()
    counts.report(said(7, 9))
    assert counts.report(second) == Report(None)
    assert counts.report(said(7, 10)) == Report(None)


@pytest.mark.parametrize("value", [said(0, 9), said(7, 0)])
def test_less_than_what_was_sent_and_came_is_nonsense(value: object) -> None:
    counts = Counts()
    counts.generated("some text")
    assert counts.report(value) == Report(None)


@given(st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30)), min_size=1))
def test_a_report_never_says_less_than_one_before(pairs: list[tuple[int, int]]) -> None:
    counts, most = Counts(), (0, 0)
    for pair in pairs:
        usage = counts.report(said(*pair)).usage
        if usage is not None:
            assert usage == Usage(*pair)
            assert usage.input >= most[0]
            assert usage.output >= most[1]
            most = pair
