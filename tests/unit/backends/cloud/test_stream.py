"""A provider's stream, against a server that says what it is told to; in the dialect of chat completions."""

import asyncio
import contextlib
import dataclasses
import itertools
import json
import logging
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.chat import ChatRequest, Delta, End, Event, Part, Prompt, Report
from farthing.backends.cloud.abilities import Memory
from farthing.backends.cloud.door import Patience
from farthing.backends.cloud.endpoint import Endpoint, parse
from farthing.backends.cloud.openai_chat import OpenAiChat, Reader
from farthing.backends.cloud.providers import Kind, Provider
from farthing.backends.cloud.stream import CloudChat
from farthing.errors import CloudBusy, CloudError, CloudGarbled, CloudRefused, CloudUnavailable, SettingsError
from farthing.ledger.model import Usage
from tests.support.fake_remote import CUT, HOLD, FakeRemote, Reply, events, reply

KEY = "sk-never-to-be-seen"  # no key of anything
ASK = ChatRequest(
    "m", Prompt((Part("system", "Be brief.", "system"), Part("files", "x"), Part("instruction", "y"))), 50
)
PATH = "/v1/chat/completions"
SOON = Patience(connect=20, first=20, next=20, whole=60, after_end=20)
USAGE = {"prompt_tokens": 9, "completion_tokens": 3}


def chunk(text: str = "", reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"model": "m-2026", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}], **more}


def stream(*messages: object) -> Reply:
    return Reply(events(*messages), type="text/event-stream")


GOOD = stream(chunk("Hal"), chunk("lo"), chunk(reason="stop"), {"choices": [], "usage": USAGE}, "[DONE]")


def chat(provider: Provider, key: str = KEY, patience: Patience = SOON) -> CloudChat:
    return CloudChat(provider, key, OpenAiChat(), Memory(), patience)


@contextlib.asynccontextmanager
async def client(
    fake: FakeRemote, patience: Patience = SOON, kind: Kind = "openai", usage: bool = True
) -> AsyncIterator[CloudChat]:
    backend = chat(Provider("work", kind, parse(f"{fake.url}/v1", "url"), "WORK_KEY", {}, usage), KEY, patience)
    try:
        yield backend
    finally:
        await backend.aclose()


async def answer(answered: Reply, patience: Patience = SOON) -> list[Event]:
    async with FakeRemote("openai") as fake, client(fake, patience) as backend:
        fake.replies[PATH] = [answered]
        found = [event async for event in backend.stream(ASK)]
    return [dataclasses.replace(event, headers={}) if isinstance(event, End) else event for event in found]


async def failure(answered: Reply, patience: Patience = SOON) -> CloudError:
    with pytest.raises(CloudError) as caught:
        await answer(answered, patience)
    assert "\n" not in str(caught.value)
    assert caught.value.fix
    assert KEY not in str(caught.value)
    return caught.value


async def test_an_answer_is_streamed_and_counted() -> None:
    assert await answer(GOOD) == [Delta("Hal"), Delta("lo"), Report(Usage(9, 3)), End("stop", "m-2026")]


@pytest.mark.parametrize(("kind", "limit"), [("openai", "max_completion_tokens"), ("openai-compatible", "max_tokens")])
async def test_what_is_sent(kind: Kind, limit: str) -> None:
    async with FakeRemote("openai") as fake, client(fake, kind=kind) as backend:
        fake.replies[PATH] = [GOOD]
        async for _ in backend.stream(ASK):
            pass
    assert fake.bodies == [
        {
            "model": "m",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "x\n\ny"}],
            limit: 50,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    assert fake.headers["authorization"] == f"Bearer {KEY}"
    assert fake.headers["accept-encoding"] == "identity"


async def test_a_server_without_stream_options_is_not_sent_any() -> None:
    async with FakeRemote("openai") as fake, client(fake, usage=False) as backend:
        fake.replies[PATH] = [GOOD]
        async for _ in backend.stream(ASK):
            pass
    assert "stream_options" not in fake.bodies[0]


async def test_the_answers_headers_are_passed_on() -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.replies[PATH] = [dataclasses.replace(GOOD, headers={"X-LiteLLM-Response-Cost": "0.1"})]
        *_, end = [event async for event in backend.stream(ASK)]
    assert isinstance(end, End)
    assert end.headers["x-litellm-response-cost"] == "0.1"


async def test_a_connection_that_was_read_to_its_end_is_used_again() -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.replies[PATH] = [GOOD]
        for _ in range(3):
            assert [event async for event in backend.stream(ASK)]
        assert fake.connections == 1


async def test_whoever_says_more_after_the_end_is_not_listened_to() -> None:
    late = Reply([*GOOD.body, HOLD], type="text/event-stream")
    assert (await answer(late, dataclasses.replace(SOON, rest=0.05)))[-1] == End("stop", "m-2026")


async def test_half_a_pair_of_surrogates_can_be_written_anywhere() -> None:
    cut = [chunk("a\ud83d"), chunk("\ude00b", "\ud800") | {"model": "m\ud800"}, {"choices": [], "usage": USAGE}]
    found = await answer(stream(*map(json.dumps, cut), "[DONE]"))
    assert [event.text for event in found if isinstance(event, Delta)] == ["a?", "?b"]
    assert found[-1] == End("?", "m?")


async def test_thoughts_tools_and_second_answers_are_generated_too() -> None:
    call = {"tool_calls": [{"function": {"name": "rm", "arguments": "{}"}}, 3]}
    choices = [
        {"delta": {"reasoning_content": "hm", "reasoning": "hm", "role": "assistant"}},
        {"index": 1, "delta": {"content": "no"}},
        {"delta": call},
        {"delta": None},
        "?",
    ]
    found = await answer(stream({"choices": choices}, chunk(reason="length"), "[DONE]"))
    assert found == [Delta("hm", "thought"), Delta("no", "other"), Delta("rm{}", "other"), End("length", "m-2026")]


async def test_the_counts_of_a_stream_are_replaced_and_not_added() -> None:
    first = chunk("a", usage={"prompt_tokens": 9, "completion_tokens": 1})
    found = await answer(stream(first, chunk("b", usage=USAGE), chunk("", "stop", usage=USAGE), "[DONE]"))
    assert [each for each in found if isinstance(each, Report)][-1] == Report(Usage(9, 3))


@pytest.mark.parametrize("end", [[CUT], []])
async def test_what_breaks_off_after_the_end_is_whole(end: list[Any]) -> None:
    found = await answer(Reply([*events(chunk("x"), chunk("", "stop")), *end], type="text/event-stream"))
    assert found == [Delta("x"), End("stop", "m-2026")]


async def test_counts_that_never_come_are_not_waited_for() -> None:
    late = Reply([*events(chunk("x", "stop")), HOLD], type="text/event-stream")
    assert await answer(late, Patience(20, 20, 20, 60, after_end=0.05)) == [Delta("x"), End("stop", "m-2026")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ([*events(chunk("x")), CUT], CloudUnavailable),
        ([*events(chunk("x"))], CloudUnavailable),
        ([], CloudUnavailable),
        ([*events(chunk("x"), {"error": {"message": "overloaded"}})], CloudUnavailable),
        ([*events(chunk("x"), "{")], CloudGarbled),
        ([*events("[1]")], CloudGarbled),
        ([b"data: " + b"[" * 100_000 + b"\n\n"], CloudGarbled),
        ([b"<html>\n"], CloudGarbled),
        ([b"data: ", *[b"x" * 100_000] * 20], CloudGarbled),
    ],
)
async def test_what_goes_wrong_in_the_stream_may_be_billed(body: list[Any], kind: type[CloudError]) -> None:
    error = await failure(Reply(body, type="text/event-stream"))
    assert type(error) is kind
    assert not error.unbilled


@pytest.mark.parametrize(
    "answered", [Reply([b"<p>"], type="text/html"), Reply([b"x"], headers={"content-encoding": "gzip"})]
)
async def test_what_is_no_stream_is_garbled(answered: Reply) -> None:
    assert type(await failure(answered)) is CloudGarbled


async def test_refusals_are_translated_and_hide_the_key() -> None:
    error = await failure(reply({"error": {"message": f"wrong key {KEY}"}}, 401))
    assert (type(error), error.unbilled) == (CloudRefused, True)
    assert "wrong key …" in error.message
    error = await failure(reply({"error": {"message": "wait"}}, 429, retry_after_ms="1500"))
    assert (type(error), error.unbilled, error.retry_after) == (CloudBusy, True, 1.5)


@pytest.mark.parametrize("sign", [r"\/", r"\u002f", r"\u002F"])
async def test_a_key_that_json_writes_otherwise_is_hidden_too(sign: str) -> None:
    async with FakeRemote("openai") as fake:
        provider = Provider("work", "openai", parse(f"{fake.url}/v1", "url"), "WORK_KEY", {}, True)
        backend = chat(provider, "sk/with/slashes")
        said = b'{"error": {"message": "no such key: %s"}}' % "sk/with/slashes".replace("/", sign).encode()
        fake.replies[PATH] = [Reply([said], status=400)]
        with pytest.raises(CloudRefused) as caught:
            await anext(backend.stream(ASK))
        await backend.aclose()
    assert "no such key: …" in str(caught.value)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1", "::::"])
def test_a_proxy_that_can_not_be_used_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(SettingsError, match="proxy"):
        chat(Provider("work", "openai", parse("https://api.example.com", "url"), "", {}, True), "")


def test_a_host_name_that_is_none_is_told_before_anything_is_reserved() -> None:
    with pytest.raises(SettingsError, match="host name"):
        chat(Provider("work", "openai", parse("https://xn--zzzzzz-.com", "url"), "", {}, True), "")


async def test_redirects_are_not_followed() -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.replies[PATH] = [Reply([], 307, headers={"location": f"{fake.url}/elsewhere"})]
        with pytest.raises(CloudRefused):
            await anext(backend.stream(ASK))
        assert fake.asked == [PATH]


@pytest.mark.parametrize("status", [429, 500, 529])
async def test_nothing_is_sent_twice(status: int) -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.replies[PATH] = [reply({}, status, retry_after="0")]
        with pytest.raises(CloudError):
            await anext(backend.stream(ASK))
        assert fake.asked == [PATH]


async def test_who_can_not_be_reached_has_billed_nothing() -> None:
    async with FakeRemote("openai") as fake:
        url = fake.url
    backend = chat(Provider("work", "openai", Endpoint(url, False, True), "", {}), "")
    with pytest.raises(CloudUnavailable) as caught:
        await anext(backend.stream(ASK))
    assert caught.value.unbilled
    await backend.aclose()


async def test_who_is_not_who_the_certificate_says_is_not_talked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    client = httpx.AsyncClient

    def made(**values: Any) -> httpx.AsyncClient:
        given.update(values)
        return client(**values)

    async def speaks_no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    monkeypatch.setattr(httpx, "AsyncClient", made)
    async with await asyncio.start_server(speaks_no_tls, "127.0.0.1", 0) as server:
        place = Endpoint(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", True, True)
        backend = chat(Provider("work", "openai", place, "", {}))
        with pytest.raises(CloudUnavailable) as caught:
            await anext(backend.stream(ASK))
        await backend.aclose()
    assert caught.value.unbilled
    context = given["verify"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert given["follow_redirects"] is False
    assert "transport" not in given  # the default one retries nothing


@pytest.mark.parametrize(
    ("patience", "body"),
    [
        (Patience(20, first=0.05), [HOLD]),
        (Patience(20, 20, next=0.05), [*events(chunk("x")), HOLD]),
        (Patience(20, 20, 20, whole=0.05), [*events(chunk("x")), HOLD]),
    ],
)
async def test_nobody_is_waited_for_too_long(patience: Patience, body: list[Any]) -> None:
    error = await failure(Reply(body, type="text/event-stream"), patience)
    assert type(error) is CloudUnavailable
    assert "took longer than 0.05 s" in error.message
    assert not error.unbilled


@pytest.mark.parametrize("way", ["close", "cancel"])
async def test_giving_up_closes_the_connection_at_once(way: str) -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.replies[PATH] = [Reply([*events(chunk("x")), HOLD], type="text/event-stream")]
        answer = backend.stream(ASK)
        assert await anext(answer) == Delta("x")
        await fake.holding.acquire()
        if way == "cancel":
            task = asyncio.ensure_future(anext(answer))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await answer.aclose()
        await asyncio.wait_for(fake.left.acquire(), 20)


async def test_no_log_holds_the_key_or_the_prompt(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await answer(GOOD)
    assert caplog.text
    assert KEY not in caplog.text
    assert "Be brief" not in caplog.text
    assert "Hal" not in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["model", "choices", "delta", "index", "content", "usage", "finish_reason", "tool_calls"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.sampled_from(["model", "choices", "usage"]), JSON)))
def test_no_chunk_breaks_the_reader(chunks: list[dict[str, Any]]) -> None:
    reader = Reader()
    for each in chunks:
        for event in reader.read("", each):
            assert isinstance(event, Report) or (isinstance(event, Delta) and event.text)


@given(st.lists(st.text(min_size=1, max_size=8), max_size=6), st.lists(st.integers(0, 400), max_size=6))
async def test_however_the_bytes_are_cut_the_answer_is_the_same(texts: list[str], cuts: list[int]) -> None:
    data = b"".join(bytes(part) for part in events(*map(chunk, texts), chunk("", "stop"), "[DONE]"))  # type: ignore[arg-type]
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parts = [data[begin:end] for begin, end in itertools.pairwise(places)]
    found = await answer(Reply(parts, type="text/event-stream"))
    assert [event.text for event in found if isinstance(event, Delta)] == texts
