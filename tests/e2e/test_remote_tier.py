"""Completion and conversation by a real server: llama-cpp-python's own, which speaks OpenAI's completions."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from farthing.backends.base import FimRequest, Finish, Piece
from farthing.backends.chat import NO_HINTS, ChatRequest, Delta, End, Event, Hints, Part, Prompt, Report
from farthing.backends.remote.backend import RemoteBackend
from farthing.backends.remote.chat import RemoteChat
from farthing.backends.remote.link import Patience
from farthing.errors import RemoteRefused
from farthing.settings import RemoteSettings
from tests.conftest import SMALL_MODEL
from tests.support import llama_cpp_server

pytestmark = pytest.mark.model

KEY = "team-key"
CONTEXT = 1024
PREFIX = "def fibonacci(n):\n    if n < 2:\n        return "
SUFFIX = "\n    return fibonacci(n - 1) + fibonacci(n - 2)\n"


@pytest.fixture(scope="module")
def url(real_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the real model and a small context."""
    model = next(real_models.glob(f"**/{SMALL_MODEL}*.gguf"))
    log = tmp_path_factory.mktemp("server") / "server.log"
    with llama_cpp_server.serving(model, log, "--n_ctx", str(CONTEXT), "--api_key", KEY) as address:
        yield address


@pytest.fixture
async def backend(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RemoteBackend]:
    """A client that has the key."""
    monkeypatch.setenv("TEAM_KEY", KEY)
    settings = RemoteSettings(url, api_key_env="TEAM_KEY")
    async with contextlib.aclosing(RemoteBackend(settings, patience=Patience(20, 120, 120))) as ours:
        yield ours


async def _answer(backend: RemoteBackend, request: FimRequest) -> tuple[str, Finish]:
    text = ""
    async with contextlib.aclosing(backend.stream(request)) as events:
        async for event in events:
            if isinstance(event, Finish):
                return text, event
            text += event.text
    raise AssertionError("the stream ended without a Finish")


async def test_it_fills_in_the_middle(backend: RemoteBackend) -> None:
    assert SMALL_MODEL in await backend.describe()
    text, finish = await _answer(backend, FimRequest("a.py", "", PREFIX, SUFFIX, 8))
    assert text.startswith(("1", "n"))
    assert "<|" not in text
    assert 0 < finish.usage.output <= 8


async def test_a_stream_that_is_closed_frees_the_server(backend: RemoteBackend) -> None:
    async with contextlib.aclosing(backend.stream(FimRequest("a.py", "", PREFIX, SUFFIX, 900))) as events:
        assert isinstance(await anext(events), Piece)
    text, finish = await _answer(backend, FimRequest("a.py", "", PREFIX, SUFFIX, 4))
    assert text
    assert finish.reason == "length"


async def test_a_prompt_beyond_the_context_is_cut_until_it_fits(backend: RemoteBackend) -> None:
    long = "".join(f"value_{number} = {number}\n" for number in range(2 * CONTEXT // 8))
    text, _ = await _answer(backend, FimRequest("a.py", "", long + "value_", "", 4))
    assert text


async def test_without_the_key_it_says_so(url: str) -> None:
    async with contextlib.aclosing(RemoteBackend(RemoteSettings(url))) as ours:
        with pytest.raises(RemoteRefused, match="wants a key"):
            await anext(ours.stream(FimRequest("a.py", "", PREFIX, SUFFIX, 4)))


@pytest.fixture
async def chat(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RemoteChat]:
    """A partner of conversations that has the key."""
    monkeypatch.setenv("TEAM_KEY", KEY)
    settings = RemoteSettings(url, api_key_env="TEAM_KEY")
    async with contextlib.aclosing(RemoteChat(settings, "/workspace", Patience(20, 120, 120))) as ours:
        yield ours


async def _said(chat: RemoteChat, text: str, hints: Hints = NO_HINTS) -> tuple[str, list[Event]]:
    about = await chat.about()
    request = ChatRequest(about.model, Prompt((Part("instruction", text),)), 60, hints)
    async with contextlib.aclosing(chat.stream(request)) as found:
        events = [event async for event in found]
    return "".join(event.text for event in events if isinstance(event, Delta)), events


async def test_it_converses(chat: RemoteChat) -> None:
    text, events = await _said(chat, "What is the capital of France? One word.")
    assert "Paris" in text
    assert isinstance(events[-1], End) and events[-1].reason == "stop"
    reports = [event.usage for event in events if isinstance(event, Report)]
    assert not reports or (reports[-1] and reports[-1].input > 5 and reports[-1].output > 0)


async def test_it_gives_code_without_what_it_says_around_it(chat: RemoteChat) -> None:
    hints = Hints("c", "```python\n", ("\n```",))
    text, _ = await _said(chat, "Write a Python function add(a, b) in one code block, nothing else.", hints)
    assert text.startswith("def add(a, b)") and "```" not in text


async def test_a_conversation_beyond_the_context_is_one_line(chat: RemoteChat) -> None:
    with pytest.raises(RemoteRefused, match="it may be more than it can read") as caught:
        await _said(chat, "word " * 2 * CONTEXT)
    assert "\n" not in str(caught.value)
