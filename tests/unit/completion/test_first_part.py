"""Requests that are answered with the first part of an answer, and told when there is more."""

import asyncio

import pytest

from farthing.backends.base import FimRequest
from farthing.completion import pipeline as module
from farthing.completion.pipeline import CompletionPipeline
from tests.unit.completion.test_pipeline import HEAD, SETTINGS, TAIL, Desk, at, text_of, turn


class Listener(Desk):
    """A desk whose client listens for growth."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(*pieces)
        self.grown: list[str] = []
        self.pipeline.on_growth = self.grown.append


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)


async def test_the_first_part_is_shown_and_the_rest_is_announced() -> None:
    desk = Listener("first", " + second", "\n")
    task = await desk.asked(at())
    await desk.write()
    part = await task
    assert part and (part.text, part.partial) == ("first", True)
    assert desk.grown == []
    await desk.write(2)
    assert desk.grown == ["file:///a.py"]
    whole = await desk.pipeline.complete(at(), SETTINGS)
    assert whole and (whole.text, whole.partial, whole.id) == ("first + second", False, part.id)
    assert len(desk.backend.requests) == 1


async def test_who_types_into_a_first_part_gets_its_rest_at_once() -> None:
    desk = Listener("first", " + second", "\n")
    task = await desk.asked(at())
    await desk.write()
    await task
    typed = await desk.pipeline.complete(at(HEAD + "fi"), SETTINGS)
    assert typed and (typed.text, typed.partial) == ("rst", True)
    closed = await desk.pipeline.complete(at(HEAD + "fir"), SETTINGS)
    assert text_of(closed) == "st"


async def test_a_single_character_is_not_worth_showing() -> None:
    desk = Listener("f", "irst", "\n")
    task = await desk.asked(at())
    await desk.write()
    assert not task.done()
    await desk.write()
    assert text_of(await task) == "first"


async def test_nothing_is_announced_that_was_shown_in_full() -> None:
    desk = Listener("first", "\n")
    task = await desk.asked(at())
    await desk.write()
    await task
    await desk.write()
    for _ in range(4):
        await turn()
    assert desk.grown == []


async def test_without_a_listener_answers_are_whole() -> None:
    desk = Desk("first", " + second", "\n")
    task = await desk.asked(at())
    await desk.write()
    assert not task.done()
    desk.write_all()
    assert text_of(await task) == "first + second"


async def test_warming_reads_and_gives_way() -> None:
    desk = Listener("first", "\n")
    desk.pipeline.warm(at(), SETTINGS)
    await turn()
    await turn()
    assert desk.backend.requests == [FimRequest("file:///a.py", "m.gguf", HEAD, TAIL, max_tokens=0, urgency="warm")]
    desk.pipeline.warm(at(HEAD + "x"), SETTINGS)
    for _ in range(3):
        await turn()
    assert desk.backend.given_up == 1
    task = await desk.asked(at())
    desk.pipeline.warm(at(HEAD + "y"), SETTINGS)
    await turn()
    assert [request.urgency for request in desk.backend.requests] == ["warm", "warm", "keystroke"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await desk.pipeline.aclose()


async def test_answers_are_remembered_after_an_undo() -> None:
    desk = Listener("first", "\n")
    desk.write_all()
    assert text_of(await desk.pipeline.complete(at(), SETTINGS)) == "first"
    other = asyncio.ensure_future(desk.pipeline.complete(at(HEAD + "zz"), SETTINGS))
    desk.write_all()
    await other
    again = await desk.pipeline.complete(at(), SETTINGS)
    assert again and (again.text, again.remembered, again.usage.input) == ("first", True, 0)
    back = await desk.pipeline.complete(at(HEAD[:-2]), SETTINGS)
    assert back and (back.text, back.remembered) == (HEAD[-2:] + "first", True)
    assert len(desk.backend.requests) == 2


async def test_a_closed_document_is_forgotten() -> None:
    desk = Desk("first", "\n")
    desk.write_all()
    await desk.pipeline.complete(at(), SETTINGS)
    desk.pipeline.closed("file:///a.py")
    desk.write_all()
    assert text_of(await desk.pipeline.complete(at(), SETTINGS)) == "first"
    assert len(desk.backend.requests) == 2
    assert isinstance(desk.pipeline, CompletionPipeline)
