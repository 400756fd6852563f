"""One completion, from texts to tokens to text."""

import time
from pathlib import Path
from typing import Any, cast

import pytest

from farthing.engine import wire
from farthing.engine.generate import MAX_HEALED, generate
from farthing.engine.runtime import AbortFlag, Runtime
from tests.support.fake_runtime import FakeFlag, FakeRuntime, Script


class Desk:
    """A fake runtime and what was emitted."""

    def __init__(self, script: Script, n_ctx: int = 512) -> None:
        self.script = script
        self.flag = FakeFlag()
        self.runtime = FakeRuntime(Path("m.gguf"), n_ctx, 1, self.flag)
        self.events: list[Any] = []

    def run(self, prefix: str = "ab", suffix: str = "", max_tokens: int = 50) -> wire.Done:
        request = wire.Complete(7, "d", "m.gguf", prefix, suffix, max_tokens)
        runtime, flag = cast(Runtime, self.runtime), cast(AbortFlag, self.flag)
        return generate(runtime, request, time.monotonic(), flag, self.events.append)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, wire.Token))


@pytest.fixture
def desk(script: Script) -> Desk:
    return Desk(script)


def test_the_answer_comes_piece_by_piece_and_ends(desk: Desk) -> None:
    desk.script.answer = "hello"
    done = desk.run("ab", "cd")
    assert desk.events[0] == wire.Prefilled(7, len("a") + len("cd") + 3, 1)
    assert [event.output_tokens for event in desk.events[1:]] == [2, 3, 4, 5, 6]
    assert desk.text == "hello"
    assert (done.id, done.reason, done.prompt_tokens, done.cached_tokens, done.output_tokens) == (7, "stop", 6, 1, 6)
    assert 0 <= done.first_token_ms <= done.total_ms


def test_what_was_taken_back_is_not_written_again(desk: Desk) -> None:
    desk.script.answer = "x"
    desk.run("return ")
    assert desk.script.prompts == ["return"]
    assert desk.text == "x"


def test_half_a_code_point_waits_for_its_rest(desk: Desk) -> None:
    desk.script.answer = "é日\U0001f600"
    desk.run("a\n")
    assert [event.text for event in desk.events[1:]] == ["é", "日", "\U0001f600"]


@pytest.mark.parametrize(("limit", "text"), [(1, ""), (3, "he"), (6, "hello"), (7, "hello")])
def test_it_ends_at_the_limit(desk: Desk, limit: int, text: str) -> None:
    desk.script.answer = "hello"  # and one token for what was taken back
    done = desk.run(max_tokens=limit)
    assert (desk.text, done.reason) == (text, "stop" if limit == 7 else "length")


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_that_is_none_allows_one_token(desk: Desk, limit: int) -> None:
    done = desk.run("a\n", max_tokens=limit)
    assert (done.output_tokens, done.reason) == (1, "length")


def test_the_prompt_leaves_room_for_the_answer(script: Script) -> None:
    desk = Desk(script, n_ctx=128)
    assert desk.run("p" * 500, "s" * 500, max_tokens=10_000).prompt_tokens == 128 - 64 - MAX_HEALED


def test_without_markers_the_suffix_is_not_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.runtime, "fim", None)
    desk.run("ab", "cd")
    assert desk.script.prompts == ["a"]


def test_no_prompt_at_all_is_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.runtime, "fim", None)
    done = desk.run("", "cd")
    assert (done.reason, done.output_tokens, desk.events) == ("stop", 0, [])


def test_given_up_during_prefill(desk: Desk) -> None:
    desk.flag.raise_()
    done = desk.run()
    assert (done.reason, done.output_tokens, desk.events) == ("cancelled", 0, [])


def test_given_up_while_it_writes(desk: Desk) -> None:
    desk.script.answer = "hello"

    def emit(event: Any) -> None:
        desk.events.append(event)
        if isinstance(event, wire.Token):
            desk.flag.raise_()

    request = wire.Complete(7, "d", "m.gguf", "a\n", "", 50)
    done = generate(cast(Runtime, desk.runtime), request, time.monotonic(), cast(AbortFlag, desk.flag), emit)
    assert (done.reason, done.output_tokens, desk.text) == ("cancelled", 1, "h")
