"""From a cursor to a suggestion: who is answered, when, and with what."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.base import EndReason, FimRequest, Usage
from farthing.backends.fake import FakeBackend
from farthing.completion.pipeline import Completion, CompletionPipeline, CompletionRequest
from farthing.errors import EngineCrashed
from farthing.settings import CompletionSettings

SETTINGS = CompletionSettings()
HEAD, TAIL = "def f(a, b):\n    total = ", "\n"


def at(head: str = HEAD, tail: str = TAIL, **changes: Any) -> CompletionRequest:
    """A cursor between two texts."""
    return replace(CompletionRequest("file:///a.py", head + tail, len(head), "python", "m.gguf"), **changes)


def text_of(completion: Completion | None) -> str | None:
    return completion.text if completion else None


async def turn() -> None:
    """One turn of the loop."""
    await asyncio.sleep(0)


class Desk:
    """A pipeline before a backend that writes a piece whenever it is told to."""

    def __init__(self, *pieces: str, error: Exception | None = None, reason: EndReason = "stop") -> None:
        self.hold = asyncio.Semaphore(0)
        self.backend = FakeBackend(pieces, error, self.hold, reason)
        self.pipeline = CompletionPipeline(self.backend)

    def ask(self, request: CompletionRequest) -> "asyncio.Task[Completion | None]":
        return asyncio.ensure_future(self.pipeline.complete(request, SETTINGS))

    async def asked(self, request: CompletionRequest) -> "asyncio.Task[Completion | None]":
        """Ask, and wait until the request has reached the backend or joined what runs there."""
        task = self.ask(request)
        for _ in range(3):
            await turn()
        return task

    async def write(self, pieces: int = 1) -> None:
        """Let the backend write, and the pipeline read it."""
        for _ in range(pieces):
            self.hold.release()
            for _ in range(4):
                await turn()

    def write_all(self) -> None:
        for _ in range(len(self.backend.pieces)):
            self.hold.release()


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    """No test leaves a task that waits."""
    yield
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def test_a_suggestion_with_what_it_cost() -> None:
    pipeline = CompletionPipeline(FakeBackend(["a ", "+ b", "\nprint(total)"]))
    completion = await pipeline.complete(at(), SETTINGS)
    assert completion is not None
    assert completion.text == "a + b"
    assert completion.usage == Usage(len(HEAD), 0, 3)
    assert 0 <= completion.first_token_ms <= completion.total_ms


async def test_the_backend_sees_windows_with_plain_line_breaks() -> None:
    backend = FakeBackend()
    await CompletionPipeline(backend).complete(at("a\r\nb", "c\r\nd"), CompletionSettings(max_tokens=7))
    assert backend.requests == [FimRequest("file:///a.py", "m.gguf", "a\nb", "c\nd", 7)]


async def test_the_backend_sees_the_cells_above_and_one_document_for_all_of_them() -> None:
    backend = FakeBackend()
    pipeline = CompletionPipeline(backend)
    await pipeline.complete(at("b = ", "", before="a = 1\n# %%\n", notebook="file:///n.ipynb"), SETTINGS)
    assert [(each.document, each.prefix) for each in backend.requests] == [("file:///n.ipynb", "a = 1\n# %%\nb = ")]


async def test_an_answer_is_given_again_only_below_the_same_cells() -> None:
    pipeline = CompletionPipeline(backend := FakeBackend(["first"]))
    one, other = at(before="a = 1\n"), at(before="a = 2\n")
    for request in (one, other, one):
        assert text_of(await pipeline.complete(request, SETTINGS)) == "first"
    assert len(backend.requests) == 2


async def test_the_backend_is_left_as_soon_as_the_end_is_seen() -> None:
    backend = FakeBackend(["ab", "\n", "more", "and more"])
    assert text_of(await CompletionPipeline(backend).complete(at(), SETTINGS)) == "ab"
    assert backend.given_up == 1


async def test_every_suggestion_has_an_id_of_its_own() -> None:
    pipeline = CompletionPipeline(FakeBackend(["xy"]))
    ids = [await pipeline.complete(at(document=f"{number}"), SETTINGS) for number in range(3)]
    assert len({each.id for each in ids if each}) == 3


@pytest.mark.parametrize("pieces", [[], ["  "], ["\n", "\n"]])
async def test_nothing_worth_showing_is_none(pieces: list[str]) -> None:
    pipeline = CompletionPipeline(FakeBackend(pieces))
    assert await pipeline.complete(at(), SETTINGS) is None
    assert await pipeline.complete(at(), SETTINGS) is None


@pytest.mark.parametrize("pieces", [[], ["  "], ["\n", "\n"]])
async def test_an_answer_says_what_it_cost_to_have_nothing_to_show(pieces: list[str]) -> None:
    answer = await CompletionPipeline(FakeBackend(pieces)).answer(at(), SETTINGS)
    assert answer is not None
    assert (answer.text, answer.usage) == ("", Usage(len(HEAD), 0, len(pieces)))
    assert answer.total_ms >= answer.first_token_ms >= 0


async def test_there_is_no_answer_when_newer_work_took_its_place() -> None:
    desk = Desk("x")
    older = asyncio.ensure_future(desk.pipeline.answer(at(), SETTINGS))
    await turn()
    await desk.asked(at(HEAD + "other."))
    assert await older is None


async def test_the_newest_request_wins_and_the_older_is_answered_at_once() -> None:
    desk = Desk("x", "y")
    older = await desk.asked(at())
    await desk.write()
    newer = await desk.asked(at(HEAD + "other."))
    assert older.done() and older.result() is None
    assert not newer.done()
    assert desk.backend.given_up == 1
    desk.write_all()
    assert text_of(await newer) == "xy"


async def test_two_documents_do_not_touch_each_other() -> None:
    desk = Desk("xy")
    one, two = await desk.asked(at(document="one")), await desk.asked(at(document="two"))
    await desk.write(2)
    assert (text_of(await one), text_of(await two)) == ("xy", "xy")
    assert desk.backend.given_up == 0


async def test_who_types_what_is_suggested_joins() -> None:
    desk = Desk("first", " + second")
    older = await desk.asked(at())
    await desk.write()
    newer = await desk.asked(at(HEAD + "fir"))
    assert older.done() and older.result() is None
    desk.write_all()
    assert text_of(await newer) == "st + second"
    assert text_of(await desk.pipeline.complete(at(HEAD + "first +"), SETTINGS)) == " second"
    assert len(desk.backend.requests) == 1


async def test_who_types_faster_than_the_model_joins_too() -> None:
    desk = Desk("first", " + second")
    await desk.asked(at())
    newer = await desk.asked(at(HEAD + "first + s"))
    desk.write_all()
    assert text_of(await newer) == "econd"
    assert len(desk.backend.requests) == 1


async def test_who_typed_something_else_meanwhile_gets_an_answer_from_there() -> None:
    desk = Desk("first", " + second")
    await desk.asked(at())
    newer = await desk.asked(at(HEAD + "fresh"))
    desk.write_all()
    await desk.write(2)
    assert text_of(await newer) == "first + second"
    assert [request.prefix for request in desk.backend.requests] == [HEAD, HEAD + "fresh"]
    assert desk.backend.given_up == 1


async def test_going_back_after_an_answer_that_was_contradicted_asks_again() -> None:
    desk = Desk("first")
    waiter = await desk.asked(at())
    desk.pipeline.document_changed("file:///a.py", HEAD + "x" + TAIL)
    await desk.write()
    assert await waiter is None
    again = await desk.asked(at())
    await desk.write()
    assert text_of(await again) == "first"
    assert len(desk.backend.requests) == 2


async def test_when_all_of_it_is_typed_the_next_request_is_a_new_question() -> None:
    pipeline = CompletionPipeline(backend := FakeBackend(["abc"]))
    await pipeline.complete(at(), SETTINGS)
    assert text_of(await pipeline.complete(at(HEAD + "abc"), SETTINGS)) == "abc"
    assert len(backend.requests) == 2


@pytest.mark.parametrize(
    "other",
    [
        at(HEAD + "fir", language="cython"),
        at(HEAD + "fir", model="other.gguf"),
        at(HEAD + "fir", multiline=True),
        at(HEAD + "fir", before="n = 1\n# %%\n"),
        at(HEAD + "x"),
        at(HEAD + "fir", tail="\n# more\n"),
        at("# more\n" + HEAD),
        at(HEAD + "fir", offset=len(HEAD)),
    ],
)
async def test_another_question_is_asked_anew(other: CompletionRequest) -> None:
    pipeline = CompletionPipeline(backend := FakeBackend(["first"]))
    await pipeline.complete(at(), SETTINGS)
    await pipeline.complete(other, SETTINGS)
    assert len(backend.requests) == 2


async def test_what_was_asked_outright_serves_a_request_that_came_by_itself() -> None:
    pipeline = CompletionPipeline(backend := FakeBackend(["a\n    return total"]))
    await pipeline.complete(at(multiline=True), SETTINGS)
    assert text_of(await pipeline.complete(at(), SETTINGS)) == "a\n    return total"
    assert len(backend.requests) == 1


async def test_a_document_that_contradicts_stops_the_backend_within_one_turn() -> None:
    desk = Desk("first", "second")
    waiter = await desk.asked(at())
    await desk.write()
    desk.pipeline.document_changed("file:///a.py", HEAD + "x" + TAIL)
    await turn()
    assert desk.backend.given_up == 1
    assert await waiter is None


@pytest.mark.parametrize("text", ["", HEAD, HEAD[:-1] + TAIL, "#" + HEAD + TAIL, HEAD + TAIL + "#"])
async def test_any_other_change_of_the_document_stops_it_too(text: str) -> None:
    desk = Desk("first", "second")
    await desk.asked(at())
    desk.pipeline.document_changed("file:///a.py", text)
    await turn()
    assert desk.backend.given_up == 1


async def test_a_document_that_agrees_lets_it_go_on() -> None:
    desk = Desk("first", "second")
    waiter = await desk.asked(at())
    for typed in ("f", "fi", "firs"):
        desk.pipeline.document_changed("file:///a.py", HEAD + typed + TAIL)
    await desk.write()
    desk.pipeline.document_changed("file:///b.py", "something else")
    assert desk.backend.given_up == 0
    desk.write_all()
    assert text_of(await waiter) == "firstsecond"


async def test_what_the_model_writes_next_is_held_against_what_was_typed() -> None:
    desk = Desk("first", "second")
    waiter = await desk.asked(at())
    desk.pipeline.document_changed("file:///a.py", HEAD + "fx" + TAIL)
    assert desk.backend.given_up == 0
    await desk.write()
    assert desk.backend.given_up == 1
    assert await waiter is None


async def test_a_cancelled_request_leaves_its_generation_for_the_next_one() -> None:
    desk = Desk("first", " + second")
    waiter = await desk.asked(at())
    await desk.write()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert desk.backend.given_up == 0
    await desk.write()
    assert text_of(await desk.pipeline.complete(at(), SETTINGS)) == "first + second"
    assert len(desk.backend.requests) == 1


async def test_an_error_is_raised_and_not_kept() -> None:
    pipeline = CompletionPipeline(backend := FakeBackend(["ab"], error=EngineCrashed("it died")))
    for asked in (1, 2):
        with pytest.raises(EngineCrashed, match="it died"):
            await pipeline.complete(at(), SETTINGS)
        assert len(backend.requests) == asked
    backend.error = None
    assert text_of(await pipeline.complete(at(), SETTINGS)) == "ab"


async def test_an_error_that_nobody_foresaw_is_raised_too() -> None:
    pipeline = CompletionPipeline(backend := FakeBackend(error=RuntimeError("a defect")))
    with pytest.raises(RuntimeError, match="a defect"):
        await asyncio.wait_for(pipeline.complete(at(), SETTINGS), 5)
    backend.error, backend.pieces = None, ["ab"]
    assert text_of(await pipeline.complete(at(), SETTINGS)) == "ab"


@pytest.mark.parametrize("reason", ["cancelled", "superseded"])
async def test_what_the_engine_did_not_finish_is_neither_shown_nor_kept(reason: EndReason) -> None:
    pipeline = CompletionPipeline(backend := FakeBackend(["half a w"], reason=reason))
    assert await pipeline.complete(at(), SETTINGS) is None
    backend.reason, backend.pieces = "stop", ["half a word"]
    assert text_of(await pipeline.complete(at(), SETTINGS)) == "half a word"


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"])
async def test_an_answer_has_the_line_breaks_of_its_document(breaks: str) -> None:
    head = f"def f(a, b):{breaks}    "
    backend = FakeBackend(["x = a\n    ", "y = b\r\n    return x"])
    pipeline = CompletionPipeline(backend)
    completion = await pipeline.complete(at(head, breaks), SETTINGS)
    assert text_of(completion) == f"x = a{breaks}    y = b{breaks}    return x"
    typed = at(f"{head}x = a{breaks}    ", breaks)
    assert text_of(await pipeline.complete(typed, SETTINGS)) == f"y = b{breaks}    return x"
    assert len(backend.requests) == 1


async def test_an_answer_that_runs_on_is_cut_where_the_file_parses() -> None:
    pipeline = CompletionPipeline(FakeBackend(["x = a\n    return foo("]))
    head = "def f(a, b):\n    "
    assert text_of(await pipeline.complete(at(head), SETTINGS)) == "x = a"
    assert text_of(await pipeline.complete(at(head, language="plaintext"), SETTINGS)) == "x = a\n    return foo("


async def test_a_closed_document_is_forgotten_and_its_request_answered() -> None:
    desk = Desk("first")
    waiter = await desk.asked(at())
    desk.pipeline.forget("file:///a.py")
    assert await waiter is None
    assert desk.backend.given_up == 1
    again = await desk.asked(at())
    await desk.write()
    assert text_of(await again) == "first"
    desk.pipeline.forget("file:///never-seen.py")


async def test_closing_ends_everything() -> None:
    desk = Desk("first")
    waiters = [await desk.asked(at(document=f"{number}")) for number in range(3)]
    await desk.pipeline.aclose()
    assert [await waiter for waiter in waiters] == [None] * 3
    assert desk.backend.given_up == 3


async def test_no_document_leaves_anything_behind_once_it_is_closed() -> None:
    pipeline = CompletionPipeline(FakeBackend(["x"]))
    for number in range(5):
        await pipeline.complete(at(document=f"{number}"), SETTINGS)
        pipeline.forget(f"{number}")
    await turn()
    owners = [vars(pipeline), vars(pipeline._generations)]
    assert [len(each) for owner in owners for each in owner.values() if isinstance(each, dict | set)] == [0, 0, 0]


texts = st.text("ab1 .()=+:\n", max_size=20)


@given(head=texts, tail=texts, answer=texts, breaks=st.sampled_from(["\n", "\r\n"]), multiline=st.booleans())
def test_an_answer_fits_between_what_is_there(head: str, tail: str, answer: str, breaks: str, multiline: bool) -> None:
    head, tail = head.replace("\n", breaks), tail.replace("\n", breaks)
    rest = tail.partition(breaks)[0].strip()
    backend = FakeBackend([answer + rest])
    request = at(head, tail, multiline=multiline)
    completion = asyncio.run(CompletionPipeline(backend).complete(request, SETTINGS))
    if completion is None:
        return
    text = completion.text
    assert text.strip() and text == text.rstrip()
    assert (answer + rest).replace("\n", breaks if breaks in head + tail else "\n").startswith(text)
    if rest and rest[0].isalnum():
        assert "\n" not in text
        assert rest not in text or rest in answer
