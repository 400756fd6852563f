"""One completion, from texts to tokens to text."""

import time
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine import wire
from farthing.engine.candidates import MAX_OTHER
from farthing.engine.generate import MAX_DRAFT, MAX_HEALED, Steps, generate
from farthing.engine.kv import BATCH, SMALL_BATCH, finish
from farthing.engine.kv_room import DOCUMENTS
from farthing.engine.runtime import Runtime
from farthing.errors import EngineError
from tests.support.fake_runtime import FakeFlag, FakeRuntime, Script


class Desk:
    """A fake runtime and what was emitted."""

    def __init__(self, script: Script, n_ctx: int = 512) -> None:
        self.script = script
        self.flag = FakeFlag()
        self.runtime = FakeRuntime(Path("m.gguf"), n_ctx, 1, self.flag)
        self.events: list[Any] = []

    def begin(self, prefix: str = "ab", suffix: str = "", max_tokens: int = 50, **more: Any) -> Steps:
        request = wire.Complete(7, "d", "m.gguf", prefix, suffix, max_tokens, **more)
        return generate(cast(Runtime, self.runtime), request, time.monotonic(), self.events.append)

    def run(self, prefix: str = "ab", suffix: str = "", max_tokens: int = 50, **more: Any) -> wire.Done:
        return finish(self.begin(prefix, suffix, max_tokens, **more))

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, wire.Token))


@pytest.fixture
def desk(script: Script) -> Desk:
    return Desk(script)


def test_the_answer_comes_piece_by_piece_and_ends(desk: Desk) -> None:
    desk.script.answer = "hello"
    done = desk.run("ab", "cd")
    assert desk.events[0] == wire.Prefilled(7, len("a") + len("cd") + 3, 0)
    assert [event.output_tokens for event in desk.events[1:]] == [2, 3, 4, 5, 6]
    assert desk.text == "hello"
    assert (done.id, done.reason, done.prompt_tokens, done.cached_tokens, done.output_tokens) == (7, "stop", 6, 0, 6)
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
def test_of_no_tokens_only_the_prompt_is_read(desk: Desk, limit: int) -> None:
    done = desk.run("ab", "cd", max_tokens=limit)
    assert (done.output_tokens, done.reason, desk.text) == (0, "length", "")
    assert desk.run("ab", "cd").cached_tokens == 5


def test_a_keystroke_reads_what_was_typed(desk: Desk) -> None:
    desk.run("p" * 200, "s" * 100)
    desk.script.batches.clear()
    done = desk.run("p" * 201, "s" * 100, max_tokens=1)
    assert (done.prompt_tokens, done.cached_tokens) == (303, 300)
    assert desk.script.batches == [2, 1]


@pytest.mark.parametrize(("urgency", "most"), [("keystroke", BATCH), ("chat", SMALL_BATCH), ("warm", SMALL_BATCH)])
def test_what_nobody_waits_for_is_read_in_small_batches(desk: Desk, urgency: wire.Urgency, most: int) -> None:
    desk.run("p" * 300, urgency=urgency)
    assert max(desk.script.batches) == most


def test_other_files_are_read_first(desk: Desk) -> None:
    desk.run("ab", "cd", header="xyz")
    assert desk.script.prompts == ["xyz" + "a" + "cd"]


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


class TestDrafts:
    """Tokens that are guessed and computed together."""

    TEXT = "for name in names:\n    print(name)\n"

    def test_right_guesses_save_batches_and_change_nothing(self, desk: Desk) -> None:
        desk.script.answer = self.TEXT
        done = desk.run(self.TEXT + "#\n", "", max_tokens=200)
        assert (desk.text, done.reason, done.output_tokens) == (self.TEXT, "stop", len(self.TEXT))
        assert len(desk.script.batches) < len(self.TEXT) // 2
        assert max(desk.script.batches[2:]) == 1 + MAX_DRAFT

    def test_they_come_from_what_is_behind_the_cursor_too(self, desk: Desk) -> None:
        desk.script.answer = self.TEXT
        desk.run("#\n", self.TEXT)
        assert desk.text == self.TEXT
        assert len(desk.script.batches) < len(self.TEXT) // 2

    @given(data=st.data())
    def test_wrong_guesses_change_nothing(self, data: st.DataObject) -> None:
        alphabet = st.sampled_from("ab\n")
        with pytest.MonkeyPatch.context() as patch:
            script = Script()
            patch.setattr(FakeRuntime, "script", script, raising=False)
            patch.setattr(FakeFlag, "script", script, raising=False)
            script.answer = data.draw(st.text(alphabet, max_size=30))
            desk = Desk(script)
            limit = data.draw(st.integers(1, 40))
            prefix = data.draw(st.text(alphabet, min_size=2, max_size=60))
            done = desk.run(prefix, data.draw(st.text(alphabet, max_size=60)), max_tokens=limit)
            healed = not prefix.endswith("\n")
            assert desk.text == script.answer[: limit - healed]
            assert done.output_tokens == min(limit, len(script.answer) + healed)

    def test_memory_that_cannot_be_cut_gets_no_guesses(self, script: Script) -> None:
        script.can_shift, script.answer = False, self.TEXT
        desk = Desk(script)
        desk.run(self.TEXT.replace("name", "game") + "#\n", "")
        assert desk.text == self.TEXT
        assert set(script.batches[1:]) == {1}

    def test_the_last_words_of_a_limit_are_not_exceeded(self, desk: Desk) -> None:
        desk.script.answer = self.TEXT
        for limit in range(1, 12):
            desk.events.clear()
            done = desk.run(self.TEXT + "#\n", "", max_tokens=limit)
            assert (desk.text, done.reason) == (self.TEXT[:limit], "length")


class TestCandidates:
    """Several answers to one prompt."""

    def several(self, desk: Desk, prefix: str = "ab\n", **more: Any) -> list[str]:
        """The texts of all answers."""
        desk.run(prefix, "cd", **{"candidates": 3, **more})
        return self.texts(desk)

    def texts(self, desk: Desk) -> list[str]:
        found = [""]
        for event in desk.events:
            if isinstance(event, wire.Ended):
                found.append("")
            elif isinstance(event, wire.Token):
                found[-1] += event.text
        return found

    def test_the_least_unlikely_ones_follow_the_best(self, desk: Desk) -> None:
        desk.script.answer, desk.script.others = "hello", {"jelly": 3.0, "help": 0.5, "hex": 2.0}
        assert self.several(desk) == ["hello", "help", "hex"]
        desk.events.clear()
        assert self.several(desk, candidates=1) == ["hello"]

    def test_only_what_differs_is_computed(self, desk: Desk) -> None:
        desk.script.answer, desk.script.others = "x" * 30 + "y", {"x" * 30 + "z": 1.0}
        self.several(desk, "ab\n" * 50)
        assert sum(desk.script.batches) < len("ab\n" * 50) + 3 + 60
        assert len(desk.script.prompts) == 1

    def test_what_is_required_is_spelled_by_each(self, desk: Desk) -> None:
        desk.script.answer, desk.script.others = "hello", {"jelly": 1.0}
        assert self.several(desk, "ab") == ["hello", "jelly"]

    def test_beyond_the_first_line_none_begins(self, desk: Desk) -> None:
        desk.script.answer, desk.script.others = "\na\nb", {"\na\nc": 1.0, "\nd": 2.0}
        assert self.several(desk) == ["\na\nb", "\nd"]

    def test_one_that_is_no_longer_wanted_makes_way_for_the_next(self, desk: Desk) -> None:
        desk.script.answer, desk.script.others = "hello", {"jelly": 1.0, "abcde": 2.0}
        request = wire.Complete(7, "d", "m.gguf", "ab\n", "cd", 50, candidates=3)

        def unwanted(number: int) -> bool:
            texts = self.texts(desk)
            return len(texts) == number + 1 and len(texts[number]) >= 2

        done = finish(generate(cast(Runtime, desk.runtime), request, 0.0, desk.events.append, unwanted))
        assert self.texts(desk) == ["he", "je", "ab"]
        assert (done.reason, done.output_tokens) == ("stop", 6)

    def test_others_are_short(self, desk: Desk) -> None:
        desk.script.answer, desk.script.others = "a" * 90, {"b" * 90: 1.0}
        assert self.several(desk, max_tokens=80) == ["a" * 80, "b" * MAX_OTHER]
        assert [event.reason for event in desk.events if isinstance(event, wire.Ended)] == ["length"]

    def test_memory_that_cannot_go_back_gives_one(self, script: Script) -> None:
        script.can_shift, script.answer, script.others = False, "hello", {"jelly": 1.0}
        assert self.several(Desk(script)) == ["hello"]

    def test_the_next_keystroke_finds_the_prompt(self, desk: Desk) -> None:
        desk.script.answer, desk.script.others = "hello", {"jelly": 1.0}
        self.several(desk, "p" * 200 + "\n")
        done = desk.run("p" * 200 + "\nq\n", "cd", max_tokens=1)
        assert done.prompt_tokens - done.cached_tokens == len("q\n") + len("cd") + 2

    @given(data=st.data())
    def test_each_is_one_that_was_possible(self, data: st.DataObject) -> None:
        words = st.text(st.sampled_from("ab "), min_size=1, max_size=6)
        with pytest.MonkeyPatch.context() as patch:
            script = Script()
            patch.setattr(FakeRuntime, "script", script, raising=False)
            patch.setattr(FakeFlag, "script", script, raising=False)
            script.answer = data.draw(words)
            script.others = data.draw(st.dictionaries(words, st.floats(0, 9), max_size=5))
            desk = Desk(script)
            count = data.draw(st.integers(1, 7))
            texts = self.several(desk, data.draw(words) + "\n", candidates=count)
        assert texts[0] == script.answer
        assert 1 <= len(texts) <= count
        possible = [script.answer, *script.others]
        assert all(any(each.startswith(text) for each in possible) for text in texts)


class TestPaused:
    """Where it yields, other work may come between."""

    @pytest.mark.parametrize("document", ["other", "d"])
    def test_other_work_comes_between_without_a_trace(self, desk: Desk, document: str) -> None:
        """Be it for other documents, or of another window for the same one."""
        desk.script.answer = "hello"
        work, done = desk.begin("ab\n", "cd"), None
        for i in range(100):
            try:
                next(work)
            except StopIteration as end:
                done = end.value
                break
            for other in range(2 * DOCUMENTS):
                name = "d" if document == "d" else f"{document}{other}"
                request = wire.Complete(8, name, "m.gguf", "x\n" * (i % 5 + 1), "", 2)
                finish(generate(cast(Runtime, desk.runtime), request, time.monotonic(), lambda event: None))
        assert isinstance(done, wire.Done) and (done.reason, desk.text) == ("stop", "hello")

    def test_given_up_during_prefill(self, desk: Desk) -> None:
        work = desk.begin("ab", "cd")
        next(work)
        desk.flag.raised = True
        next(work)
        next(work)
        work.close()
        assert desk.events == []
        assert desk.script.aborted == 2
        desk.flag.lower()
        assert desk.run("ab", "cd").reason == "stop"

    @pytest.mark.parametrize("steps", range(1, 9))
    def test_given_up_while_it_writes(self, desk: Desk, steps: int) -> None:
        desk.script.answer = "hello"
        work = desk.begin("abc\n", "cd")
        for _ in range(steps):
            next(work, None)
        work.close()
        desk.events.clear()
        desk.script.answer = "other"
        assert desk.run("abcd\n", "cd").reason == "stop"
        assert desk.text == "other"

    def test_an_error_while_it_writes_leaves_the_prompt(self, desk: Desk) -> None:
        work = desk.begin("abc\n", "cd")
        for _ in range(4):
            next(work)
        desk.script.error = EngineError("status 1")
        with pytest.raises(EngineError, match="status 1"):
            finish(work)
        desk.script.error = None
        assert desk.run("abc\n", "cd").cached_tokens == 8
