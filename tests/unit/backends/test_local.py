"""The client of the engine: found, started, replaced, and left alone when it dies too often."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farthing import __version__, paths
from farthing.backends import engine_connection, local
from farthing.backends.base import Activity, Ended, FimRequest, Finish, Piece, Usage
from farthing.backends.engine_process import EngineProcess
from farthing.backends.local import CRASHES, LocalBackend
from farthing.engine import wire
from farthing.errors import EngineCrashed, EngineError, EngineUnavailable, ModelUnusable
from farthing.settings import EngineSettings

REQUEST = FimRequest("d", "m.gguf", "p", "s", 5)
Answer = Callable[["Engine", wire.Request], list[wire.Event]]


def complete_all(engine: "Engine", request: wire.Request) -> list[wire.Event]:
    match request:
        case wire.Complete(id):
            return [
                wire.Prefilled(id, 10, 4),
                wire.Token(id, "a", 1),
                wire.Token(id, "b", 2),
                wire.Done(id, "stop", 10, 4, 2, 1.0, 2.0),
            ]
        case wire.Load(id):
            return [wire.Loaded(id, 0.5, True)]
        case wire.GetReport(id):
            return [wire.Report(id, 1, "idle", (), 2, 0)]
        case wire.Shutdown():
            engine.die()
    return []


class Engine:
    """What listens on the socket: it greets, then answers as it was told to."""

    def __init__(self, path: Path, answer: Answer, greeting: bytes) -> None:
        self.requests: list[wire.Request] = []
        self._path, self._answer, self._greeting = path, answer, greeting
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def listen(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, self._path)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(self._greeting)
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                request = wire.decode_request(line)
                self.requests.append(request)
                for event in self._answer(self, request):
                    writer.write(wire.encode_event(event))
        writer.close()

    def say(self, data: bytes) -> None:
        """Something to everybody."""
        for writer in self._writers:
            writer.write(data)

    def die(self) -> None:
        """As a crash looks from outside."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        self._path.unlink(missing_ok=True)


class Desk:
    """A backend, and the engines that it started, each of which answers as the next of ``answers`` says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = paths.engine_dir() / "engine.sock"
        self.answers: list[Answer] = []
        self.exits: list[int] = []
        """Status with which the next processes end instead of listening."""
        self.started: list[Engine | int] = []
        self.settings: list[EngineSettings] = []
        self.activities: list[Activity] = []
        self.backend = LocalBackend(lambda: EngineSettings(threads=3), self.activities.append)
        self._tasks: list[asyncio.Task[None]] = []
        monkeypatch.setattr(local, "EngineProcess", self._process)

    def engine(self, answer: Answer = complete_all, version: str = __version__, greeting: bytes = b"") -> Engine:
        return Engine(self.path, answer, greeting or wire.encode_event(wire.Hello(wire.VERSION, version, 4711)))

    def _process(self, path: Path, settings: EngineSettings) -> Any:
        assert path == self.path
        self.settings.append(settings)
        process = _Process()
        if self.exits:
            process.returncode = self.exits.pop(0)
            self.started.append(process.returncode)
            return process
        engine = self.engine(self.answers.pop(0) if self.answers else complete_all)
        self.started.append(engine)
        self._tasks.append(asyncio.ensure_future(engine.listen()))
        return process

    async def text(self) -> str:
        return "".join([event.text async for event in self.backend.stream(REQUEST) if isinstance(event, Piece)])

    async def close(self) -> None:
        await self.backend.aclose()
        for each in self.started:
            if isinstance(each, Engine):
                each.die()
        await asyncio.gather(*self._tasks)


class _Process:
    returncode: int | None = None

    def complaint(self) -> str:
        return "the disk is full"


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    desk = Desk(monkeypatch)
    yield desk
    await desk.close()
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_engine_is_started_and_kept(desk: Desk) -> None:
    events = [event async for event in desk.backend.stream(REQUEST)]
    assert events == [
        Piece("a", Usage(10, 4, 1)),
        Piece("b", Usage(10, 4, 2)),
        Finish("stop", Usage(10, 4, 2), 1.0, 2.0),
    ]
    assert await desk.text() == "ab"
    assert len(desk.started) == 1
    assert desk.settings == [EngineSettings(threads=3)]


async def test_one_that_runs_is_used(desk: Desk) -> None:
    engine = desk.engine()
    await engine.listen()
    assert await desk.text() == "ab"
    assert engine.requests == [wire.Complete(1, "d", "m.gguf", "p", "s", 5)]
    assert desk.started == []
    engine.die()


def complete_twice(engine: "Engine", request: wire.Request) -> list[wire.Event]:
    """Two answers, the second one only when the first is no longer wanted."""
    match request:
        case wire.Complete(id):
            return [wire.Prefilled(id, 10, 4), wire.Token(id, "a", 1, -0.5), wire.Token(id, "b", 2, -1.0)]
        case wire.Skip(id, 0):
            return [wire.Ended(id, "stop"), wire.Token(id, "c", 3, -0.5), wire.Done(id, "length", 10, 4, 3, 1.0, 2.0)]
    return []


async def test_of_several_answers_the_next_one_is_asked_for_when_there_is_enough(desk: Desk) -> None:
    desk.answers = [complete_twice]
    several = replace(REQUEST, candidates=2, enough=lambda text: text in ("ab", "c"))
    events = [event async for event in desk.backend.stream(several)]
    assert events == [
        Piece("a", Usage(10, 4, 1), -0.5),
        Piece("b", Usage(10, 4, 2), -1.0),
        Ended("stop"),
        Piece("c", Usage(10, 4, 3), -0.5),
        Finish("length", Usage(10, 4, 3), 1.0, 2.0),
    ]
    engine = desk.started[0]
    assert isinstance(engine, Engine)
    asked, *skipped = engine.requests
    assert isinstance(asked, wire.Complete) and asked.candidates == 2
    assert skipped[0] == wire.Skip(asked.id, 0)


async def test_many_at_once_start_one(desk: Desk) -> None:
    assert await asyncio.gather(*(desk.text() for _ in range(5))) == ["ab"] * 5
    assert len(desk.started) == 1


async def test_loading_and_reporting(desk: Desk) -> None:
    assert (await desk.backend.load("m.gguf")).fim
    assert (await desk.backend.report()).threads == 2


async def test_one_of_another_version_is_replaced(desk: Desk) -> None:
    old = desk.engine(version="0.0.1")
    await old.listen()
    assert await desk.text() == "ab"
    assert [type(request) for request in old.requests] == [wire.Shutdown]
    assert len(desk.started) == 1


async def test_one_of_another_version_that_stays_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "START_TIMEOUT", 0.05)
    old = desk.engine(lambda engine, request: [], version="0.0.1")
    await old.listen()
    with pytest.raises(EngineUnavailable, match=r"the engine \(process 4711\) does not end\. Run `kill 4711`"):
        await desk.text()
    old.die()


@pytest.mark.parametrize(
    "greeting",
    [b"HTTP/1.1 400 Bad Request\r\n", b"{}\n", wire.encode_event(wire.StateChange("idle")), b"x" * 300_000 + b"\n"],
)
async def test_what_listens_and_is_no_engine_makes_way(
    desk: Desk, greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_LINE", 100_000)
    stranger = desk.engine(greeting=greeting)
    await stranger.listen()
    assert await desk.text() == "ab"
    assert (len(desk.started), stranger.requests) == (1, [])
    stranger.die()


async def test_what_listens_and_says_nothing_makes_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_connection, "HELLO_TIMEOUT", 0.05)
    stranger = Engine(desk.path, complete_all, b"")
    await stranger.listen()
    assert await desk.text() == "ab"
    stranger.die()


def _dies(engine: Engine, request: wire.Request) -> list[wire.Event]:
    engine.die()
    return []


def _dies_half_way(engine: Engine, request: wire.Request) -> list[wire.Event]:
    engine.say(wire.encode_event(wire.Token(request.id, "a", 1)))
    engine.die()
    return []


async def test_a_request_that_met_a_dead_engine_is_asked_once_more(desk: Desk) -> None:
    desk.answers = [_dies]
    assert await desk.text() == "ab"
    assert len(desk.started) == 2


async def test_what_began_to_answer_is_not_asked_again(desk: Desk) -> None:
    desk.answers = [_dies_half_way]
    with pytest.raises(EngineCrashed, match="the engine died while it worked"):
        await desk.text()
    assert await desk.text() == "ab"
    assert len(desk.started) == 2


async def test_one_crash_counts_once_however_many_requests_it_costs(desk: Desk) -> None:
    def dies_at_the_last(engine: Engine, request: wire.Request) -> list[wire.Event]:
        if len(engine.requests) == 2 * CRASHES:
            engine.die()
        return []

    desk.answers = [dies_at_the_last]
    assert await asyncio.gather(*(desk.text() for _ in range(2 * CRASHES))) == ["ab"] * 2 * CRASHES
    assert len(desk.started) == 2


async def test_a_crash_loop_ends(desk: Desk) -> None:
    desk.answers = [_dies] * 20
    errors = []
    for _ in range(6):
        with pytest.raises(EngineError) as caught:
            await desk.text()
        errors.append(caught.value)
    assert len(desk.started) == CRASHES
    assert isinstance(errors[0], EngineCrashed)
    assert {str(error) for error in errors[1:]} == {
        "the engine died 3 times within 60 s, so it is left alone for a while. "
        "Run `farthing doctor`, or choose another model"
    }


async def test_after_a_while_it_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.answers = [_dies] * CRASHES
    for _ in range(2):
        with pytest.raises(EngineError):
            await desk.text()
    monkeypatch.setattr(local, "CRASH_WINDOW", 0.0)
    assert await desk.text() == "ab"


async def test_one_that_cannot_start_says_why_and_is_not_started_for_ever(desk: Desk) -> None:
    desk.exits = [1, -11, 1, 1, 1]
    said = []
    for _ in range(CRASHES + 2):
        with pytest.raises(EngineUnavailable) as caught:
            await desk.text()
        said.append(caught.value.message)
    assert said[:CRASHES] == ["the disk is full"] * CRASHES
    assert all(message.endswith("left alone for a while: the disk is full") for message in said[CRASHES:])
    assert len(desk.started) == CRASHES


async def test_one_that_found_another_about_to_exit_is_started_again(desk: Desk) -> None:
    desk.exits = [0, 0]
    assert await desk.text() == "ab"
    assert len(desk.started) == 3


async def test_one_that_never_comes_up_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "START_TIMEOUT", 0.1)
    monkeypatch.setattr(local, "EngineProcess", lambda path, settings: _Process())
    with pytest.raises(EngineUnavailable, match="the engine did not come up within 0 s"):
        await desk.text()


@pytest.mark.parametrize(
    ("kind", "error"),
    [("ModelUnusable", ModelUnusable), ("EngineError", EngineError), ("Cancelled", EngineError), ("?", EngineError)],
)
async def test_what_failed_is_raised_here(desk: Desk, kind: str, error: type[Exception]) -> None:
    desk.answers = [lambda engine, request: [wire.Failed(request.id, kind, "it can't", "Mend it")]]
    with pytest.raises(error, match=r"it can't\. Mend it"):
        await desk.text()
    with pytest.raises(error, match=r"it can't\. Mend it"):
        await desk.backend.load("m.gguf")


async def test_giving_up_tells_the_engine(desk: Desk) -> None:
    told = asyncio.Event()

    def answer(engine: Engine, request: wire.Request) -> list[wire.Event]:
        if isinstance(request, wire.Cancel):
            told.set()
        return [wire.Token(request.id, "a", 1)]

    desk.answers = [answer]
    async with contextlib.aclosing(desk.backend.stream(REQUEST)) as events:
        await anext(events)
    await asyncio.wait_for(told.wait(), 5)
    engine = desk.started[0]
    assert isinstance(engine, Engine)
    assert engine.requests[-1] == wire.Cancel(engine.requests[0].id)


async def test_events_of_requests_that_are_over_are_dropped(desk: Desk) -> None:
    def answer(engine: Engine, request: wire.Request) -> list[wire.Event]:
        return [wire.Token(99, "z", 1), wire.Done(98, "stop"), *complete_all(engine, request)]

    desk.answers = [answer]
    assert await desk.text() == "ab"


async def test_an_engine_that_talks_nonsense_is_left(desk: Desk) -> None:
    def answer(engine: Engine, request: wire.Request) -> list[wire.Event]:
        if len(engine.requests) == 1:
            engine.say(b"nonsense\n")
            return []
        return complete_all(engine, request)

    desk.answers = [answer]
    assert await desk.text() == "ab"


async def test_what_the_engine_does_is_shown(desk: Desk) -> None:
    def answer(engine: Engine, request: wire.Request) -> list[wire.Event]:
        busy = (wire.StateChange("loading", "/m/a.gguf"), wire.StateChange("generating", "/m/a.gguf"))
        return [*busy, wire.StateChange("idle"), *complete_all(engine, request)]

    desk.answers = [answer]
    await desk.text()
    assert desk.activities == [
        Activity("loading", "starting the engine"),
        Activity("loading", "a.gguf"),
        Activity("generating", "a.gguf"),
        Activity("ready"),
    ]


async def test_stopping_the_engine(desk: Desk) -> None:
    await desk.text()
    await desk.backend.stop_engine()
    assert not desk.path.exists()
    assert await desk.text() == "ab"
    assert len(desk.started) == 2


async def test_stopping_none_starts_none(desk: Desk) -> None:
    await desk.backend.stop_engine()
    assert desk.started == []


async def test_a_home_with_a_long_path_works(
    farthing_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FARTHING_HOME", str(tmp_path / ("long" * 40)))
    monkeypatch.setattr("tempfile.tempdir", str(farthing_home))
    desk = Desk(monkeypatch)
    assert desk.path.parent.parent == farthing_home
    assert await desk.text() == "ab"
    await desk.close()


def _interpreter(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo first >&2; echo 'farthing: it broke.' >&2; exit 3", "it broke"),
        ("exit 3", "the engine ended with status 3 before it could answer"),
        ("kill -9 $$", "the engine ended with status -9 before it could answer"),
    ],
)
async def test_a_process_that_dies_at_once(
    script: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", _interpreter(tmp_path, script))
    with pytest.raises(EngineUnavailable) as caught:
        await LocalBackend().report()
    assert str(caught.value) == f"{message}. Run `farthing doctor`"


async def test_a_process_that_the_system_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(EngineUnavailable, match=r"the engine can't be started: .*\. Run `farthing doctor`"):
        await LocalBackend().report()


def test_a_process_is_told_its_settings_and_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said, go_on = tmp_path / "said", tmp_path / "go-on"
    os.mkfifo(said)
    os.mkfifo(go_on)
    script = f'echo "$@|$PWD|$PYTHONSAFEPATH|$$" > {said}; read _ < {go_on}'
    monkeypatch.setattr(sys, "executable", _interpreter(tmp_path, script))
    path = paths.engine_dir() / "engine.sock"
    EngineProcess(path, EngineSettings(threads=2, context_tokens=1024, idle_minutes=0.5))
    arguments, folder, safe, pid = said.read_text().split("|")
    expected = f"-m farthing engine --socket {path} --threads 2 --context-tokens 1024 --idle-minutes 0.5"
    assert (arguments, folder, safe) == (expected, str(path.parent), "1")
    assert os.getsid(int(pid)) == int(pid)
    go_on.write_text("now\n")
