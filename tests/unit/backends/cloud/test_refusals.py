"""What a provider that refuses is understood to say."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.cloud.refusals import AGAIN, SAID, delay, refusal, words
from farthing.errors import CloudBusy, CloudError, CloudRefused, CloudUnavailable

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
BODIES = st.recursive(
    st.text() | st.none() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "message", "detail", "code"]), inner),
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
    said, codes = words(body)
    assert len(said) <= SAID
    assert said.isprintable()
    assert len(codes) <= SAID
