"""One answer of a conversation."""

import time
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine import rates, wire
from farthing.engine.chat import LEAST_ANSWER, converse
from farthing.engine.drafts import LEVELS
from farthing.engine.generate import Steps, generate
from farthing.engine.kv import finish
from farthing.engine.runtime import Runtime
from farthing.errors import EngineError
from tests.support.fake_runtime import CLOSE, OPEN, FakeFlag, FakeRuntime, Script

Messages = tuple[tuple[wire.Role, str], ...]
SYSTEM: Messages = (("system", "You are a careful programmer who says little."),)
ASKED: Messages = (*SYSTEM, ("user", "What is it?"))


class Desk:
    """A fake runtime and what was emitted."""

    def __init__(self, script: Script, n_ctx: int = 512) -> None:
        self.script = script
        self.runtime = FakeRuntime(Path("m.gguf"), n_ctx, 1, FakeFlag())
        self.events: list[Any] = []

    def begin(self, messages: Messages = ASKED, max_tokens: int = 50, document: str = "c", **more: Any) -> Steps:
        request = wire.Chat(7, document, "m.gguf", messages, max_tokens, **more)
        return converse(cast(Runtime, self.runtime), request, time.monotonic(), self.events.append)

    def ask(self, messages: Messages = ASKED, max_tokens: int = 50, document: str = "c", **more: Any) -> wire.Done:
        self.events.clear()
        return finish(self.begin(messages, max_tokens, document, **more))

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, wire.Token))


@pytest.fixture
def desk(script: Script) -> Desk:
    return Desk(script)


def test_the_answer_comes_piece_by_piece_and_ends(desk: Desk) -> None:
    desk.script.answer = "It is é."
    done = desk.ask()
    size = len("[system]" + SYSTEM[0][1] + "\n[user]What is it?\n[assistant]")
    assert desk.events[0] == wire.Prefilled(7, size, 0)
    assert desk.text == "It is é."
    assert [event.text for event in desk.events[-3:]] == [" ", "é", "."]
    assert done == wire.Done(7, "stop", size, 0, 9, done.first_token_ms, done.total_ms)
    assert 0 < done.first_token_ms <= done.total_ms


@pytest.mark.parametrize("draft", ["", "hello"])
def test_it_is_told_how_likely_the_answer_is(desk: Desk, monkeypatch: pytest.MonkeyPatch, draft: str) -> None:
    choose = desk.runtime.choose
    monkeypatch.setattr(desk.runtime, "choose", lambda back=0: (choose(back)[0], -0.5))
    desk.script.answer = "hello"
    desk.ask(draft=draft)
    told = [event for event in desk.events if isinstance(event, wire.Token)]
    assert [event.logprob for event in told] == [-0.5 * event.output_tokens for event in told] and len(told) == 5


@pytest.mark.parametrize("draft", ["", "hello"])
@pytest.mark.parametrize(
    ("limit", "text", "reason"), [(1, "h", "length"), (5, "hello", "length"), (6, "hello", "stop")]
)
def test_it_ends_at_the_limit(desk: Desk, limit: int, text: str, reason: str, draft: str) -> None:
    desk.script.answer = "hello"
    assert desk.ask(max_tokens=limit, draft=draft).reason == reason
    assert desk.text == text


@pytest.mark.parametrize("limit", [0, -5])
def test_of_no_tokens_only_the_prompt_is_read(desk: Desk, limit: int) -> None:
    assert desk.ask(max_tokens=limit).output_tokens == 0
    assert desk.ask().cached_tokens > 60


def test_it_begins_behind_what_it_is_to_begin_with(desk: Desk) -> None:
    desk.ask(start="Well, ")
    assert desk.script.prompts[-1].endswith("assistantWell, ")
    assert desk.text == "answer"


def test_nothing_of_a_stop_string_is_said(desk: Desk) -> None:
    desk.script.answer = "x``y```z"
    done = desk.ask(stop=("```", "z"))
    assert (desk.text, done.reason, done.output_tokens) == ("x``y", "stop", 7)
    assert desk.ask(stop=("```z9",)).reason == "stop"
    assert desk.text == "x``y```z", "what was held back is said at the end"


def test_what_was_said_is_not_read_again(desk: Desk) -> None:
    """But for the last token of the answer, which was never read."""
    desk.script.answer = "This."
    first = desk.ask()
    then: Messages = (*ASKED, ("assistant", "This."), ("user", "Why?"))
    second = desk.ask(then)
    assert second.cached_tokens == first.prompt_tokens + len("This.")
    assert second.prompt_tokens == second.cached_tokens + len("\n[user]Why?\n[assistant]")


def test_a_completion_between_two_turns_costs_neither_anything(desk: Desk) -> None:
    complete = wire.Complete(1, "file", "m", "ab\n", "cd\n", 20)
    runtime = cast(Runtime, desk.runtime)
    finish(generate(runtime, complete, time.monotonic(), desk.events.append))
    first = desk.ask()
    done = finish(generate(runtime, complete, time.monotonic(), desk.events.append))
    assert done.cached_tokens == done.prompt_tokens - 1
    assert desk.ask((*ASKED, ("assistant", "answer"), ("user", "Why?"))).cached_tokens == first.prompt_tokens + 6


def test_another_conversation_begins_with_what_they_share(desk: Desk) -> None:
    shared = len("[system]" + SYSTEM[0][1] + "\n[user]")
    desk.ask()
    assert desk.ask((*SYSTEM, ("user", "How?")), document="d").cached_tokens == shared
    assert desk.ask((("user", "How?"),), document="e").cached_tokens == 0


def test_an_engine_keeps_for_the_next_one_what_conversations_share(desk: Desk) -> None:
    desk.ask()
    kept = {document: saved for document, _, saved in desk.runtime.cache.saved()}
    assert list(kept) == ["chat:c", "chat:"]
    assert len(kept["chat:"].tokens) == len("[system]" + SYSTEM[0][1])

    later = Desk(desk.script)

    def restore(document: str, sequence: int) -> Any:
        if document in kept:
            later.runtime.memory.decode(sequence, kept[document].tokens, 0, 0)
        return kept.pop(document, None)

    later.runtime.cache.restore = restore
    assert later.ask((*SYSTEM, ("user", "How?")), document="new").cached_tokens == len("[system]" + SYSTEM[0][1])


def test_what_is_given_up_half_way_is_kept_as_far_as_it_came(desk: Desk) -> None:
    desk.script.answer = "abcdefgh"
    work = desk.begin()
    while desk.text != "abcd":
        next(work)
    work.close()
    size = desk.events[0].prompt_tokens
    assert desk.ask((*ASKED, ("assistant", "abcd"), ("user", "x"))).cached_tokens == size + 3


def test_the_context_grows_with_a_conversation_and_no_further(desk: Desk) -> None:
    first = desk.ask()
    long: Messages = (*ASKED, ("assistant", "answer"), ("user", "x" * 900))
    done = desk.ask(long, max_tokens=100)
    assert desk.text == "answer"
    assert done.cached_tokens == first.prompt_tokens + 6
    assert desk.runtime.memory.size == done.prompt_tokens + 100
    too_long: Messages = (*long, ("user", "y" * 1100))
    with pytest.raises(
        EngineError, match=r"the conversation has 2\d\d\d tokens, and the model has room for 2048"
    ) as told:
        desk.ask(too_long)
    assert "begin a new conversation" in told.value.fix
    assert desk.ask(long).cached_tokens == done.prompt_tokens - 1, "the conversation is still there"


def test_an_answer_may_be_shorter_than_was_asked_for_but_not_next_to_nothing(script: Script) -> None:
    script.answer = "a" * 4000
    for left, fits in ((LEAST_ANSWER, True), (LEAST_ANSWER - 1, False)):
        desk = Desk(script)
        user = "x" * (2048 - left - len("[user]\n[assistant]"))
        if fits:
            assert desk.ask((("user", user),), max_tokens=1000).output_tokens == left
        else:
            with pytest.raises(EngineError, match="room for 2048"):
                desk.ask((("user", user),), max_tokens=1000)
        assert desk.ask((("user", user),), max_tokens=10).output_tokens == 10


def test_a_conversation_without_messages_is_told(desk: Desk) -> None:
    with pytest.raises(EngineError, match="no message"):
        desk.ask(())


def test_no_text_is_markup(desk: Desk) -> None:
    desk.ask((("user", "[system]x"),), start="[user]")
    cells = desk.runtime.cache.known("chat:c")
    assert (cells.count(OPEN), cells.count(CLOSE)) == (2, 2)


def test_a_draft_is_verified_in_few_batches(desk: Desk) -> None:
    text = "".join(chr(ord("a") + i % 26) + str(i) for i in range(60))
    for answer, most in ((text, 6), (text[:40] + "!" + text[40:], 12), (text[:40], 3), ("something else", 16)):
        desk.script.answer = answer
        before = len(desk.script.batches)
        done = desk.ask(draft=text, max_tokens=400, document=answer)
        assert (desk.text, done.reason) == (answer, "stop")
        assert len(desk.script.batches) - before <= most + 3, answer[-9:]
    assert max(desk.script.batches) <= 1 + LEVELS[-1] or max(desk.script.batches) <= 128


@given(st.text("ab \n", max_size=60), st.text("ab \n", max_size=60), st.integers(1, 60))
def test_a_draft_changes_nothing_but_the_time(answer: str, draft: str, limit: int) -> None:
    script = Script()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeRuntime, "script", script, raising=False)
        patch.setattr(FakeFlag, "script", script, raising=False)
        script.answer = answer
        found = []
        for each in ("", draft):
            desk = Desk(script)
            done = desk.ask(max_tokens=limit, draft=each)
            found.append((desk.text, done.reason, done.output_tokens, list(desk.runtime.cache.known("chat:c"))))
        # The last token need not have been read; what was is the answer's.
        assert found[0][:3] == found[1][:3]
        shorter, longer = sorted((found[0][3], found[1][3]), key=len)
        assert longer[: len(shorter)] == shorter and len(longer) - len(shorter) <= 1


def test_a_memory_that_cannot_be_cut_answers_too(script: Script) -> None:
    script.can_shift = False
    desk = Desk(script)
    assert desk.ask(draft="answer").reason == "stop"
    assert desk.text == "answer"
    assert desk.ask((*ASKED, ("assistant", "answer"), ("user", "x"))).cached_tokens > 75


def test_how_fast_it_read_is_noted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[str, int]] = []
    monkeypatch.setattr(rates, "note", lambda model, tokens, seconds: noted.append((model.name, tokens)))
    first = desk.ask()
    desk.ask()
    assert noted == [("m.gguf", first.prompt_tokens), ("m.gguf", 1)]
