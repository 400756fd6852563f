"""What the model is not sure of is not shown to who has not asked."""

import pytest

from farthing.completion import pipeline as module
from farthing.completion.confidence import LEAST_MEAN
from tests.unit.completion.test_pipeline import HEAD, SETTINGS, Desk, at, text_of, turn


class Unsure(Desk):
    """A desk whose model doubts every token."""

    def __init__(self, *pieces: str, listening: bool = False) -> None:
        super().__init__(*pieces)
        self.backend.logprob = -3.0
        self.grown: list[str] = []
        if listening:
            self.pipeline.on_growth = self.grown.append


async def test_only_who_asks_outright_gets_it() -> None:
    desk = Unsure("a", " + b")
    desk.backend.hold = None
    assert await desk.pipeline.complete(at(), SETTINGS) is None
    answer = await desk.pipeline.answer(at(), SETTINGS)
    assert answer and (answer.text, answer.withheld, answer.usage.output) == ("", True, 2)
    assert len(desk.backend.requests) == 1, "the same place is not asked about twice"
    assert text_of(await desk.pipeline.complete(at(multiline=True), SETTINGS)) == "a + b"
    assert text_of(await desk.pipeline.complete(at(), SETTINGS)) == "a + b", "it is known now"


async def test_no_more_is_written_once_the_first_line_is_there() -> None:
    desk = Unsure("if a:\n", "        b\n", "        c\n")
    desk.backend.hold = None
    assert await desk.pipeline.complete(at("def f():\n    "), SETTINGS) is None
    assert desk.backend.given_up == 1


async def test_who_types_what_was_withheld_asks_again() -> None:
    desk = Unsure("a", " + b")
    desk.backend.hold = None
    await desk.pipeline.complete(at(), SETTINGS)
    await desk.pipeline.complete(at(HEAD + "a"), SETTINGS)
    assert len(desk.backend.requests) == 2


async def test_the_first_part_is_not_shown_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    desk = Unsure("first", " + second\n", listening=True)
    task = await desk.asked(at())
    await desk.write()
    assert not task.done()
    await desk.write()
    assert await task is None
    assert desk.grown == []


async def test_what_was_shown_in_part_is_shown_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    desk = Unsure("first", " + second", "\n", listening=True)
    desk.backend.logprob = LEAST_MEAN
    task = await desk.asked(at())
    await desk.write()
    assert text_of(await task) == "first"
    desk.backend.logprob = -9.0
    await desk.write(2)
    assert desk.grown == ["file:///a.py"]
    assert text_of(await desk.pipeline.complete(at(), SETTINGS)) == "first + second"


async def test_a_backend_that_does_not_say_is_believed() -> None:
    desk = Desk("a", " + b")
    desk.write_all()
    assert text_of(await desk.pipeline.complete(at(), SETTINGS)) == "a + b"
    await turn()
