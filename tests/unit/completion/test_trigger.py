"""When an answer is begun that nobody asked for outright."""

import asyncio
import itertools

import pytest

from farthing.completion import cadence
from farthing.completion.pipeline import CompletionPipeline
from farthing.settings import CompletionSettings
from tests.unit.completion.test_pipeline import HEAD, TAIL, Desk, at, text_of, turn

MANUAL, IDLE = CompletionSettings(trigger="manual"), CompletionSettings(trigger="idle")
DOCUMENT = "file:///a.py"


async def settle() -> None:
    for _ in range(6):
        await turn()


async def test_manual_begins_nothing_by_itself() -> None:
    desk = Desk("a + b")
    desk.backend.hold = None
    assert await desk.pipeline.complete(at(), MANUAL) is None
    assert desk.backend.requests == []
    assert text_of(await desk.pipeline.complete(at(multiline=True), MANUAL)) == "a + b"
    assert text_of(await desk.pipeline.complete(at(HEAD + "a"), MANUAL)) == " + b"
    assert await desk.pipeline.complete(at(HEAD + "x"), MANUAL) is None
    assert text_of(await desk.pipeline.complete(at(), MANUAL)) == "a + b"
    assert len(desk.backend.requests) == 1


class TestIdle:
    """A pause that never comes, unless a test says so."""

    @pytest.fixture(autouse=True)
    def endless(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cadence, "IDLE_S", 3600.0)

    def ask(self, desk: Desk, head: str) -> "asyncio.Task[object]":
        desk.pipeline.document_changed(DOCUMENT, head + TAIL)
        return asyncio.ensure_future(desk.pipeline.complete(at(head), IDLE))

    async def test_every_key_waits_anew_and_the_earlier_one_is_answered(self) -> None:
        desk = Desk("a + b")
        first = self.ask(desk, HEAD)
        await settle()
        second = self.ask(desk, HEAD + "a")
        await settle()
        assert first.done() and first.result() is None
        assert not second.done() and desk.backend.requests == []
        await desk.pipeline.aclose()
        assert await second is None

    async def test_a_change_without_a_question_answers_it(self) -> None:
        desk = Desk("a + b")
        task = self.ask(desk, HEAD)
        await settle()
        desk.pipeline.document_changed(DOCUMENT, HEAD + "a" + TAIL)
        await settle()
        assert task.done() and task.result() is None

    async def test_the_same_place_is_the_same_wait(self) -> None:
        desk = Desk("a + b")
        self.ask(desk, HEAD)
        await settle()
        generation = desk.pipeline._generations.find(at())
        self.ask(desk, HEAD)
        await settle()
        assert generation is not None and desk.pipeline._generations.find(at()) is generation

    async def test_who_asks_outright_does_not_wait(self) -> None:
        desk = Desk("a + b")
        waiting = self.ask(desk, HEAD)
        await settle()
        desk.backend.hold = None
        assert text_of(await desk.pipeline.complete(at(multiline=True), IDLE)) == "a + b"
        assert await waiting is None
        assert text_of(await desk.pipeline.complete(at(HEAD + "a"), IDLE)) == " + b"

    async def test_after_the_pause_it_is_begun_where_the_user_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        desk = Desk("a + b")
        self.ask(desk, HEAD)
        await settle()
        monkeypatch.setattr(cadence, "IDLE_S", 0.0)
        task = self.ask(desk, HEAD + "a")
        await settle()
        assert [request.prefix for request in desk.backend.requests] == [HEAD + "a"]
        desk.write_all()
        await task

    async def test_a_wait_is_no_generation(self) -> None:
        desk, over = Desk("a + b"), []
        desk.pipeline.on_generated = lambda generation, outcome: over.append(generation)
        self.ask(desk, HEAD)
        await settle()
        await desk.pipeline.aclose()
        assert over == []


class TestAutomatic:
    """The wait goes by what was measured."""

    async def type(
        self, seconds: float, written: int, keys: str, is_engine: bool = False
    ) -> "tuple[Desk, float | None]":
        """Replace a character at such intervals, for each of which the model has time to write so many pieces."""
        times = itertools.count(0.0, seconds)
        desk = Desk("zz", "z")
        desk.backend.is_engine = is_engine
        desk.pipeline = CompletionPipeline(desk.backend, clock=times.__next__)
        asked = []
        for key in keys:
            desk.pipeline.document_changed(DOCUMENT, HEAD + key + TAIL)
            asked.append(asyncio.ensure_future(desk.pipeline.complete(at(HEAD + key), CompletionSettings())))
            await settle()
            await desk.write(written)
        assert all(task.done() for task in asked[:-1])
        return desk, desk.pipeline._cadence.wait("automatic")

    async def test_where_first_tokens_come_in_time_there_is_none(self) -> None:
        desk, wait = await self.type(1.0, 1, "abcdefgh")
        assert (len(desk.backend.requests), wait) == (8, 0.0)
        await desk.pipeline.aclose()

    async def test_where_none_comes_between_two_keys_it_waits_for_a_pause(self) -> None:
        desk, wait = await self.type(0.2, 0, "abcdefgh")
        assert wait == pytest.approx(0.25)
        # Until that is known, two keys and one generation that was given up, every key asks.
        assert len(desk.backend.requests) < 4
        await desk.pipeline.aclose()

    async def test_the_engine_is_never_waited_with(self) -> None:
        """What it has read for an answer that is given up stays read."""
        desk, _ = await self.type(0.2, 0, "abcdefgh", is_engine=True)
        assert len(desk.backend.requests) == 8
        await desk.pipeline.aclose()

    async def test_asking_twice_at_one_place_is_no_typing(self) -> None:
        times = itertools.count(0.0, 0.2)
        pipeline = CompletionPipeline((desk := Desk("a")).backend, clock=times.__next__)
        desk.backend.hold = None
        for _ in range(3):
            await pipeline.complete(at(), CompletionSettings())
        await pipeline.complete(at(multiline=True, offset=3), CompletionSettings())
        assert next(times) == pytest.approx(0.2)
        await pipeline.aclose()
