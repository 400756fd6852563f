"""Conversations with a server of the team, by a server without a model that fails in the ways that such servers do."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from farthing import paths
from farthing.backends.chat import ChatRequest, Delta, End, Event, Hints, Part, Prompt, Report
from farthing.backends.remote import salt
from farthing.backends.remote.chat import PATH, RemoteChat, SelectedChat
from farthing.backends.remote.link import Patience
from farthing.errors import AirGapped, RemoteError, RemoteGarbled, RemoteRefused, RemoteUnavailable, SettingsError
from farthing.ledger.model import Usage
from farthing.settings import RemoteSettings
from tests.support.fake_remote import CUT, HOLD, FakeRemote, Kind, Reply, events, reply

PROMPT = Prompt((Part("system", "Be brief.", "system"), Part("instruction", "What is 1 + 1?")))
USAGE = {"prompt_tokens": 40, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 34}}
MODEL = "qwen2.5-coder-7b-instruct"


def delta(reason: str | None = None, **said: str) -> dict[str, Any]:
    return {"model": MODEL, "choices": [{"index": 0, "delta": said, "finish_reason": reason}]}


def saying(*pieces: str, reason: str = "stop") -> Reply:
    said = [delta(content=piece) for piece in pieces]
    body = events(*said, delta(reason), {"choices": [], "usage": USAGE}, "[DONE]")
    return Reply(body, type="text/event-stream")


@contextlib.asynccontextmanager
async def serving(*replies: Reply, kind: Kind = "openai", **more: Any) -> AsyncIterator[tuple[FakeRemote, RemoteChat]]:
    async with FakeRemote(kind, models=[MODEL], **more) as fake:
        fake.replies[PATH] = list(replies)
        chat = RemoteChat(RemoteSettings(fake.url), "/a/workspace", Patience(2, 0.5, 0.5))
        async with contextlib.aclosing(chat):
            yield fake, chat


async def asked(chat: RemoteChat, hints: Hints = Hints(), most: int = 50) -> list[Event]:  # noqa: B008  frozen
    model = (await chat.about()).model
    async with contextlib.aclosing(chat.stream(ChatRequest(model, PROMPT, most, hints))) as found:
        return [event async for event in found]


def text(found: list[Event]) -> str:
    return "".join(event.text for event in found if isinstance(event, Delta))


async def test_an_answer_and_what_it_took() -> None:
    async with serving(saying("It is", " 2.")) as (fake, chat):
        found = await asked(chat)
        assert (text(found), found[-2:]) == ("It is 2.", [Report(Usage(40, 2, 34)), End("stop", MODEL)])
        (body,) = fake.bodies
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is 1 + 1?"},
    ]
    assert (body["model"], body["max_tokens"], body["stream"], body["temperature"]) == (MODEL, 50, True, 0.0)


async def test_what_a_model_thinks_is_not_its_answer() -> None:
    body = events(delta(reasoning_content="1 and 1 …"), delta(content="2"), delta("stop"), "[DONE]")
    async with serving(Reply(body, type="text/event-stream")) as (_, chat):
        assert text(await asked(chat)) == "2"


async def test_the_server_says_how_much_it_reads() -> None:
    async with serving(saying("2")) as (_, chat):
        about = await chat.about()
        assert (about.model, about.window) == (MODEL, 8192)
    async with serving(saying("2"), kind="llama-server") as (fake, chat):
        about = await chat.about()
        assert (about.model, about.window, text(await asked(chat))) == ("qwen.gguf", 4096, "2")
        assert "cache_salt" not in fake.bodies[0]
    async with serving(saying("2"), kind="ollama") as (fake, chat):
        assert ((await chat.about()).window, text(await asked(chat))) == (4096, "2")
        assert "cache_salt" not in fake.bodies[0]


async def test_the_model_that_converses_is_chosen_of_many() -> None:
    async with FakeRemote("openai", models=["starcoder2-3b", "qwen2.5-coder-7b", MODEL]) as fake:
        chat = RemoteChat(RemoteSettings(fake.url), "/a")
        assert (await chat.about()).model == MODEL
        await chat.aclose()
        named = RemoteChat(RemoteSettings(fake.url, model="qwen2.5-coder-7b"), "/a")
        assert (await named.about()).model == "qwen2.5-coder-7b"
        await named.aclose()


async def test_caches_are_kept_apart_by_workspace() -> None:
    async with serving(saying("2")) as (fake, chat):
        await asked(chat)
        other = RemoteChat(chat.settings, "/another")
        await asked(other)
        await asked(chat)
        await other.aclose()
        first, second, third = (body["cache_salt"] for body in fake.bodies)
    assert first == third != second
    assert len(first) == 64 and "/a" not in first
    key = paths.data_dir() / "cache_salt.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    assert salt.of("/a/workspace") != first, "it can't be guessed by who knows the path"


def test_a_secret_that_can_not_be_kept_is_no_reason_to_stop(farthing_home: Path) -> None:
    key = farthing_home / "cache_salt.key"
    key.symlink_to(farthing_home / "nowhere" / "at" / "all")
    assert len(salt.of("/a")) == 64
    key.unlink()
    key.write_bytes(b"cut off")
    assert salt.of("/a") != salt.of("/a"), "then nothing is found in a cache"
    assert [name for name in os.listdir(farthing_home) if name.startswith("cache_salt.key.")] == []


@pytest.mark.parametrize(
    ("said", "status", "gone"),
    [
        ({"detail": [{"loc": ["body", "cache_salt"], "msg": "Extra inputs are not permitted"}]}, 422, "cache_salt"),
        ({"error": {"message": "Unrecognized request argument supplied: cache_salt"}}, 400, "cache_salt"),
        ({"error": {"message": "stream_options is not supported"}}, 400, "stream_options"),
    ],
)
async def test_what_a_server_does_not_take_is_left_out_from_then_on(said: object, status: int, gone: str) -> None:
    async with serving(reply(said, status), saying("2")) as (fake, chat):
        assert (text(await asked(chat)), text(await asked(chat))) == ("2", "2")
        assert [gone in body for body in fake.bodies] == [True, False, False]


async def test_what_is_too_long_is_refused_once_and_remembered() -> None:
    message = "This model's maximum context length is 2048 tokens. However, you requested 5000 tokens"
    async with serving(reply({"error": {"message": message}}, 400)) as (fake, chat):
        with pytest.raises(RemoteRefused, match="can't read so much at once: This model's maximum context"):
            await asked(chat)
        assert ((await chat.about()).window, len(fake.bodies)) == (2048, 1)


async def test_code_is_taken_out_of_what_the_model_says_around_it() -> None:
    async with serving(saying("Sure!\n``", "`python\nx = 1\n", "```\nThat", " is it.")) as (_, chat):
        found = await asked(chat, Hints("c", "```python\n", ("\n```",), "x = 0\n"))
        assert text(found) == "x = 1"
        assert found[-2:] == [Report(Usage(40, 2, 34)), End("stop", MODEL)]


async def test_an_answer_that_is_cut_off_says_so() -> None:
    async with serving(saying("```python\nx = 1\ny", reason="length")) as (_, chat):
        found = await asked(chat, Hints("c", "```python\n", ("\n```",)))
        assert (text(found), found[-1]) == ("x = 1\ny", End("length", MODEL))


async def test_to_read_ahead_nothing_is_sent() -> None:
    async with serving(saying("2")) as (fake, chat):
        assert await asked(chat, most=0) == [End("length", MODEL)]
        assert fake.bodies == []


async def test_closing_the_stream_closes_the_connection() -> None:
    body = [*events(delta(content="It"), delta(content=" is")), HOLD]
    async with serving(Reply(body, type="text/event-stream")) as (fake, chat):
        request = ChatRequest((await chat.about()).model, PROMPT, 50)
        async with contextlib.aclosing(chat.stream(request)) as found:
            assert await anext(found) == Delta("It")
        await fake.left.acquire()


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Reply([CUT]), RemoteUnavailable, "broke the connection off"),
        (Reply(events(delta(content="It")), type="text/event-stream"), RemoteUnavailable, "broke its answer off"),
        (Reply([*events(delta(content="It")), CUT], type="text/event-stream"), RemoteUnavailable, "broke"),
        (Reply([*events(delta(content="It")), HOLD], type="text/event-stream"), RemoteUnavailable, "said nothing for"),
        (Reply([], type="text/event-stream"), RemoteRefused, "it may be more than it can read"),
        (Reply([b"<html>"], type="text/html"), RemoteGarbled, "web page"),
        (Reply([b"data: no\n\n"], type="text/event-stream"), RemoteGarbled, "not what its kind answers"),
        (reply({"error": {"message": "busy"}}, 429), RemoteRefused, "too much to do"),
        (reply({"error": {"message": "Invalid API Key"}}, 401), RemoteRefused, "wants a key"),
        (reply({"error": {"message": "CUDA out of memory"}}, 500), RemoteUnavailable, "failed .500.: CUDA"),
        (Reply(events({"error": {"message": "it died"}}), type="text/event-stream"), RemoteRefused, "it died"),
    ],
)
async def test_what_goes_wrong_is_one_line(answer: Reply, error: type[RemoteError], words: str) -> None:
    async with serving(answer) as (_, chat):
        with pytest.raises(error, match=words) as caught:
            await asked(chat)
        assert "\n" not in str(caught.value)


async def test_a_server_that_is_down() -> None:
    async with FakeRemote("openai", models=[MODEL]) as fake:
        url = fake.url
    chat = RemoteChat(RemoteSettings(url), "/a")
    with pytest.raises(RemoteUnavailable, match=r"nothing can be reached at \S+\. Check that the server runs"):
        await chat.about()
    await chat.aclose()


async def test_who_bills_is_refused() -> None:
    with pytest.raises(SettingsError, match="bills"):
        await RemoteChat(RemoteSettings("https://api.openai.com/v1"), "/a").about()


async def test_nothing_is_sent_to_another_machine_where_nothing_may_leave(farthing_home: Path) -> None:
    (farthing_home / "config.toml").write_text('[escalation]\npolicy = "never"\n')
    with pytest.raises(AirGapped, match="Clear farthing"):
        await RemoteChat(RemoteSettings("http://192.0.2.7:8000"), "/a").about()


async def test_the_settings_choose_at_every_turn() -> None:
    settings = RemoteSettings()
    selected = SelectedChat(lambda: settings, "/a")
    assert await selected.choose() is None
    settings = RemoteSettings("http://127.0.0.1:1")
    one = await selected.choose()
    assert one is not None and one is await selected.choose()
    settings = RemoteSettings("http://127.0.0.1:2")
    assert await selected.choose() not in (None, one)
    settings = RemoteSettings(" ")
    assert await selected.choose() is None
