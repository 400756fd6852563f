"""The engine as a partner of a conversation."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from farthing.backends import local
from farthing.backends.chat import ChatRequest, Delta, End, Event, Hints, Part, Prompt, Report
from farthing.backends.local import LocalBackend
from farthing.backends.local_chat import LocalChat
from farthing.engine import wire
from farthing.errors import EngineCrashed, EngineError, ModelUnusable
from farthing.ledger.model import Usage
from tests.support.fake_engine import FakeEngine, fake_engine

PROMPT = Prompt((Part("system", "s", "system"), Part("files", "f"), Part("instruction", "i")))


def request(**hints: Any) -> ChatRequest:
    return ChatRequest("m.gguf", PROMPT, 99, Hints(**hints))


@pytest.fixture
async def chat() -> AsyncIterator[LocalChat]:
    backend = LocalBackend()
    yield LocalChat(backend)
    await backend.aclose()


async def all_of(chat: LocalChat, asked: ChatRequest) -> Sequence[Event]:
    return [event async for event in chat.stream(asked)]


async def test_the_answer_comes_with_what_it_took(chat: LocalChat, farthing_home: Path) -> None:
    with fake_engine(farthing_home, "hello") as engine:
        events = await all_of(chat, request(conversation="c", start="<", stop=(">", "!"), draft="hell"))
        (asked,) = engine.requests
    assert events == [Report(Usage(10, 0, 4)), Delta("hello"), Report(Usage(10, 3, 4)), End("stop", "m.gguf")]
    del asked["id"], asked["op"]
    assert asked == {
        "document": "c",
        "model": "m.gguf",
        "messages": [["system", "s"], ["user", "f\n\ni"]],
        "max_tokens": 99,
        "start": "<",
        "stop": [">", "!"],
        "draft": "hell",
        "urgency": "chat",
    }


async def test_what_belongs_to_no_conversation_supersedes_nothing(chat: LocalChat, farthing_home: Path) -> None:
    with fake_engine(farthing_home) as engine:
        await all_of(chat, request())
        await all_of(chat, request())
        one, two = (asked["document"] for asked in engine.requests)
    assert one != two and "" not in (one, two)


async def test_closing_cancels(chat: LocalChat, farthing_home: Path) -> None:
    with fake_engine(farthing_home, held=True) as engine:
        stream = chat.stream(request())
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(engine.wait_for, lambda engine: bool(engine.requests))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.to_thread(engine.wait_for, lambda engine: bool(engine.cancelled))
        assert engine.cancelled == [engine.requests[0]["id"]]


async def test_one_that_was_superseded_says_so_and_what_it_took(chat: LocalChat, farthing_home: Path) -> None:
    with fake_engine(farthing_home, held=True) as engine:
        task = asyncio.ensure_future(all_of(chat, request(conversation="c")))
        await asyncio.to_thread(engine.wait_for, lambda engine: bool(engine.requests))
        engine.say(lambda id: [wire.Prefilled(id, 9, 2), wire.Token(id, "a", 1), wire.Done(id, "superseded")])
        events = await task
    assert events[-2:] == [Report(Usage(9, 1, 2)), End("superseded", "m.gguf")]


async def test_an_end_says_how_likely_the_answer_is(chat: LocalChat, farthing_home: Path) -> None:
    with fake_engine(farthing_home, held=True) as engine:
        task = asyncio.ensure_future(all_of(chat, request(conversation="c")))
        await asyncio.to_thread(engine.wait_for, lambda engine: bool(engine.requests))
        tokens = [(1, -0.25), (4, -1.0)]
        engine.say(lambda id: [*(wire.Token(id, "a", *each) for each in tokens), wire.Done(id, "stop", 9, 2, 4)])
        events = await task
    assert events[-1] == End("stop", "m.gguf", confidence=-0.25)


@pytest.mark.parametrize(("kind", "error"), [("ModelUnusable", ModelUnusable), ("Whatever", EngineError)])
async def test_a_refusal_is_raised(chat: LocalChat, farthing_home: Path, kind: str, error: type[Exception]) -> None:
    with fake_engine(farthing_home, held=True) as engine:
        task = asyncio.ensure_future(all_of(chat, request()))
        await asyncio.to_thread(engine.wait_for, lambda engine: bool(engine.requests))
        engine.say(lambda id: [wire.Failed(id, kind, "no template", "Choose another")])
        with pytest.raises(error, match="no template"):
            await task


class Started:
    """In place of an engine's process: the next fake engine."""

    returncode: int | None = None

    def __init__(self, home: Path, engines: list[FakeEngine]) -> None:
        engines.append(FakeEngine(home, "again"))


@pytest.mark.parametrize("streamed", [False, True])
async def test_it_is_asked_again_where_the_engine_died_before_it_said_anything(
    chat: LocalChat, farthing_home: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    engines: list[FakeEngine] = []
    monkeypatch.setattr(local, "EngineProcess", lambda path, settings: Started(farthing_home, engines))
    try:
        with fake_engine(farthing_home, held=True) as engine:
            task = asyncio.ensure_future(all_of(chat, request()))
            await asyncio.to_thread(engine.wait_for, lambda engine: bool(engine.requests))
            engine.say(lambda id: [wire.Prefilled(id, 9, 2), *([wire.Token(id, "a", 1)] if streamed else [])])
        if streamed:
            with pytest.raises(EngineCrashed):
                await task
        else:
            assert Delta("again") in await task
            assert len(engines) == 1
    finally:
        for each in engines:
            each.close()
