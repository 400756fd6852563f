"""HTTP/2 behind TLS, against a real server with a certificate of an authority of the user's own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from farthing.backends.chat import ChatRequest, Delta, Part, Prompt
from farthing.backends.cloud.abilities import Memory
from farthing.backends.cloud.door import Patience
from farthing.backends.cloud.endpoint import parse
from farthing.backends.cloud.openai_chat import OpenAiChat
from farthing.backends.cloud.providers import Provider
from farthing.backends.cloud.stream import CloudChat
from farthing.errors import CloudError, CloudUnavailable
from tests.support.http2_server import Chunk, Http2Server, proxy

SOON = Patience(connect=20, first=20, next=20, whole=60, after_end=20, rest=20)
ASK = ChatRequest("m", Prompt((Part("instruction", "y"),)), 50)
FIRST = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
LAST = b'data: {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
GOOD: list[Chunk] = [FIRST, LAST, DONE]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.fixture
async def server(authority: trustme.CA) -> AsyncIterator[Http2Server]:
    async with Http2Server(authority) as running:
        running.replies = [GOOD]
        yield running


@contextlib.asynccontextmanager
async def client(url: str) -> AsyncIterator[CloudChat]:
    backend = CloudChat(Provider("work", "openai", parse(url, "url"), "", {}), "", OpenAiChat(), Memory(), SOON)
    try:
        yield backend
    finally:
        await backend.aclose()


@pytest.fixture
async def backend(server: Http2Server, trusted: None) -> AsyncIterator[CloudChat]:
    async with client(f"https://127.0.0.1:{server.port}/v1") as made:
        yield made


async def said(backend: CloudChat) -> str:
    return "".join([event.text async for event in backend.stream(ASK) if isinstance(event, Delta)])


async def test_an_authority_of_the_users_own_is_trusted(server: Http2Server, backend: CloudChat) -> None:
    assert await said(backend) == "ab"
    assert server.connections[0].asked[1]["model"] == "m"


async def test_an_authority_that_nobody_knows_is_not(server: Http2Server) -> None:
    async with client(f"https://127.0.0.1:{server.port}/v1") as backend:
        with pytest.raises(CloudUnavailable, match="certificate of work can't be trusted") as caught:
            await said(backend)
    assert caught.value.unbilled
    assert "SSL_CERT_FILE" in caught.value.fix
    assert not server.connections


async def test_one_connection_is_kept_and_carries_many_streams(server: Http2Server, backend: CloudChat) -> None:
    server.replies = [GOOD, [FIRST, "hold", LAST, DONE], [FIRST, "hold", LAST, DONE], GOOD]
    assert await said(backend) == "ab"
    streams = [asyncio.ensure_future(said(backend)) for _ in range(2)]
    for _ in streams:
        await server.holding.acquire()
    assert await said(backend) == "ab"
    server.released.set()
    assert await asyncio.gather(*streams) == ["ab", "ab"]
    assert [sorted(each.asked) for each in server.connections] == [[1, 3, 5, 7]]


@pytest.mark.parametrize("begun", [True, False])
async def test_what_is_given_up_is_reset_and_nothing_else(server: Http2Server, backend: CloudChat, begun: bool) -> None:
    server.replies = [GOOD, [FIRST, "hold", LAST, DONE], [FIRST, "hold"] if begun else ["hold"]]
    assert await said(backend) == "ab"
    other = asyncio.ensure_future(said(backend))
    await server.holding.acquire()
    given_up = asyncio.ensure_future(said(backend))
    await server.holding.acquire()
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await asyncio.wait_for(server.resets.get(), 20) == (0, 5)
    server.released.set()
    assert await other == "ab"
    server.replies = [GOOD]
    assert await said(backend) == "ab"
    assert len(server.connections) == 1
    assert server.resets.empty()


async def test_many_that_are_given_up_use_nothing_up(server: Http2Server, backend: CloudChat) -> None:
    """More streams than may be open at once, and more bytes than the connection may have unread."""
    rest = b": " + b"x" * 300_000 + b"\n\n"
    server.replies = [[FIRST, rest, "hold"]]
    for _ in range(120):
        answer = backend.stream(ASK)
        assert await anext(answer) == Delta("a")
        await answer.aclose()
        await asyncio.wait_for(server.resets.get(), 20)
    server.replies = [GOOD]
    assert await asyncio.wait_for(said(backend), 20) == "ab"
    assert len(server.connections) == 1


@pytest.mark.parametrize("politely", [True, False])
async def test_a_connection_that_was_closed_meanwhile_is_replaced(
    server: Http2Server, backend: CloudChat, politely: bool
) -> None:
    assert await said(backend) == "ab"
    if politely:
        server.connections[0].leave(1)
    else:
        server.connections[0].writer.transport.abort()
        await server.connections[0].ended.wait()
    assert await said(backend) == "ab"
    assert [len(each.asked) for each in server.connections] == [1, 1]


async def test_an_unused_connection_that_has_something_to_say_is_kept(server: Http2Server, backend: CloudChat) -> None:
    assert await said(backend) == "ab"
    server.connections[0].state.ping(b"are you ")
    server.connections[0].flush()
    await server.connections[0].writer.drain()
    assert await said(backend) == "ab"
    assert len(server.connections) == 1


async def test_what_the_server_did_not_look_at_is_free_and_not_sent_again(
    server: Http2Server, backend: CloudChat
) -> None:
    server.replies = [["hold"]]
    asking = asyncio.ensure_future(said(backend))
    await server.holding.acquire()
    server.connections[0].leave(0, close=False)
    with pytest.raises(CloudError) as caught:
        await asking
    assert [len(each.asked) for each in server.connections] == [1]
    server.replies = [GOOD]
    assert await said(backend) == "ab"
    assert [len(each.asked) for each in server.connections] == [1, 1]
    assert not caught.value.unbilled  # last_stream_id 0 is what those say, too, who just go


async def test_streams_above_the_last_one_were_not_looked_at(server: Http2Server, backend: CloudChat) -> None:
    server.replies = [GOOD, ["hold"]]
    assert await said(backend) == "ab"
    asking = asyncio.ensure_future(said(backend))
    await server.holding.acquire()
    server.connections[0].leave(1, close=False)
    with pytest.raises(CloudUnavailable) as caught:
        await asking
    assert caught.value.unbilled
    assert [len(each.asked) for each in server.connections] == [2]


@pytest.mark.parametrize("parts", [[FIRST, "reset"], ["reset"], ["refuse"]])
async def test_a_stream_that_the_server_resets_has_failed(
    server: Http2Server, backend: CloudChat, parts: list[Chunk]
) -> None:
    server.replies = [parts, GOOD]
    with pytest.raises(CloudUnavailable, match="broke the connection off"):
        await said(backend)
    assert await said(backend) == "ab"
    assert len(server.connections) == 1


async def test_an_answer_that_breaks_the_protocol_is_an_error(server: Http2Server, backend: CloudChat) -> None:
    server.replies = [[FIRST, "hold"]]
    answer = backend.stream(ASK)
    assert await anext(answer) == Delta("a")
    server.connections[0].writer.write(b"\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00")  # data of stream 0
    with pytest.raises(CloudUnavailable, match="broke the connection off"):
        await anext(answer)


async def test_the_way_through_a_proxy(authority: trustme.CA, trusted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Http2Server(authority, "provider.test") as server, proxy(server.port) as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        server.replies = [GOOD]
        async with client("https://provider.test/v1") as backend:
            assert [await said(backend) for _ in range(2)] == ["ab", "ab"]
        assert asked == ["CONNECT provider.test:443 HTTP/1.1"]
        assert len(server.connections) == 1


async def test_nothing_on_this_machine_is_asked_by_a_proxy(
    server: Http2Server, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(server.port) as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        async with client(f"https://127.0.0.1:{server.port}/v1") as backend:
            assert await said(backend) == "ab"
        assert not asked
