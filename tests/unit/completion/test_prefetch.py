"""What follows an accepted suggestion is there before it is asked for."""

import asyncio

import pytest

from farthing.completion import pipeline, prefetch
from farthing.completion.pipeline import CompletionRequest
from farthing.errors import EngineCrashed
from farthing.settings import CompletionSettings
from tests.unit.completion.test_pipeline import HEAD, SETTINGS, TAIL, Desk, at, text_of, turn

DOCUMENT = "file:///a.py"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "PAUSE_S", 0.0)


async def settle() -> None:
    for _ in range(8):
        await turn()


class Writer(Desk):
    """A desk with one answer for the first question, and another one for all that follow."""

    async def offer(self, then: str = "\n    return total", settings: CompletionSettings = SETTINGS) -> None:
        """A suggestion was handed out."""
        task = asyncio.ensure_future(self.pipeline.complete(at(), settings))
        await settle()
        self.write_all()
        self.backend.pieces = [then]
        assert text_of(await task) == "a + b"
        await settle()

    @property
    def urgencies(self) -> list[str]:
        return [request.urgency for request in self.backend.requests]

    def change(self, head: str, tail: str = TAIL) -> CompletionRequest:
        self.pipeline.document_changed(DOCUMENT, head + tail)
        return at(head, tail)


ACCEPTED = HEAD + "a + b"


async def test_who_accepts_is_answered_from_the_cache() -> None:
    desk = Writer("a + b")
    await desk.offer()
    assert desk.urgencies == ["keystroke", "prefetch"]
    assert desk.backend.requests[1].prefix == ACCEPTED
    await desk.write()
    answer = await desk.pipeline.complete(desk.change(ACCEPTED), SETTINGS)
    assert answer and (answer.text, answer.remembered, answer.usage.input) == ("\n    return total", True, 0)


async def test_who_accepts_while_it_is_written_waits_for_it() -> None:
    desk = Writer("a + b")
    await desk.offer()
    task = await desk.asked(desk.change(ACCEPTED))
    assert not task.done()
    await desk.write()
    assert text_of(await task) == "\n    return total"
    await settle()
    assert desk.urgencies == ["keystroke", "prefetch", "prefetch"], "and the next step is looked at"


async def test_the_model_goes_back_to_where_the_user_is() -> None:
    desk = Writer("a + b")
    await desk.offer()
    assert len(desk.backend.requests) == 2
    await desk.write()
    await settle()
    assert desk.urgencies == ["keystroke", "prefetch", "warm"]
    assert (desk.backend.requests[2].prefix, desk.backend.requests[2].max_tokens) == (HEAD, 0)


async def test_there_is_one_step_only() -> None:
    desk = Writer("a + b")
    await desk.offer()
    await desk.write()
    await settle()
    assert desk.urgencies.count("prefetch") == 1


async def test_who_types_it_is_served_meanwhile_and_finds_it_too() -> None:
    desk = Writer("a + b")
    await desk.offer()
    for typed in ("a", "a +", "a + "):
        assert text_of(await desk.pipeline.complete(desk.change(HEAD + typed), SETTINGS)) == "a + b"[len(typed) :]
    await desk.write()
    assert text_of(await desk.pipeline.complete(desk.change(ACCEPTED), SETTINGS)) == "\n    return total"
    assert desk.urgencies[:2] == ["keystroke", "prefetch"] and desk.backend.given_up == 0


@pytest.mark.parametrize("head", [HEAD + "x", HEAD + "a+", "# new\n" + HEAD, ACCEPTED + "x"])
async def test_a_keystroke_that_contradicts_ends_it(head: str) -> None:
    desk = Writer("a + b")
    await desk.offer()
    request = desk.change(head)
    await turn()
    assert desk.backend.given_up == 1
    task = await desk.asked(request)
    await desk.write()
    await task
    assert desk.urgencies[:3] == ["keystroke", "prefetch", "keystroke"]


async def test_a_pause_comes_first_and_every_key_begins_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "PAUSE_S", 3600.0)
    desk = Writer("a + b")
    await desk.offer()
    first = desk.pipeline._generations._ahead
    await desk.pipeline.complete(desk.change(HEAD + "a"), SETTINGS)
    second = desk.pipeline._generations._ahead
    assert first and second and first is not second and first.request == second.request
    assert first.done.done() and desk.urgencies == ["keystroke"]
    task = await desk.asked(desk.change(ACCEPTED))
    await desk.write()
    assert text_of(await task) == "\n    return total"
    assert desk.urgencies == ["keystroke"] * 2, "what waits for a pause is not waited for"


async def test_only_on_this_machine() -> None:
    desk = Writer("a + b")
    desk.backend.is_engine = False
    await desk.offer()
    assert desk.urgencies == ["keystroke"]


@pytest.mark.parametrize("trigger", ["idle", "manual"])
async def test_not_where_the_machine_is_to_be_spared(trigger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Writer("a + b")
    settings = CompletionSettings(trigger=trigger)  # type: ignore[arg-type]
    task = asyncio.ensure_future(desk.pipeline.complete(at(multiline=True), settings))
    desk.write_all()
    assert text_of(await task) == "a + b"
    await settle()
    assert desk.urgencies == ["keystroke"]


async def test_nothing_follows_what_was_withheld() -> None:
    desk = Writer("a + b")
    desk.backend.logprob = -9.0
    desk.write_all()
    assert await desk.pipeline.complete(at(), SETTINGS) is None
    await settle()
    assert desk.urgencies == ["keystroke"]


async def test_what_was_shown_before_its_end_is_followed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "PATIENCE_S", 0.0)
    desk = Writer("a + b", "\n")
    desk.pipeline.on_growth = lambda document: None
    task = await desk.asked(at())
    await desk.write()
    part = await task
    assert part and part.partial
    await desk.write()
    await settle()
    assert desk.urgencies == ["keystroke", "prefetch"]


async def test_an_unsure_continuation_is_not_kept() -> None:
    desk = Writer("a + b")
    await desk.offer()
    desk.backend.logprob = -9.0
    await desk.write()
    desk.backend.logprob, desk.backend.pieces = 0.0, ["other"]
    task = await desk.asked(desk.change(ACCEPTED))
    await desk.write(2)  # the place of the user is read meanwhile
    assert text_of(await task) == "other"


async def test_it_is_not_counted_as_an_answer() -> None:
    over: list[str] = []
    desk = Writer("a + b")
    desk.pipeline.on_generated = lambda generation, outcome: over.append(generation.id)
    await desk.offer()
    await desk.write()
    await settle()
    assert over == ["1"]


async def test_an_error_is_met_by_who_asks() -> None:
    desk = Writer("a + b")
    await desk.offer()
    desk.backend.error = EngineCrashed("it died")
    await desk.write()
    desk.backend.error = None
    task = await desk.asked(desk.change(ACCEPTED))
    await desk.write()
    assert text_of(await task) == "\n    return total"


async def test_a_cursor_that_goes_elsewhere_ends_it() -> None:
    desk = Writer("a + b")
    await desk.offer()
    desk.pipeline.warm(at(), SETTINGS)
    await settle()
    assert desk.urgencies == ["keystroke", "prefetch"], "it stands where it stood"
    desk.pipeline.warm(at(offset=3), SETTINGS)
    await settle()
    assert desk.urgencies == ["keystroke", "prefetch", "warm"]
    assert desk.backend.given_up == 1


async def test_a_closed_document_is_not_looked_at() -> None:
    desk = Writer("a + b")
    await desk.offer()
    desk.pipeline.closed(DOCUMENT)
    await turn()
    assert desk.backend.given_up == 1
    await desk.pipeline.aclose()
