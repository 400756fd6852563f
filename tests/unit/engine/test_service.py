"""The engine's process, over a real socket, with fake runtimes behind it."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from farthing import __version__, paths
from farthing.engine import service, wire
from farthing.engine.service import Service
from tests.support.fake_runtime import WAIT_S, Script

FINAL = (wire.Done, wire.Failed, wire.Loaded, wire.Report)


class Client:
    """A connection to the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, *messages: wire.Request | bytes) -> None:
        for message in messages:
            self._writer.write(message if isinstance(message, bytes) else wire.encode_request(message))

    async def next(self) -> Any:
        """The next event; None when the service hung up."""
        line = await asyncio.wait_for(self._reader.readline(), WAIT_S)
        return wire.decode_event(line) if line else None

    async def final(self, id: int) -> Any:
        """The last event of a request."""
        while event := await self.next():
            if isinstance(event, FINAL) and event.id == id:
                return event
        raise AssertionError(f"the service hung up before it answered {id}")

    async def ask(self, message: wire.Request | bytes, id: int) -> Any:
        self.send(message)
        return await self.final(id)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


class Desk:
    """A service that runs in this process."""

    def __init__(self, path: Path, model: Path) -> None:
        self.path, self.model = path, str(model)
        self.task: asyncio.Task[None] | None = None
        self._clients: list[Client] = []

    def start(self, idle_seconds: float = 600.0) -> "asyncio.Task[None]":
        self.task = asyncio.create_task(Service(self.path, 512, 2, idle_seconds).run())
        return self.task

    async def connect(self) -> Client:
        """A client that was greeted."""
        if self.task is None:
            self.start()
        while True:
            try:
                client = Client(*await asyncio.open_unix_connection(self.path))
                break
            except OSError:
                await asyncio.sleep(0)
        self._clients.append(client)
        assert await client.next() == wire.Hello(wire.VERSION, __version__, os.getpid())
        return client

    def complete(self, id: int, document: str = "d") -> wire.Complete:
        return wire.Complete(id, document, self.model, "p\n", "", 20)

    async def stop(self) -> None:
        if self.task is not None:
            if not self.task.done():
                (await self.connect()).send(wire.Shutdown(1))
            await asyncio.wait_for(self.task, WAIT_S)
        for client in self._clients:
            with contextlib.suppress(ConnectionError):
                await client.close()


@pytest.fixture
async def desk(script: Script, tmp_path: Path) -> AsyncIterator[Desk]:
    (tmp_path / "m.gguf").touch()
    desk = Desk(paths.engine_dir() / "engine.sock", tmp_path / "m.gguf")
    yield desk
    script.let_go()
    await desk.stop()


async def test_a_completion_over_the_socket(desk: Desk, script: Script) -> None:
    script.answer = "é!"
    client = await desk.connect()
    client.send(desk.complete(5))
    events = [await client.next() for _ in range(6)]
    done = events[-1]
    assert events[:-1] == [
        wire.StateChange("loading", desk.model),
        wire.StateChange("generating", desk.model),
        wire.Prefilled(5, 5, 0),
        wire.Token(5, "é", 2, -1.0),
        wire.Token(5, "!", 3, -1.5),
    ]
    assert isinstance(done, wire.Done) and (done.id, done.reason, done.output_tokens) == (5, "stop", 3)
    assert await client.next() == wire.StateChange("idle", desk.model)


async def test_a_load_and_a_report(desk: Desk) -> None:
    client = await desk.connect()
    assert (await client.ask(wire.Load(1, desk.model), 1)).fim
    report = await client.ask(wire.GetReport(2), 2)
    assert (report.pid, report.models, report.threads, report.queued) == (os.getpid(), (desk.model,), 2, 0)


async def test_every_client_hears_what_the_engine_does(desk: Desk) -> None:
    one, two = await desk.connect(), await desk.connect()
    one.send(wire.Load(1, desk.model))
    assert await two.next() == wire.StateChange("loading", desk.model)
    assert await two.next() == wire.StateChange("idle", desk.model)


@pytest.mark.parametrize(
    ("line", "id"),
    [
        (b"garbage\n", -1),
        (b"\n", -1),
        (b"\xff\x00\n", -1),
        (b"[" * 100_000 + b"\n", -1),
        (b'{"op": "explode", "id": 3}\n', 3),
        (b'{"op": "load", "id": 3}\n', 3),
    ],
)
async def test_a_line_that_is_no_request_is_told_and_the_connection_goes_on(desk: Desk, line: bytes, id: int) -> None:
    client = await desk.connect()
    failed = await client.ask(line, id)
    assert isinstance(failed, wire.Failed) and failed.kind == "MalformedMessage"
    assert isinstance(await client.ask(wire.GetReport(9), 9), wire.Report)


async def test_a_line_without_an_end_costs_its_own_connection_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_LINE", 4096)
    other, client = await desk.connect(), await desk.connect()
    client.send(b"x" * 100_000)
    with contextlib.suppress(ConnectionError):
        assert await client.next() is None
    assert isinstance(await other.ask(wire.GetReport(1), 1), wire.Report)


async def test_a_request_can_be_cancelled(desk: Desk, script: Script) -> None:
    script.held = True
    client = await desk.connect()
    client.send(desk.complete(1))
    await asyncio.to_thread(script.wait, "waiting", 1)
    client.send(wire.Cancel(99))
    assert (await client.ask(wire.Cancel(1), 1)).reason == "cancelled"
    await asyncio.to_thread(script.wait, "aborted", 1)


async def test_one_of_several_answers_can_be_skipped(desk: Desk, script: Script) -> None:
    script.answer, script.others = "hello", {"jelly": 1.0}
    script.hold(allowed=3)
    client, other = await desk.connect(), await desk.connect()
    client.send(wire.Complete(1, "d", desk.model, "ab\n", "", 20, candidates=2))
    await asyncio.to_thread(script.wait, "waiting", 1)
    other.send(wire.Skip(1, 0))
    await other.ask(wire.GetReport(2), 2)
    client.send(wire.Skip(1, 0))
    await client.ask(wire.GetReport(2), 2)
    script.let_go()
    texts = [""]
    while not isinstance(event := await client.next(), wire.Done):
        texts += [""] if isinstance(event, wire.Ended) else []
        texts[-1] += event.text if isinstance(event, wire.Token) else ""
    assert texts[1:] == ["jelly"]
    assert event.output_tokens == len("he") + len("jelly")


async def test_the_work_of_a_client_that_left_is_given_up(desk: Desk, script: Script) -> None:
    script.held = True
    client, other = await desk.connect(), await desk.connect()
    client.send(desk.complete(1, "a"), desk.complete(2, "b"))
    await asyncio.to_thread(script.wait, "waiting", 1)
    await client.close()
    await asyncio.to_thread(script.wait, "aborted", 1)
    script.let_go()
    assert (await other.ask(desk.complete(1, "a"), 1)).reason == "stop"
    assert len(script.prompts) == 2


async def test_ids_and_documents_are_a_clients_own(desk: Desk, script: Script) -> None:
    script.held = True
    one, two = await desk.connect(), await desk.connect()
    one.send(desk.complete(1))
    await asyncio.to_thread(script.wait, "waiting", 1)
    two.send(desk.complete(1), wire.GetReport(2))
    assert (await two.final(2)).queued == 1
    script.let_go()
    assert (await one.final(1)).reason == (await two.final(1)).reason == "stop"


async def test_shutdown_answers_what_runs_and_leaves_no_socket(desk: Desk, script: Script) -> None:
    script.held = True
    client = await desk.connect()
    client.send(desk.complete(1))
    await asyncio.to_thread(script.wait, "waiting", 1)
    assert (await client.ask(wire.Shutdown(2), 1)).reason == "cancelled"
    while event := await client.next():
        assert event == wire.StateChange("idle", desk.model)
    assert desk.task is not None
    await asyncio.wait_for(desk.task, WAIT_S)
    assert not desk.path.exists()
    assert script.closed == ["m.gguf"]


async def test_a_signal_ends_it(desk: Desk) -> None:
    client = await desk.connect()
    os.kill(os.getpid(), signal.SIGTERM)
    assert await client.next() is None


async def test_it_exits_when_idle(desk: Desk) -> None:
    await asyncio.wait_for(desk.start(idle_seconds=0.05), WAIT_S)
    assert not desk.path.exists()


async def test_it_does_not_exit_while_it_works(desk: Desk, script: Script) -> None:
    script.held = True
    task = desk.start(idle_seconds=0.02)
    client = await desk.connect()
    client.send(desk.complete(1))
    await asyncio.to_thread(script.wait, "waiting", 1)
    waited, _ = await asyncio.wait({task}, timeout=0.2)
    assert not waited
    script.let_go()
    assert (await client.final(1)).reason == "stop"
    await asyncio.wait_for(task, WAIT_S)


async def test_nobody_else_can_open_it(desk: Desk) -> None:
    before = os.umask(0)
    try:
        await desk.connect()
        assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(desk.path.parent.stat().st_mode) == 0o700
        assert os.umask(0) == 0, "the umask of the process was not put back"
    finally:
        os.umask(before)


async def test_the_socket_that_a_crash_left_is_replaced(desk: Desk) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(os.fspath(desk.path))
    assert isinstance(await (await desk.connect()).ask(wire.GetReport(1), 1), wire.Report)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, script: Script) -> None:
    """main() without a log file of its own."""
    monkeypatch.setattr(service, "_start_log", lambda path: None)


@pytest.mark.usefixtures("quiet")
class TestMain:
    """``farthing engine`` as a command."""

    def test_it_serves_until_idle(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert service.main(["--idle-minutes", "0.0001", "--threads", "1"]) == 0
        assert capsys.readouterr() == ("", "")
        assert not (paths.engine_dir() / "engine.sock").exists()

    def test_a_second_one_leaves_at_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        path = paths.engine_dir() / "engine.sock"
        with FileLock(path.with_suffix(".lock")):
            assert service.main(["--socket", str(path)]) == 0
        assert capsys.readouterr() == ("", "")
        assert not path.exists()

    def test_a_path_that_is_taken_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        path = paths.engine_dir() / "engine.sock"
        path.write_text("precious")
        assert service.main(["--socket", str(path)]) == 1
        expected = f"farthing: {path} is taken by something that is no socket. Remove it\n"
        assert capsys.readouterr() == ("", expected)
        assert path.read_text() == "precious"

    def test_a_path_too_long_for_a_socket_is_told(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = tmp_path / ("x" * 120)
        assert service.main(["--socket", str(path)]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"farthing: the engine's socket {path} can't be made: ")
        assert said.count("\n") == 1

    def test_a_folder_that_cannot_be_written_is_told(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert service.main(["--socket", str(tmp_path / "file" / "engine.sock")]) == 1
        said = capsys.readouterr().err
        assert said.startswith("farthing: the engine can't start: ")
        assert said.count("\n") == 1

    def test_a_home_that_is_a_file_is_told(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("FARTHING_HOME", str(tmp_path / "file"))
        assert service.main([]) == 1
        said = capsys.readouterr().err
        assert said.startswith("farthing: the engine's directory ")
        assert said.count("\n") == 1
