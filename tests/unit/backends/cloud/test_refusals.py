"""What a provider that refuses is understood to say."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.cloud.refusals import AGAIN, READ, SAID, complaint, delay, refusal, understood
from farthing.errors import CloudBusy, CloudError, CloudFiltered, CloudRefused, CloudTooLong, CloudUnavailable

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
BODIES = st.recursive(
    st.text() | st.none() | st.integers(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["error", "message", "detail", "code", "details", "violations"]), inner)
    ),
)


def error(message: str, code: str = "") -> bytes:
    return json.dumps({"error": {"message": message, "code": code, "type": None}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "unbilled", "said"),
    [
        (307, b"", CloudRefused, True, "elsewhere"),
        (401, error("no"), CloudRefused, True, "does not take the key (401): no"),
        (402, b"", CloudRefused, True, "no money"),
        (404, error("no such model"), CloudRefused, True, "(404): no such model"),
        (422, b"<html>", CloudRefused, True, "(422)"),
        (429, b"", CloudBusy, True, "too much to do (429)"),
        (529, error("Overloaded"), CloudBusy, True, "(529): Overloaded"),
        (503, b'{"detail": "later"}', CloudBusy, True, "(503): later"),
        (500, b"", CloudBusy, False, "failed (500)"),
        (504, b"", CloudBusy, False, "failed (504)"),
        (204, b"", CloudUnavailable, False, "status 204"),
    ],
)
def test_a_status_is_one_line_and_known_to_bill_or_not(
    status: int, body: bytes, kind: type[CloudError], unbilled: bool, said: str
) -> None:
    found = refusal("work", status, {}, body)
    assert type(found) is kind
    assert found.unbilled is unbilled
    assert said in found.message
    assert found.fix
    assert found.retry_after is None  # nobody said so


@pytest.mark.parametrize(
    ("body", "terminal"),
    [
        (error("You exceeded your current quota, please check your plan", "insufficient_quota"), True),
        (error("Budget has been exceeded! Current cost: 1", "budget_exceeded"), True),
        (b'{"error": "insufficient balance"}', True),
        (error("Rate limit reached. You can add a payment method at /account/billing", "rate_limit_exceeded"), False),
    ],
)
def test_a_quota_is_never_asked_again(body: bytes, terminal: bool) -> None:
    found = refusal("work", 429, {"retry-after": "1"}, body)
    assert isinstance(found, CloudRefused) is terminal
    assert found.retry_after == (None if terminal else 1.0)


def test_a_failure_that_may_bill_is_asked_again_only_where_that_is_wanted() -> None:
    assert refusal("work", 500, {"retry-after": "1"}, b"").retry_after is None
    assert refusal("work", 500, {"retry-after": "1", "x-should-retry": "true"}, b"").retry_after == 1.0


def test_a_server_without_stream_options_is_told_how_to_be_set_up() -> None:
    found = refusal("work", 400, {}, error("Unrecognized request argument supplied: stream_options"))
    assert found.fix == "Set include_usage = false in cloud.work"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:09 GMT"}, 9.0),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"x-should-retry": "true"}, AGAIN),
        ({"x-should-retry": "false", "retry-after": "7"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_when_to_ask_again(headers: dict[str, str], seconds: float | None) -> None:
    assert delay(headers, NOW) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x-should-retry"]), st.text()))
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    found = delay(headers, NOW)
    assert found is None or found >= 0


@given(st.binary() | BODIES.map(lambda value: json.dumps(value).encode()))
def test_words_are_short_and_on_one_line(body: bytes) -> None:
    found = understood(body)
    assert len(found.said) <= SAID
    assert found.said.isprintable()
    assert len(found.text) <= 2 * READ + 1
    assert found.retry is None or found.retry >= 0


@given(st.binary() | BODIES.map(lambda value: json.dumps(value).encode()), st.integers(100, 599))
def test_whatever_is_said_is_one_line_with_a_way_out(body: bytes, status: int) -> None:
    for found in (refusal("work", status, {}, body, NOW), complaint("work", body)):
        assert found.message.isprintable()
        assert found.fix
        assert found.retry_after is None


def google(message: str, code: int = 429, status: str = "RESOURCE_EXHAUSTED", **details: object) -> bytes:
    """An error of Google's, with details by the last part of their type."""
    typed = [{"@type": f"type.googleapis.com/google.rpc.{name}"} | dict(each) for name, each in details.items()]  # type: ignore[call-overload]
    return json.dumps([{"error": {"code": code, "message": message, "status": status, "details": typed}}]).encode()


QUOTA = "You exceeded your current quota, please check your plan and billing details."
MINUTE = {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}
DAY = {"violations": [*MINUTE["violations"], {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        (google(QUOTA, QuotaFailure=MINUTE, RetryInfo={"retryDelay": "47s"}), 47.0),
        (google(QUOTA, RetryInfo={"retryDelay": "8.268544852s"}), 8.268544852),
        (google("Resource exhausted. Please try again later."), None),
        (google("x", RetryInfo={"retryDelay": "soon"}), None),
        (google("x", RetryInfo={"retryDelay": "-3s"}), None),
    ],
)
def test_google_names_the_delay_in_its_body(body: bytes, wait: float | None) -> None:
    found = refusal("g", 429, {}, body)
    assert type(found) is CloudBusy
    assert found.retry_after == wait


@pytest.mark.parametrize(
    "body",
    [
        google(QUOTA, QuotaFailure=DAY, RetryInfo={"retryDelay": "47s"}),
        google(f"{QUOTA} * Quota exceeded for metric: x, limit: 0, model: m", RetryInfo={"retryDelay": "1s"}),
        google(QUOTA),
        google("Your prepayment credits are depleted."),
        google("Your project has exceeded its monthly spending cap."),
    ],
)
def test_googles_quota_of_a_day_is_not_waited_for(body: bytes) -> None:
    found = refusal("g", 429, {"retry-after": "1"}, body)
    assert type(found) is CloudRefused
    assert "no money or quota" in found.message
    assert found.retry_after is None


def test_headers_come_before_the_body_and_may_forbid_to_ask_again() -> None:
    body = google("x", RetryInfo={"retryDelay": "9s"})
    assert refusal("g", 429, {"retry-after": "2"}, body).retry_after == 2.0
    assert refusal("g", 429, {"x-should-retry": "false"}, body).retry_after is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("Your credit balance is too low to access the Anthropic API.", "")),
        (400, error("You have reached your specified API usage limits.", "")),
        (429, error("Rate limit exceeded: free-models-per-day", "429")),
        (403, error("no", "billing_error")),
    ],
)
def test_no_money_has_many_names(status: int, body: bytes) -> None:
    found = refusal("w", status, {"retry-after": "1", "x-should-retry": "true"}, body)
    assert type(found) is CloudRefused
    assert "no money or quota" in found.message
    assert (found.unbilled, found.retry_after) == (True, None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("Budget has been exceeded! Team=1", "400")),
        (400, error("ExceededBudget: End User=me over budget. Spend=1", "")),
        (429, error("LiteLLM User: me, exceeded budget for model=m", "429")),
        (429, json.dumps({"error": {"message": "no", "type": "budget_exceeded"}}).encode()),
        (422, json.dumps({"error": {"message": "no", "type": "budget_exceeded", "code": "422"}}).encode()),
    ],
)
def test_a_teams_budget_that_is_used_up_is_final(status: int, body: bytes) -> None:
    found = refusal("team", status, {"retry-after": "1", "x-should-retry": "true"}, body)
    assert type(found) is CloudRefused
    assert found.message.startswith("the budget at team is used up: ")
    assert found.fix == "Ask whoever runs the gateway for more, or go on locally"
    assert (found.unbilled, found.retry_after) == (True, None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("prompt is too long: 208310 tokens > 200000 maximum")),
        (400, error("input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000")),
        (413, error("Request exceeds the maximum size")),
        (400, error("no", "context_length_exceeded")),
        (400, error("This model's maximum context length is 8191 tokens, however you requested 8238")),
        (400, error("Your input exceeds the context window of this model.")),
        (400, google("The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).", 400)),
        (500, error("the request exceeds the available context size.", "exceed_context_size_error")),
        (400, error("Requested tokens (2285) exceed context window of 2048")),
        (400, error("litellm.ContextWindowExceededError: litellm.BadRequestError: x")),
        (400, b'{"object": "error", "message": "This model\'s maximum context length is 9 tokens."}'),
        (429, error("Request too large for m on tokens per min (TPM): Limit 30000, Requested 33000.", "tokens")),
    ],
)
def test_a_prompt_that_is_too_long_has_many_names(status: int, body: bytes) -> None:
    found = refusal("w", status, {"retry-after": "1"}, body)
    assert type(found) is CloudTooLong
    assert (found.unbilled, found.retry_after) == (True, None)


@pytest.mark.parametrize(
    ("status", "body", "unbilled"),
    [
        (400, error("Output blocked by content filtering policy"), False),
        (400, error("The response was filtered due to the prompt triggering …", "content_filter"), True),
        (400, error("Your prompt was flagged as potentially violating our usage policy.", "invalid_prompt"), True),
        (403, error("Your chosen model requires moderation and your input was flagged"), True),
        (400, error("litellm.ContentPolicyViolationError: x"), True),
        (400, google("blocked", 400, "PROHIBITED_CONTENT"), True),
        (500, error("no", "content_filter"), False),
    ],
)
def test_a_filter_has_many_names(status: int, body: bytes, unbilled: bool) -> None:
    found = refusal("w", status, {}, body)
    assert type(found) is CloudFiltered
    assert found.unbilled is unbilled


def test_who_is_busy_has_filtered_nothing() -> None:
    assert type(refusal("w", 429, {}, error("Slow down, as our usage policy says."))) is CloudBusy


def test_a_key_that_google_does_not_know_is_one_of_the_key() -> None:
    body = google("API key not valid. Please pass a valid API key.", 400, "INVALID_ARGUMENT")
    assert "does not take the key" in refusal("g", 400, {}, body).message


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}', CloudUnavailable),
        (error("no", "context_length_exceeded"), CloudTooLong),
        (error("Output blocked by content filtering policy"), CloudFiltered),
        (error("no", "insufficient_quota"), CloudRefused),
        (b"", CloudUnavailable),
    ],
)
def test_what_is_said_within_a_stream_may_be_billed(body: bytes, kind: type[CloudError]) -> None:
    found = complaint("w", body)
    assert type(found) is kind
    assert (found.unbilled, found.retry_after) == (False, None)
