"""Completion by a server of the team: three ways to ask, one behaviour."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest

from farthing.backends.base import Activity, FimRequest, Finish, Piece, Usage
from farthing.backends.remote.backend import RemoteBackend
from farthing.backends.remote.link import Patience
from farthing.errors import RemoteError, RemoteGarbled, RemoteRefused, RemoteUnavailable, SettingsError
from farthing.settings import RemoteSettings
from tests.support.fake_remote import CUT, HOLD, FakeRemote, Kind, Reply, events, lines, reply

ASK = FimRequest("a.py", "", "def f(", "\nx = 1\n", 20)
KINDS: tuple[Kind, ...] = get_args(Kind)
SOON = Patience(connect=20, first=20, next=20, again=0)
"""Long enough for a busy machine; errors are not remembered."""


@contextlib.asynccontextmanager
async def client(fake: FakeRemote, patience: Patience = SOON, **settings: Any) -> AsyncIterator[RemoteBackend]:
    backend = RemoteBackend(RemoteSettings(**({"url": fake.url} | settings)), patience=patience)
    try:
        yield backend
    finally:
        await backend.aclose()


async def answer(backend: RemoteBackend, request: FimRequest = ASK) -> tuple[str, Finish]:
    text = ""
    async with contextlib.aclosing(backend.stream(request)) as stream:
        async for event in stream:
            if isinstance(event, Finish):
                return text, event
            text += event.text
    raise AssertionError("the stream ended without a Finish")


async def failure(fake: FakeRemote, **settings: Any) -> RemoteError:
    async with client(fake, **settings) as backend:
        with pytest.raises(RemoteError) as caught:
            await answer(backend)
    assert "\n" not in str(caught.value)
    assert caught.value.message
    assert caught.value.fix
    return caught.value


def stream_of(kind: Kind, *texts: str) -> list[Any]:
    """The beginning of an answer."""
    match kind:
        case "llama-server":
            return events(*({"content": text} for text in texts))
        case "ollama":
            return lines(*({"response": text} for text in texts))
        case "openai":
            return events(*({"choices": [{"text": text}]} for text in texts))


TYPES = {"llama-server": "text/event-stream", "ollama": "application/x-ndjson", "openai": "text/event-stream"}


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize(("kind", "cached"), [("llama-server", 34), ("ollama", 0), ("openai", 34)])
async def test_every_kind_is_found_and_completes(kind: Kind, cached: int, explicit: bool) -> None:
    async with FakeRemote(kind) as fake, client(fake, kind=kind if explicit else "auto") as backend:
        text, finish = await answer(backend)
    assert text == "done()"
    assert (finish.reason, finish.usage) == ("stop", Usage(40, cached, 2))
    assert 0 < finish.first_token_ms <= finish.total_ms


@pytest.mark.parametrize("kind", KINDS)
async def test_one_connection_serves_everything(kind: Kind) -> None:
    async with FakeRemote(kind) as fake, client(fake) as backend:
        for _ in range(3):
            assert (await answer(backend))[0] == "done()"
        assert fake.connections == 1
        assert len(fake.bodies) == 3
        assert fake.asked.count("/props") == 1  # it is asked once what it is


@pytest.mark.parametrize("kind", KINDS)
async def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(kind: Kind) -> None:
    async with FakeRemote(kind) as fake, client(fake) as backend:
        await answer(backend)
        fake.hang_up()
        assert (await answer(backend))[0] == "done()"


async def test_what_llama_server_is_asked() -> None:
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        await answer(backend)
    (body,) = fake.bodies
    assert body == {
        "input_extra": [],
        "input_prefix": "def f(",
        "input_suffix": "\nx = 1\n",
        "n_predict": 20,
        "temperature": 0.0,
        "samplers": ["temperature"],
        "cache_prompt": True,
        "stream": True,
    }


async def test_a_model_without_markers_sees_the_prefix_only() -> None:
    no = {"error": {"code": 501, "message": "Infill is not supported by this model: prefix token is missing."}}
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        fake.replies["/infill"] = [reply(no, 501)]
        assert (await answer(backend))[0] == "done()"
        assert (await answer(backend))[0] == "done()"
        assert fake.asked == ["/props", "/infill", "/completion", "/completion"]  # the lesson is kept
        assert fake.bodies[-1]["prompt"] == "def f("


async def test_what_vllm_is_asked() -> None:
    async with FakeRemote("openai", models=["bge-embed", "Qwen/Qwen2.5-Coder-7B"]) as fake, client(fake) as backend:
        await answer(backend, FimRequest("d", "", "a <|fim_middle|> b", "<|fim_suffix|>", 20))
    body = fake.bodies[0]
    assert body["model"] == "Qwen/Qwen2.5-Coder-7B"
    # What the user's text has of markers is taken apart.
    assert body["prompt"] == "<|fim_prefix|>a < |fim_middle|> b<|fim_suffix|>< |fim_suffix|><|fim_middle|>"
    assert (body["max_tokens"], body["temperature"], body["stream"]) == (20, 0.0, True)
    assert len(body["stop"]) <= 4
    assert body["skip_special_tokens"] is False


@pytest.mark.parametrize(
    ("settings", "prompt"),
    [
        ({"model": "ours"}, "def f("),
        ({"model": "ours", "family": "starcoder"}, "<fim_prefix>def f(<fim_suffix>\nx = 1\n<fim_middle>"),
        ({"model": "ours", "family": "codestral"}, "[SUFFIX]\nx = 1\n[PREFIX]def f("),
        ({"model": "ours", "family": "codellama"}, "<PRE> def f( <SUF>\nx = 1\n <MID>"),
        ({"family": "none"}, "def f("),
    ],
)
async def test_the_family_can_be_set(settings: dict[str, Any], prompt: str) -> None:
    async with FakeRemote("openai", models=["ours", "qwen2.5-coder"]) as fake, client(fake, **settings) as backend:
        await answer(backend)
    assert fake.bodies[0]["prompt"] == prompt


async def test_what_ollama_is_asked() -> None:
    async with FakeRemote("ollama", models=["llama3:8b", "qwen2.5-coder:1.5b"]) as fake, client(fake) as backend:
        await answer(backend)
        await answer(backend, FimRequest("d", "", "x", "", 3))
    first, second = fake.bodies
    assert first == {
        "model": "qwen2.5-coder:1.5b",
        "prompt": "def f(",
        "suffix": "\nx = 1\n",
        "stream": True,
        "options": {"num_predict": 20, "temperature": 0.0},
    }
    assert second["suffix"]  # without one it would chat


async def test_a_template_without_a_suffix_is_gone_around() -> None:
    async with FakeRemote("ollama") as fake, client(fake) as backend:
        fake.completions.insert(0, reply({"error": "registry/qwen2.5-coder does not support insert"}, 400))
        assert (await answer(backend))[0] == "done()"
    assert fake.bodies[1]["raw"] is True
    assert fake.bodies[1]["prompt"] == "<|fim_prefix|>def f(<|fim_suffix|>\nx = 1\n<|fim_middle|>"
    assert "suffix" not in fake.bodies[1]


async def test_a_prompt_that_is_too_long_is_cut_and_stays_cut() -> None:
    no = {"error": {"message": "This model's maximum context length is 2048 tokens", "code": "context_length_exceeded"}}
    long = FimRequest("d", "", "p" * 3000, "s" * 1000, 20)
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.completions.insert(0, reply(no, 400))
        await answer(backend, long)
        await answer(backend, long)
    sizes = [(body["prompt"].count("p" * 10), len(body["prompt"])) for body in fake.bodies]
    assert sizes[1] == sizes[2]
    assert sizes[1][1] < 0.6 * sizes[0][1]
    assert "s" * 500 in fake.bodies[1]["prompt"]  # the suffix keeps a quarter


@pytest.mark.parametrize("end", [[], [CUT]])
async def test_a_long_prompt_that_ends_in_silence_is_cut(end: list[Any]) -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.completions.insert(0, Reply([b": ping\n\n", *end], type="text/event-stream"))
        assert (await answer(backend, FimRequest("d", "", "p" * 3000, "", 20)))[0] == "done()"
    sizes = [len(body["prompt"]) for body in fake.bodies]
    assert sizes[-1] < 0.6 * sizes[0]


async def test_what_is_known_of_other_files_stands_first() -> None:
    request = FimRequest("d", "", "x = ", "\n", 20, header="# <|fim_prefix|>\n")
    async with FakeRemote("openai") as fake, client(fake) as backend:
        await answer(backend, request)
    assert fake.bodies[0]["prompt"].startswith("# < |fim_prefix|>\n<|fim_prefix|>x = <|fim_suffix|>")
    async with FakeRemote("ollama") as fake, client(fake) as backend:
        await answer(backend, request)
    assert fake.bodies[0]["prompt"] == "# < |fim_prefix|>\nx = "
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        await answer(backend, request)
    assert [extra["text"] for extra in fake.bodies[0]["input_extra"]] == [request.header]


@pytest.mark.parametrize("kind", KINDS)
async def test_only_llama_server_is_warmed(kind: Kind) -> None:
    async with FakeRemote(kind, pieces=()) as fake, client(fake) as backend:
        text, _ = await answer(backend, FimRequest("d", "", "x = ", "", 0, urgency="warm"))
    assert text == ""
    assert [body["n_predict"] for body in fake.bodies] == ([0] if kind == "llama-server" else [])


async def test_a_marker_ends_an_answer_even_in_parts() -> None:
    async with (
        FakeRemote("openai", pieces=["one", "<|file", "_sep|>", "another file"]) as fake,
        client(fake) as backend,
    ):
        text, finish = await answer(backend)
    assert (text, finish.reason) == ("one", "stop")


async def test_what_only_begins_like_a_marker_is_text() -> None:
    async with FakeRemote("openai", pieces=["a ", "<|", " b", " <|f"]) as fake, client(fake) as backend:
        assert (await answer(backend))[0] == "a <| b <|f"


@pytest.mark.parametrize("kind", KINDS)
async def test_characters_that_two_packets_share(kind: Kind) -> None:
    text = "# größer 你好 🙂"
    async with FakeRemote(kind) as fake, client(fake) as backend:
        whole = b"".join(part for part in stream_of(kind, text, "!") if isinstance(part, bytes))
        rest = FakeRemote(kind, pieces=()).completions[0].body
        fake.completions[0] = Reply([*(whole[at : at + 1] for at in range(len(whole))), *rest], type=TYPES[kind])
        assert (await answer(backend))[0] == text + "!"


@pytest.mark.parametrize("kind", KINDS)
async def test_closing_the_stream_closes_the_connection(kind: Kind) -> None:
    async with FakeRemote(kind) as fake, client(fake) as backend:
        fake.completions[0] = Reply([*stream_of(kind, "do"), HOLD], type=TYPES[kind])
        async with contextlib.aclosing(backend.stream(ASK)) as stream:
            assert isinstance(await anext(stream), Piece)
        await fake.left.acquire()


@pytest.mark.parametrize("kind", KINDS)
async def test_cancelling_whoever_waits_closes_the_connection(kind: Kind) -> None:
    async with FakeRemote(kind) as fake, client(fake) as backend:
        fake.completions[0] = Reply([HOLD], type=TYPES[kind])
        waiting = asyncio.create_task(answer(backend))
        await fake.holding.acquire()
        waiting.cancel()
        await fake.left.acquire()
        assert (await asyncio.gather(waiting, return_exceptions=True))[0].__class__ is asyncio.CancelledError


@pytest.mark.parametrize("begun", [False, True])
async def test_the_newest_request_of_a_document_wins(begun: bool) -> None:
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        start = stream_of("llama-server", "do") if begun else []
        fake.completions.insert(0, Reply([*start, HOLD], type="text/event-stream"))
        async with contextlib.aclosing(backend.stream(ASK)) as older:
            if begun:
                assert isinstance(await anext(older), Piece)
                end = asyncio.ensure_future(anext(older))
            else:
                end = asyncio.ensure_future(anext(older))
                await fake.holding.acquire()
            assert (await answer(backend))[0] == "done()"
            await fake.left.acquire()
            finish = await end
        assert isinstance(finish, Finish)
        assert (finish.reason, finish.usage.output) == ("superseded", int(begun))


async def test_less_urgent_work_does_not_take_the_place_of_a_keystroke() -> None:
    prefetch = FimRequest("a.py", "", "x", "", 20, urgency="prefetch")
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        fake.completions.insert(0, Reply([HOLD, *fake.completions[0].body], type="text/event-stream"))
        keystroke = asyncio.create_task(answer(backend))
        await fake.holding.acquire()
        assert (await answer(backend, prefetch))[0] == "done()"
        fake.release()
        assert (await keystroke)[0] == "done()"


async def test_a_keystroke_takes_the_place_of_less_urgent_work() -> None:
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        fake.completions.insert(0, Reply([HOLD]))
        prefetch = asyncio.create_task(answer(backend, FimRequest("a.py", "", "x", "", 20, urgency="prefetch")))
        await fake.holding.acquire()
        assert (await answer(backend))[0] == "done()"
        assert (await prefetch)[1].reason == "superseded"
        await fake.left.acquire()


async def test_other_documents_are_left_alone() -> None:
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        held = Reply([HOLD, *fake.completions[0].body], type="text/event-stream")
        fake.completions.insert(0, held)
        other = asyncio.create_task(answer(backend, FimRequest("b.py", "", "x", "", 20)))
        await fake.holding.acquire()
        assert (await answer(backend))[0] == "done()"
        fake.release()
        assert (await other)[0] == "done()"


async def test_finding_the_server_outlives_who_asked_first() -> None:
    async with FakeRemote("llama-server") as fake, client(fake) as backend:
        fake.replies["/props"] = [Reply([HOLD, *fake.replies["/props"][0].body])]
        older = asyncio.create_task(answer(backend))
        await fake.holding.acquire()
        newer = asyncio.create_task(answer(backend))
        assert (await older)[1].reason == "superseded"
        fake.release()
        assert (await newer)[0] == "done()"
        assert fake.asked.count("/props") == 1


async def test_closing_the_backend_answers_who_waits() -> None:
    async with FakeRemote("ollama") as fake, client(fake) as backend:
        fake.completions[0] = Reply([HOLD])
        waiting = asyncio.create_task(answer(backend))
        await fake.holding.acquire()
        await backend.aclose()
        assert (await waiting)[1].reason == "cancelled"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("bad", "expected", "says"),
    [
        (Reply([CUT]), RemoteUnavailable, "broke the connection off"),
        (Reply([b"<html>login</html>"], type="text/html; charset=utf-8"), RemoteGarbled, "a web page"),
        (Reply([b"<html>busy</html>"], 502, "text/html"), RemoteUnavailable, "failed (502)"),
        (reply({"error": {"message": "Invalid API Key"}}, 401), RemoteRefused, "wants a key"),
        (reply({"error": "model 'x' not found"}, 404), RemoteRefused, "no such model"),
        (reply({"detail": "Not Found"}, 404), RemoteRefused, "knows no /"),
        (reply({"error": "slow down"}, 429), RemoteRefused, "too much to do"),
        (reply({"error": {"message": "Loading model"}}, 503), RemoteUnavailable, "still loads"),
        (reply({"error": {"message": "out of\nmemory"}}, 500), RemoteUnavailable, "out of memory"),
        (Reply([], 307, headers={"location": "http://127.0.0.1:9/"}), RemoteRefused, "sends us elsewhere"),
        (Reply([b'{"choices": [', b"\n\n"]), RemoteGarbled, "answer is"),
        (Reply([b"data: {nonsense\n\n"]), RemoteGarbled, "answer is not"),
        (Reply([b"data: [1, 2]\n\n"]), RemoteGarbled, "answer is not"),
        (Reply([b"data: " + b"x" * (3 << 20)]), RemoteGarbled, "does not end"),
        (Reply([b"\xff\xfe\x00garbage\n"]), RemoteGarbled, "answer is no"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_faults_are_one_clear_line(kind: Kind, bad: Reply, expected: type, says: str) -> None:
    async with FakeRemote(kind) as fake:
        fake.completions[0] = bad
        error = await failure(fake)
    assert type(error) is expected
    assert says in error.message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [[], [CUT]])
async def test_an_answer_that_stops_in_the_middle(kind: Kind, after: list[Any]) -> None:
    async with FakeRemote(kind) as fake:
        fake.completions[0] = Reply([*stream_of(kind, "do"), *after], type=TYPES[kind])
        assert "off" in (await failure(fake)).message


@pytest.mark.parametrize("kind", KINDS)
async def test_an_error_in_the_middle_of_a_stream(kind: Kind) -> None:
    async with FakeRemote(kind) as fake:
        broken = {"error": {"message": "the GPU is gone"}}
        end = lines(broken) if kind == "ollama" else events(broken)
        fake.completions[0] = Reply([*stream_of(kind, "do"), *end], type=TYPES[kind])
        assert "the GPU is gone" in (await failure(fake)).message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begun", [False, True])
async def test_a_server_that_falls_silent(kind: Kind, begun: bool) -> None:
    async with FakeRemote(kind) as fake:
        fake.completions[0] = Reply([*(stream_of(kind, "do") if begun else []), HOLD], type=TYPES[kind])
        patience = Patience(connect=20, first=20 if begun else 0.2, next=0.01, again=0)
        error = await failure(fake, patience=patience, kind=kind)
        assert "said nothing for" in error.message
        await fake.left.acquire()


async def test_a_server_that_never_ends_is_left() -> None:
    async with FakeRemote("openai", pieces=["x"] * 99) as fake, client(fake) as backend:
        text, finish = await answer(backend)
    assert (finish.reason, len(text)) == ("length", 21)


async def test_nobody_listens() -> None:
    async with FakeRemote("openai") as fake:
        url = fake.url
    async with contextlib.aclosing(RemoteBackend(RemoteSettings(url))) as backend:
        with pytest.raises(RemoteUnavailable, match="nothing can be reached"):
            await answer(backend)


async def test_something_else_listens() -> None:
    async with FakeRemote("openai") as fake:
        fake.replies.clear()
        assert "not a server that completes code" in (await failure(fake)).message
        fake.replies["/v1/models"] = [reply({"error": "Unexpected endpoint. Returning 200 anyway"})]
        assert "not of the kind openai" in (await failure(fake, kind="openai")).message


async def test_an_error_is_repeated_for_a_moment_without_asking() -> None:
    async with FakeRemote("openai") as fake, client(fake, Patience(20, 20, 20, again=1000)) as backend:
        fake.completions[0] = reply({}, 429)
        for _ in range(3):
            with pytest.raises(RemoteRefused, match="too much to do"):
                await answer(backend)
    assert fake.asked.count("/v1/completions") == 1


async def test_retry_after_is_obeyed() -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.completions.insert(0, reply({}, 429, retry_after="30"))
        for _ in range(2):
            with pytest.raises(RemoteRefused):
                await answer(backend)
    assert fake.asked.count("/v1/completions") == 1


async def test_after_an_error_it_looks_anew_at_what_is_there() -> None:
    async with FakeRemote("openai") as fake, client(fake) as backend:
        fake.completions.insert(0, reply({"error": "the model `x` does not exist"}, 404))
        with pytest.raises(RemoteRefused):
            await answer(backend)
        assert (await answer(backend))[0] == "done()"
    assert fake.asked.count("/v1/models") == 2


async def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_KEY", "s3cret")
    async with FakeRemote("llama-server", key="s3cret") as fake:
        async with client(fake, api_key_env="TEAM_KEY") as backend:
            assert (await answer(backend))[0] == "done()"
        assert "wants a key" in (await failure(fake)).message
        monkeypatch.setenv("TEAM_KEY", "0ther")
        error = await failure(fake, api_key_env="TEAM_KEY")
        assert "does not take the key of TEAM_KEY" in error.message
        fake.key = ""
        fake.completions[0] = reply({"error": "no quota for 0ther"}, 500)
        assert "0ther" not in str(await failure(fake, api_key_env="TEAM_KEY"))


@pytest.mark.parametrize("name", ["sk-abc", "ABC", "EMPTY", "ODD"])
async def test_a_key_that_is_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("EMPTY", " ")
    monkeypatch.setenv("ODD", "a\nb")
    async with FakeRemote("openai") as fake, client(fake, api_key_env=name) as backend:
        with pytest.raises(SettingsError) as caught:
            await answer(backend)
    assert name not in str(caught.value)
    assert fake.asked == []


async def test_models_that_run_in_a_cloud_are_not_used() -> None:
    async with FakeRemote("ollama", models=["qwen3-coder:480b-cloud", "llama3"]) as fake:
        async with client(fake) as backend:
            await answer(backend)
        assert fake.bodies[0]["model"] == "llama3"
        assert "bills" in (await failure(fake, model="qwen3-coder:480b-cloud")).message
        elsewhere = {"models": [{"name": "qwen3-coder", "remote_host": "https://example.com"}]}
        fake.replies["/api/tags"] = [reply(elsewhere)]
        assert "has no model" in (await failure(fake)).message
        del fake.replies["/api/tags"]
        assert "bills" in (await failure(fake, kind="ollama", model="qwen3-coder:480b-cloud")).message


async def test_a_model_that_is_not_there_names_those_that_are() -> None:
    async with FakeRemote("openai", models=["one", "two"]) as fake:
        for settings in ({"model": "three"}, {}):
            assert "one, two" in (await failure(fake, **settings)).fix
        fake.replies["/v1/models"] = [reply({"data": []})]
        assert "has no model" in (await failure(fake)).message


async def test_completions_alone_are_enough_for_who_says_what_it_is() -> None:
    async with FakeRemote("openai") as fake, client(fake, kind="openai", model="x") as backend:
        del fake.replies["/v1/models"]
        assert (await answer(backend))[0] == "done()"


async def test_it_says_what_it_does() -> None:
    seen: list[Activity] = []
    async with FakeRemote("llama-server") as fake:
        backend = RemoteBackend(RemoteSettings(fake.url), seen.append, SOON)
        assert await backend.describe() == f"llama-server at {fake.url.removeprefix('http://')}"
        await answer(backend)
        await backend.aclose()
    assert [activity.state for activity in seen] == ["loading", "ready", "generating", "ready"]
