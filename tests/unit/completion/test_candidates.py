"""Several suggestions for who asks outright."""

import pytest

from farthing.completion import pipeline as module
from farthing.completion.pipeline import CompletionPipeline
from tests.unit.completion.test_pipeline import HEAD, SETTINGS, TAIL, Desk, at, text_of, turn

WANTED = at(multiline=True, candidates=3)
DOCUMENT = "file:///a.py"


def desk_of(*answers: list[str], listening: bool = False) -> tuple[Desk, list[str]]:
    """A desk whose backend has several answers, and what it is told of growth."""
    desk, grown = Desk(*answers[0]), list[str]()
    desk.backend.others = answers[1:]
    if listening:
        desk.pipeline.on_growth = grown.append
    return desk, grown


async def all_texts(*answers: list[str]) -> tuple[str, ...]:
    desk, _ = desk_of(*answers)
    desk.backend.hold = None
    completion = await desk.pipeline.complete(WANTED, SETTINGS)
    return completion.texts if completion else ()


async def test_the_best_comes_first() -> None:
    assert await all_texts(["a", " + b\n"], ["sum(a)\n"], ["b * 2\n"]) == ("a + b", "sum(a)", "b * 2")


async def test_each_ends_by_the_rule_and_is_mended() -> None:
    assert await all_texts(["a + b)\n"], ["(a, b)\n", "x = 1\n"], ["b * 2  \n"]) == ("a + b", "(a, b)", "b * 2")


@pytest.mark.parametrize("other", ["a+b", "a + b;", "a +  b", "", "  \n"])
async def test_what_says_the_same_or_nothing_is_dropped(other: str) -> None:
    assert await all_texts(["a + b\n"], [other + "\n"], ["b * 2\n"]) == ("a + b", "b * 2")


async def test_nothing_is_offered_where_the_best_answer_is_none() -> None:
    assert await all_texts(["\n\n\n\n"], ["sum(a)\n"]) == ()


async def test_no_more_is_read_of_an_answer_than_is_needed() -> None:
    desk, _ = desk_of(["a + b\n", "x = 1\n", "more"], ["b * 2\n", "x = 1\n", "more"])
    desk.backend.hold = None
    completion = await desk.pipeline.complete(WANTED, SETTINGS)
    assert completion and (completion.texts, completion.usage.output) == (("a + b", "b * 2"), 2)
    assert desk.backend.given_up == 0


async def test_who_types_one_of_them_keeps_it() -> None:
    desk, _ = desk_of(["a + b\n"], ["sum(a)\n"], ["a - b\n"])
    desk.backend.hold = None
    await desk.pipeline.complete(WANTED, SETTINGS)
    minus = await desk.pipeline.complete(at(HEAD + "a "), SETTINGS)
    assert minus and minus.texts == ("+ b", "- b")
    assert text_of(await desk.pipeline.complete(at(HEAD + "su"), SETTINGS)) == "m(a)"
    assert len(desk.backend.requests) == 1


async def test_all_are_there_again_after_an_undo() -> None:
    desk, _ = desk_of(["a + b\n"], ["sum(a)\n"])
    desk.backend.hold = None
    await desk.pipeline.complete(WANTED, SETTINGS)
    await desk.pipeline.complete(at(HEAD + "zz"), SETTINGS)
    again = await desk.pipeline.complete(WANTED, SETTINGS)
    assert again and (again.texts, again.remembered) == (("a + b", "sum(a)"), True)
    back = await desk.pipeline.complete(at(HEAD[:-2]), SETTINGS)
    assert back and back.texts == (HEAD[-2:] + "a + b", HEAD[-2:] + "sum(a)")


async def test_a_server_of_the_team_is_asked_for_one() -> None:
    desk, _ = desk_of(["a", " + b", "\nx = 1\n", "more"], ["sum(a)\n"])
    desk.backend.hold, desk.backend.is_engine = None, False
    completion = await desk.pipeline.complete(WANTED, SETTINGS)
    assert completion and completion.texts == ("a + b",)
    assert (desk.backend.requests[0].candidates, desk.backend.given_up) == (1, 1)


class TestGrowth:
    """An editor that listens."""

    @pytest.fixture(autouse=True)
    def no_patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "PATIENCE_S", 0.0)

    async def test_the_best_is_shown_at_once_then_whole_then_the_others(self) -> None:
        desk, grown = desk_of(["first", " + second\n"], ["other\n"], listening=True)
        task = await desk.asked(WANTED)
        await desk.write()
        assert text_of(await task) == "first"
        await desk.write()
        assert grown == [DOCUMENT]
        whole = await desk.pipeline.complete(at(), SETTINGS)
        assert whole and (whole.texts, whole.partial) == (("first + second",), True)
        await desk.write()
        assert grown == [DOCUMENT] * 2
        every = await desk.pipeline.complete(at(), SETTINGS)
        assert every and (every.texts, every.partial) == (("first + second", "other"), False)
        assert len(desk.backend.requests) == 1

    async def test_nothing_is_announced_when_there_are_no_others(self) -> None:
        desk, grown = desk_of(["first", "\n"], ["first;\n"], listening=True)
        task = await desk.asked(WANTED)
        await desk.write()
        await task
        await desk.write(2)
        assert grown == []

    async def test_a_keystroke_that_agrees_ends_the_others(self) -> None:
        desk, _ = desk_of(["first\n"], ["o", "ther\n"], ["third\n"], listening=True)
        await desk.asked(WANTED)
        await desk.write()
        desk.pipeline.document_changed(DOCUMENT, HEAD + "fir" + TAIL)
        part = await desk.pipeline.complete(at(HEAD + "fir"), SETTINGS)
        assert part and (part.text, part.partial) == ("st", True)
        await desk.write()
        assert desk.backend.given_up == 1
        whole = await desk.pipeline.complete(at(HEAD + "fir"), SETTINGS)
        assert whole and (whole.texts, whole.partial) == (("st",), False)

    async def test_any_other_keystroke_ends_all(self) -> None:
        desk, _ = desk_of(["first\n"], ["o", "ther\n"], listening=True)
        await desk.asked(WANTED)
        await desk.write(2)
        desk.pipeline.document_changed(DOCUMENT, HEAD + "x" + TAIL)
        await turn()
        assert desk.backend.given_up == 1
        assert isinstance(desk.pipeline, CompletionPipeline)
