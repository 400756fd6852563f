"""Completion by a real server: llama-cpp-python's own, which speaks OpenAI's completions."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from farthing.backends.base import FimRequest, Finish, Piece
from farthing.backends.remote.backend import RemoteBackend
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
