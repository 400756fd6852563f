"""Who is answered by the one compute thread, when, and how often."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from farthing.engine import scheduler as module
from farthing.engine import wire
from farthing.engine.scheduler import MAX_LOADED, Job, Scheduler
from farthing.errors import EngineError, ModelUnusable
from tests.support.fake_runtime import WAIT_S, Script, follow

FINAL = (wire.Done, wire.Failed, wire.Loaded)


class Desk:
    """A scheduler, its jobs, and what they and all others were told."""

    def __init__(self, script: Script, folder: Path, threads: int = 1) -> None:
        self.script = script
        self.folder = folder
        self.changed = threading.Condition()
        self.events: dict[int, list[Any]] = {}
        self.states: list[str] = []
        self.scheduler = Scheduler(512, threads, self._on_state)

    def _on_state(self, change: wire.StateChange) -> None:
        with self.changed:
            self.states.append(change.state)
            self.changed.notify_all()

    def model(self, name: str) -> str:
        (self.folder / name).touch()
        return str(self.folder / name)

    def submit(self, request: wire.Complete | wire.Chat | wire.Load, owner: object = None) -> int:
        events = self.events.setdefault(request.id, [])

        def emit(event: wire.Event) -> None:
            with self.changed:
                events.append(event)
                self.changed.notify_all()
            with self.script.changed:
                self.script.changed.notify_all()

        self.scheduler.submit(Job(request, owner or self, emit))
        return request.id

    def complete(self, id: int, document: str = "d", owner: object = None, model: str = "m.gguf") -> int:
        return self.submit(wire.Complete(id, document, self.model(model), f"p{id}\n", "", 20), owner)

    def ask(
        self, id: int, prefix: str, urgency: wire.Urgency = "keystroke", document: str = "d", suffix: str = ""
    ) -> int:
        """A completion; a warm-up has no answer."""
        limit = 0 if urgency == "warm" else 20
        request = wire.Complete(id, document, self.model("m.gguf"), prefix, suffix, limit, urgency=urgency)
        return self.submit(request)

    def pause(self, id: int) -> None:
        """A warm-up of 302 tokens is interrupted after 128 of them by the keystroke ``id``, which is held."""
        self.script.hold(allowed=2)
        self.ask(1, "w" * 299 + "\n", "warm", "w")
        self.script.wait("waiting", 1)
        self.ask(id, "k\n", document="k")
        self.script.wait("aborted", 1)
        self.script.wait("waiting", 2)

    def chat(self, id: int, text: str = "What?", conversation: str = "d", owner: object = None) -> int:
        request = wire.Chat(id, conversation, self.model("m.gguf"), (("user", text),), 20)
        return self.submit(request, owner)

    def load(self, id: int, model: str) -> int:
        return self.submit(wire.Load(id, self.model(model)))

    def end(self, id: int) -> Any:
        """The final event of a job; there is exactly one, and nothing comes after it."""
        with self.changed:
            assert self.changed.wait_for(lambda: self._final(id), WAIT_S), f"request {id} was not answered"
            return self._final(id)[0]

    def ended(self, id: int) -> Any:
        """The same, of a job that must have been answered by now."""
        with self.changed:
            return self._final(id)[0]

    def _final(self, id: int) -> list[Any]:
        return [event for event in self.events[id] if isinstance(event, FINAL)]

    def wait_idle(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.states[-1:] == ["idle"] and not self.scheduler.busy, WAIT_S)


@pytest.fixture
def desk(script: Script, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(script, tmp_path)
    yield desk
    script.let_go()
    desk.scheduler.close()
    for id, events in desk.events.items():
        assert [isinstance(event, FINAL) for event in events].count(True) == 1, f"answers of {id}: {events}"
        assert isinstance(events[-1], FINAL), f"request {id} was told something after its end"


def test_a_completion_is_generated(desk: Desk) -> None:
    desk.script.answer = "xy"
    done = desk.end(desk.complete(1))
    assert (done.reason, done.output_tokens) == ("stop", 2)
    assert [type(event) for event in desk.events[1]] == [wire.Prefilled, wire.Token, wire.Token, wire.Done]
    desk.wait_idle()
    assert desk.states == ["loading", "generating", "idle"]


def test_jobs_are_done_in_order(desk: Desk) -> None:
    desk.script.held = True
    for id in (1, 2, 3):
        desk.complete(id, document=f"{id}")
    desk.script.let_go()
    assert [desk.end(id).reason for id in (1, 2, 3)] == ["stop"] * 3
    assert desk.script.prompts == ["p1\n", "p2\n", "p3\n"]


def test_the_newest_of_a_document_supersedes_the_one_at_work(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1)
    desk.script.wait("waiting", 1)
    desk.complete(2)
    assert desk.ended(1).reason == "superseded"
    desk.script.wait("aborted", 1)
    desk.script.let_go()
    assert desk.end(2).reason == "stop"


def test_the_newest_of_a_document_supersedes_those_in_the_queue(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1, document="other")
    desk.script.wait("waiting", 1)
    desk.complete(2)
    desk.complete(3)
    assert desk.ended(2).reason == "superseded"
    assert desk.script.aborted == 0
    desk.script.let_go()
    assert desk.end(1).reason == desk.end(3).reason == "stop"
    assert desk.script.prompts == ["p1\n", "p3\n"]


def test_other_documents_and_other_windows_are_left_alone(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1, document="a", owner="one")
    desk.complete(2, document="b", owner="one")
    desk.complete(3, document="a", owner="two")
    desk.script.let_go()
    assert [desk.end(id).reason for id in (1, 2, 3)] == ["stop"] * 3


def test_cancelling_what_works_answers_at_once_and_stops_it(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1)
    desk.script.wait("waiting", 1)
    desk.scheduler.cancel(desk, 1)
    assert desk.ended(1).reason == "cancelled"
    desk.script.wait("aborted", 1)
    desk.wait_idle()


def test_cancelling_what_waits_keeps_it_from_the_model(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1, document="a")
    desk.script.wait("waiting", 1)
    desk.complete(2, document="b")
    desk.scheduler.cancel(desk, 2)
    assert desk.ended(2).reason == "cancelled"
    desk.script.let_go()
    assert desk.end(1).reason == "stop"
    desk.wait_idle()
    assert desk.script.prompts == ["p1\n"]


def test_all_of_one_owner_are_cancelled_and_no_others(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1, document="a", owner="one")
    desk.complete(2, document="b", owner="one")
    desk.complete(3, document="c", owner="two")
    desk.scheduler.cancel("one")
    assert desk.ended(1).reason == desk.ended(2).reason == "cancelled"
    desk.script.let_go()
    assert desk.end(3).reason == "stop"


def test_what_is_unknown_or_over_can_be_cancelled(desk: Desk) -> None:
    desk.end(desk.complete(1))
    desk.scheduler.cancel(desk, 1)
    desk.scheduler.cancel(desk, 99)
    desk.scheduler.cancel("nobody")
    assert desk.end(desk.complete(2)).reason == "stop"


def test_cancelling_twice_answers_once(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1)
    desk.script.wait("waiting", 1)
    desk.scheduler.cancel(desk, 1)
    desk.scheduler.cancel(desk)
    desk.complete(2)
    desk.script.let_go()
    assert desk.end(2).reason == "stop"


def test_loads_are_not_superseded(desk: Desk) -> None:
    desk.script.load_held = True
    desk.load(1, "a.gguf")
    desk.load(2, "a.gguf")
    desk.complete(3, model="a.gguf")
    desk.script.let_go()
    for id in (1, 2):
        loaded = desk.end(id)
        assert isinstance(loaded, wire.Loaded) and loaded.fim
    assert desk.end(3).reason == "stop"
    assert desk.script.loaded == ["a.gguf"]


def test_a_load_that_is_given_up_is_answered_too(desk: Desk) -> None:
    desk.script.load_held = True
    desk.load(1, "a.gguf")
    desk.script.wait("loading", 1)
    desk.load(2, "b.gguf")
    desk.scheduler.cancel(desk)
    assert {desk.ended(id).kind for id in (1, 2)} == {"Cancelled"}


def test_the_model_unused_for_longest_makes_room(desk: Desk) -> None:
    for id, model in enumerate(["a", "b", "a", "c"], 1):
        desk.end(desk.load(id, model))
    assert MAX_LOADED == 2
    assert desk.script.closed == ["b"]
    assert [Path(path).name for path in desk.scheduler.report(9).models] == ["a", "c"]


def test_a_missing_file_fails_and_costs_no_loaded_model(desk: Desk) -> None:
    for id, model in enumerate(["a", "b"], 1):
        desk.end(desk.load(id, model))
    desk.submit(wire.Load(3, "/nowhere/m.gguf"))
    failed = desk.end(3)
    assert (failed.kind, failed.message) == ("ModelUnusable", "there is no model file /nowhere/m.gguf")
    assert desk.script.closed == []


@pytest.mark.parametrize(
    ("error", "kind", "message", "fix"),
    [
        (ModelUnusable("it is no model", "Pull it"), "ModelUnusable", "it is no model", "Pull it"),
        (EngineError("status 1"), "EngineError", "status 1", ""),
        (MemoryError(), "EngineError", "the engine failed ()", "See its log"),
        (RuntimeError("a defect"), "EngineError", "the engine failed (a defect)", "See its log"),
        (OSError("gone"), "EngineError", "the engine failed (gone)", "See its log"),
    ],
)
def test_an_error_is_told_and_the_next_job_is_done(
    desk: Desk, error: Exception, kind: str, message: str, fix: str
) -> None:
    desk.script.error = error
    failed = desk.end(desk.complete(1))
    assert (failed.kind, failed.message, failed.fix) == (kind, message, fix)
    desk.script.error = None
    assert desk.end(desk.complete(2)).reason == "stop"


def test_a_model_that_cannot_be_loaded_is_tried_again_next_time(desk: Desk) -> None:
    desk.script.load_error = ModelUnusable("it is cut off")
    assert desk.end(desk.load(1, "a")).kind == "ModelUnusable"
    desk.wait_idle()
    desk.script.load_error = None
    assert isinstance(desk.end(desk.load(2, "a")), wire.Loaded)


def test_the_report_says_what_goes_on(desk: Desk) -> None:
    assert desk.scheduler.report(5).state == "idle"
    desk.script.held = True
    desk.complete(1, document="a")
    desk.complete(2, document="b")
    desk.script.wait("waiting", 1)
    report = desk.scheduler.report(6)
    assert (report.id, report.state, report.queued, report.threads) == (6, "generating", 1, 1)
    assert desk.scheduler.busy


def test_a_keystroke_comes_before_a_warm_up_which_goes_on_afterwards(desk: Desk) -> None:
    desk.pause(2)
    assert desk.script.batches == [64, 64]
    desk.script.let_go()
    assert desk.end(2).reason == "stop"
    done = desk.end(1)
    assert (done.reason, done.prompt_tokens, done.output_tokens) == ("length", 303, 0)
    assert desk.script.prompts == ["w" * 299 + "\n", "k\n"]
    # 4 tokens and 6 of an answer for the keystroke; nothing of the warm-up was computed twice.
    assert sum(desk.script.batches) == 303 + 5 + 6
    assert desk.script.batches[-3:] == [64, 46, 1]


def test_a_keystroke_comes_between_the_tokens_of_an_answer(desk: Desk) -> None:
    desk.script.hold(allowed=4)
    desk.ask(1, "c\n", "chat", "c")
    desk.script.wait("waiting", 1)
    desk.ask(2, "k\n", document="k")
    desk.script.wait("waiting", 2)
    desk.script.let_go()
    assert desk.end(2).reason == desk.end(1).reason == "stop"
    for id in (1, 2):
        assert "".join(event.text for event in desk.events[id] if isinstance(event, wire.Token)) == "answer"


def test_a_keystroke_comes_between_the_tokens_of_a_chat(desk: Desk) -> None:
    desk.script.hold(allowed=3)
    desk.chat(1)
    desk.script.wait("waiting", 1)
    desk.ask(2, "k\n", document="d")
    desk.script.wait("waiting", 2)
    assert desk.script.aborted == 1
    desk.script.let_go()
    assert desk.end(2).reason == desk.end(1).reason == "stop"
    for id in (1, 2):
        assert "".join(event.text for event in desk.events[id] if isinstance(event, wire.Token)) == "answer"
    desk.wait_idle()
    assert desk.states == ["loading", "generating", "idle"], "somebody waited all the time"


def test_a_chat_comes_before_what_nobody_waits_for(desk: Desk) -> None:
    desk.script.hold(allowed=2)
    desk.ask(1, "w" * 299 + "\n", "warm", "w")
    desk.script.wait("waiting", 1)
    desk.chat(2)
    desk.script.wait("aborted", 1)
    desk.script.let_go()
    assert desk.end(2).reason == "stop"
    assert desk.end(1).prompt_tokens == 303


def test_the_newest_of_a_conversation_supersedes_and_no_document_of_its_name_does(desk: Desk) -> None:
    desk.script.held = True
    desk.chat(1, "first")
    desk.script.wait("waiting", 1)
    desk.complete(2, document="d")
    desk.chat(3, "other", owner="another window")
    desk.chat(4, "another", "e")
    assert not any(desk.events[id] for id in (1, 2, 3, 4))
    desk.chat(5, "second")
    assert desk.ended(1).reason == "superseded"
    desk.script.let_go()
    assert [desk.end(id).reason for id in (2, 3, 4, 5)] == ["stop"] * 4


def test_a_chat_that_works_is_cancelled_at_once(desk: Desk) -> None:
    desk.script.hold(allowed=3)
    desk.chat(1)
    desk.script.wait("waiting", 1)
    desk.scheduler.cancel(desk, 1)
    assert desk.ended(1).reason == "cancelled"
    desk.script.wait("aborted", 1)
    desk.script.let_go()
    assert desk.end(desk.chat(2)).reason == "stop"


def test_the_most_urgent_is_done_first(desk: Desk) -> None:
    desk.script.held = True
    desk.ask(1, "first\n", document="0")
    desk.script.wait("waiting", 1)
    urgencies: tuple[wire.Urgency, ...] = ("warm", "prefetch", "chat", "keystroke", "warm", "keystroke")
    for id, urgency in enumerate(urgencies, 2):
        desk.ask(id, f"{id} {urgency}\n", urgency, f"{id}")
    assert desk.script.aborted == 0
    desk.script.let_go()
    for id in range(1, 8):
        desk.end(id)
    assert [prompt.split()[-1] for prompt in desk.script.prompts[1:]] == [
        "keystroke", "keystroke", "chat", "prefetch", "warm", "warm",
    ]  # fmt: skip
    assert desk.script.prompts[1] == "5 keystroke\n"


@pytest.mark.parametrize(
    ("older", "newer", "superseded"),
    [
        ("keystroke", "keystroke", True),
        ("warm", "keystroke", True),
        ("chat", "keystroke", True),
        ("warm", "warm", True),
        ("keystroke", "warm", False),
        ("keystroke", "prefetch", False),
        ("prefetch", "warm", False),
    ],
)
@pytest.mark.parametrize("queued", [False, True])
def test_only_what_is_as_urgent_supersedes(
    desk: Desk, older: wire.Urgency, newer: wire.Urgency, superseded: bool, queued: bool
) -> None:
    desk.script.held = True
    if queued:
        desk.ask(9, "first\n", document="0")
        desk.script.wait("waiting", 1)
    desk.ask(1, "old\n", older)
    if not queued:
        desk.script.wait("waiting", 1)
    desk.ask(2, "new\n", newer)
    assert [event.reason for event in desk.events[1]] == ["superseded"] * superseded
    desk.script.let_go()
    assert desk.end(1).reason == ("superseded" if superseded else "length" if older == "warm" else "stop")
    assert desk.end(2).reason == ("length" if newer == "warm" else "stop")


def test_what_is_paused_can_be_cancelled(desk: Desk) -> None:
    desk.pause(2)
    desk.scheduler.cancel(desk, 1)
    assert desk.ended(1).reason == "cancelled"
    desk.script.let_go()
    assert desk.end(2).reason == "stop"
    desk.wait_idle()
    assert sum(desk.script.batches) == 128 + 5 + 6
    desk.ask(3, "w" * 299 + "\n", "warm", "w")
    assert desk.end(3).cached_tokens == 128


def test_what_is_paused_can_be_superseded(desk: Desk) -> None:
    desk.pause(2)
    desk.ask(3, "w" * 299 + "\nx\n", document="w")
    assert desk.ended(1).reason == "superseded"
    desk.script.let_go()
    assert desk.end(2).reason == "stop"
    assert desk.end(3).cached_tokens == 128


def test_a_failure_leaves_what_is_paused_alone(desk: Desk) -> None:
    desk.script.hold(allowed=2)
    desk.ask(1, "w" * 299 + "\n", "warm", "w")
    desk.script.wait("waiting", 1)
    desk.script.load_error = ModelUnusable("it is cut off")
    desk.complete(2, model="other.gguf")
    assert desk.end(2).kind == "ModelUnusable"
    desk.script.let_go()
    assert desk.end(1).reason == "length"
    assert sum(desk.script.batches) == 303


def test_a_warm_up_is_no_news(desk: Desk) -> None:
    desk.pause(2)
    desk.script.hold(allowed=8)
    desk.end(2)
    desk.script.wait("waiting", 3)
    with desk.changed:
        assert desk.changed.wait_for(lambda: desk.states[-1] == "idle", WAIT_S)
    assert desk.states == ["loading", "idle", "generating", "idle"]
    assert desk.scheduler.busy
    desk.script.let_go()
    desk.end(1)


def test_cancelling_the_last_job_makes_it_idle(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1)
    desk.script.wait("waiting", 1)
    desk.scheduler.cancel(desk, 1)
    desk.wait_idle()
    assert desk.scheduler.report(5).state == "idle"


def test_two_windows_may_show_the_same_file(desk: Desk) -> None:
    desk.script.hold(allowed=2)
    request = wire.Complete(1, "d", desk.model("m.gguf"), "w" * 299 + "\n", "tail" * 9, 0, urgency="warm")
    desk.submit(request, "one")
    desk.script.wait("waiting", 1)
    desk.submit(wire.Complete(2, "d", desk.model("m.gguf"), "w" * 9 + "\n", "tail" * 9, 20), "two")
    desk.script.wait("waiting", 2)
    desk.script.let_go()
    assert (desk.end(2).reason, desk.end(1).reason) == ("stop", "length")
    assert "".join(event.text for event in desk.events[2] if isinstance(event, wire.Token)) == "answer"


class TestRoom:
    """A context that is too small for all that is under way: here 512 cells."""

    @pytest.mark.parametrize("can_shift", [True, False])
    @pytest.mark.parametrize("urgency", ["chat", "prefetch", "warm"])
    def test_a_keystroke_is_not_refused_for_what_is_paused(
        self, desk: Desk, urgency: wire.Urgency, can_shift: bool
    ) -> None:
        desk.script.can_shift = can_shift
        desk.script.hold(allowed=4)
        desk.ask(1, "w" * 399 + "\n", urgency, "w")
        desk.script.wait("waiting", 1)
        desk.ask(2, "k" * 299 + "\n", document="k")
        desk.script.wait("waiting", 2)
        desk.script.let_go()
        assert desk.end(2).reason == "stop"
        done = desk.end(1)
        assert done.reason == ("length" if urgency == "warm" else "stop")
        assert done.cached_tokens == 0
        if urgency != "warm":
            assert "".join(event.text for event in desk.events[1] if isinstance(event, wire.Token)) == "answer"

    def test_an_answer_that_was_begun_goes_on_where_it_was(self, desk: Desk) -> None:
        desk.script.hold(allowed=7 + 1 + 3)
        desk.ask(1, "c" * 399 + "\n", "chat", "c")
        desk.script.wait("waiting", 1)
        assert [event.text for event in desk.events[1] if isinstance(event, wire.Token)] == ["a", "n", "s", "w"]
        desk.ask(2, "k" * 299 + "\n", document="k")
        desk.script.wait("waiting", 2)
        desk.script.let_go()
        assert desk.end(2).reason == desk.end(1).reason == "stop"
        for id in (1, 2):
            assert "".join(event.text for event in desk.events[id] if isinstance(event, wire.Token)) == "answer"

    def test_all_urgencies_at_once(self, desk: Desk) -> None:
        urgencies: tuple[wire.Urgency, ...] = ("warm", "prefetch", "chat", "keystroke")
        for id, urgency in enumerate(urgencies, 1):
            desk.script.hold(allowed=3)
            desk.ask(id, f"{id}" * 299 + "\n", urgency, f"{id}")
            desk.script.wait("waiting", id)
        desk.script.let_go()
        assert [desk.end(id).reason for id in (4, 3, 2, 1)] == ["stop", "stop", "stop", "length"]


class TestRefresh:
    """Idle time is used for cells that were moved."""

    @pytest.fixture
    def idle(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
        """A desk whose scheduler was just held in the first batch of a refresh."""
        monkeypatch.setattr(module, "REFRESH_S", 0.001)
        desk.script.answer = ""
        desk.script.hold(allowed=3 + 1 + 1 + 1)  # two prompts, each with its last marker
        for id, typed in ((1, ""), (2, "q\n")):
            desk.end(desk.ask(id, "p" * 200 + "\n" + typed, suffix="s" * 100))
        desk.script.wait("waiting", 1)
        return desk

    def test_moved_cells_are_computed_anew_and_once(self, idle: Desk) -> None:
        idle.script.let_go()
        idle.script.wait("batches", 8)
        done = idle.end(idle.ask(3, "p" * 200 + "\nqr\n", suffix="s" * 100))
        assert done.cached_tokens == done.prompt_tokens - 4

    def test_a_keystroke_interrupts_it_and_it_comes_back(self, idle: Desk) -> None:
        idle.ask(3, "p" * 200 + "\nqr\n", suffix="s" * 100)
        idle.script.wait("aborted", 1)
        before = len(idle.script.batches)
        idle.script.let_go()
        assert idle.end(3).cached_tokens == idle.end(3).prompt_tokens - 4
        idle.script.wait("batches", before + 2 + 2)

    def test_what_is_cancelled_at_once_does_not_stop_it_for_ever(self, idle: Desk) -> None:
        with idle.script.changed:  # held in the meantime: it sees both or none
            idle.ask(3, "p\n")
            idle.scheduler.cancel(idle, 3)
        idle.script.let_go()
        idle.script.wait("batches", 8)

    def test_an_error_in_it_ends_nothing(self, idle: Desk) -> None:
        idle.script.error = EngineError("status 1")
        idle.script.let_go()
        idle.script.wait("failed", 1)
        idle.script.error = None
        assert idle.end(idle.ask(3, "p\n", document="other")).reason == "stop"

    def test_it_does_not_keep_the_engine_from_ending(self, idle: Desk) -> None:
        idle.scheduler.close()
        assert idle.script.closed == ["m.gguf"]


class TestTuning:
    """More idle time is used to measure threads, where the user has not set them."""

    @pytest.fixture
    def idle(self, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
        """A desk whose scheduler measures as soon as nothing is left to do, and was held in its first batch."""
        monkeypatch.setattr(module, "REFRESH_S", 0.001)
        monkeypatch.setattr(module, "TUNE_S", 0.002)
        script.hold(allowed=2)
        script.answer = ""
        desk = Desk(script, tmp_path, threads=0)
        desk.end(desk.ask(1, "p\n"))
        script.wait("waiting", 1)
        yield desk
        script.let_go()
        desk.scheduler.close()

    def test_it_is_done_once(self, idle: Desk) -> None:
        idle.script.let_go()
        idle.script.wait("tuned", 1)
        assert idle.scheduler.report(5).threads == 2
        assert idle.end(idle.ask(2, "p\nq\n")).reason == "stop"
        idle.wait_idle()
        assert idle.script.tuned == 1

    def test_a_keystroke_interrupts_it_and_it_comes_back(self, idle: Desk) -> None:
        idle.ask(2, "p\nq\n")
        idle.script.wait("aborted", 1)
        assert idle.script.tuned == 0
        idle.script.let_go()
        assert idle.end(2).cached_tokens == 3
        idle.script.wait("tuned", 1)

    def test_it_does_not_keep_the_engine_from_ending(self, idle: Desk) -> None:
        idle.scheduler.close()
        assert (idle.script.tuned, idle.script.closed) == (0, ["m.gguf"])


def test_closing_ends_what_is_paused(desk: Desk) -> None:
    desk.pause(2)
    desk.scheduler.close()
    assert desk.ended(1).reason == desk.ended(2).reason == "cancelled"
    assert desk.script.closed == ["m.gguf"]


def test_closing_ends_all_and_gives_the_memory_back(desk: Desk) -> None:
    desk.script.held = True
    desk.complete(1, document="a")
    desk.script.wait("waiting", 1)
    desk.complete(2, document="b")
    desk.load(3, "m.gguf")
    desk.scheduler.close()
    assert desk.ended(1).reason == desk.ended(2).reason == "cancelled"
    assert desk.ended(3).kind == "Cancelled"
    assert desk.script.closed == ["m.gguf"]


class Watched(Desk):
    """Notes when somebody is told "idle" while an answer to a keystroke is on its way."""

    def __init__(self, script: Script, folder: Path, keystrokes: set[int]) -> None:
        self.keystrokes = keystrokes
        self.too_early: list[int] = []
        super().__init__(script, folder)

    def _on_state(self, change: wire.StateChange) -> None:
        with self.changed:
            begun = [id for id in self.keystrokes if self.events.get(id)]
            self.too_early += [id for id in begun if change.state == "idle" and not self._final(id)]
        super()._on_state(change)

    def settle(self) -> None:
        """Until work is held, or all is answered."""
        with self.script.changed:
            assert self.script.changed.wait_for(
                lambda: self.script.blocked or all(self._final(id) for id in list(self.events)), WAIT_S
            )


URGENCIES: tuple[wire.Urgency, ...] = ("keystroke", "chat", "prefetch", "warm")
actions = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(URGENCIES), st.sampled_from("abc"), st.sampled_from([1, 200, 400])),
    st.tuples(st.just("cancel"), st.integers(0, 7)),
    st.tuples(st.just("cancel all")),
    st.tuples(st.just("load"), st.sampled_from(["m.gguf", "n.gguf", "missing"])),
    st.tuples(st.just("go on"), st.integers(1, 9)),
    st.tuples(st.just("fail")),
)


@example(steps=[("ask", "warm", "a", 200), ("ask", "keystroke", "b", 1), ("go on", 4), ("cancel", 0)], can_shift=True)
@settings(max_examples=200, deadline=None)
@given(steps=st.lists(actions, max_size=12), can_shift=st.booleans())
def test_every_job_is_answered_once_and_the_last_state_is_idle(steps: list[tuple[Any, ...]], can_shift: bool) -> None:
    """Whatever is asked, cancelled, superseded, paused, out of room or fails, in whatever order."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        script = follow(patch, Script())
        script.can_shift = can_shift
        patch.setattr(module, "REFRESH_S", 0.0001)
        script.hold(allowed=1)
        desk = Watched(script, Path(folder), {id for id, step in enumerate(steps) if step[:2] == ("ask", "keystroke")})
        for id, step in enumerate(steps):
            match step:
                case ("ask", urgency, document, size):
                    desk.ask(id, "p" * size + f"{id}\n", urgency, document, "s" * 30)
                case ("cancel", other):
                    desk.scheduler.cancel(desk, [*desk.events, 99][other % (len(desk.events) + 1)])
                case ("cancel all",):
                    desk.scheduler.cancel(desk)
                case ("load", "missing"):
                    desk.submit(wire.Load(id, "/nowhere/m.gguf"))
                case ("load", model):
                    desk.load(id, model)
                case ("go on", count):
                    script.hold(allowed=count)
                case ("fail",):
                    script.error = None if script.error else EngineError("status 1")
            desk.settle()
        script.let_go()
        for id in desk.events:
            desk.end(id)
        with desk.changed:
            calm = desk.changed.wait_for(lambda: not desk.states or desk.states[-1] == "idle", WAIT_S)
        assert calm, desk.states
        desk.scheduler.close()
        assert not desk.too_early
        for id, events in desk.events.items():
            assert [isinstance(event, FINAL) for event in events].count(True) == 1, f"answers of {id}: {events}"
            assert isinstance(events[-1], FINAL)
            if isinstance(events[-1], wire.Failed) and events[-1].kind == "EngineError":
                assert "status 1" in events[-1].message
        assert desk.states[-1:] in ([], ["idle"])
