"""What reaches the engine of a document, and what becomes of requests: with an engine that only pretends."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import lsp
from tests.support.fake_engine import FakeEngine, fake_engine
from tests.unit.engine.models import tiny_gguf

URI = "file:///project/shop%20of%20mine/a.py"
CANCELLED = -32800
COMMANDS = [f"farthing.{name}" for name in ("acceptCompletion", "edit", "fix", "test", "document", "explain")]


@dataclass(frozen=True)
class Shared:
    """A server and its engine, for all tests here that leave both as they were."""

    home: Path
    model: Path
    engine: FakeEngine
    client: lsp.Client


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Starting a server takes longer than all the rest of a test."""
    model = tiny_gguf.write(tmp_path_factory.mktemp("model") / "tiny.gguf")
    with tempfile.TemporaryDirectory(prefix="fh-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FARTHING_HOME", folder)
        with fake_engine(Path(folder)) as engine, lsp.server() as client:
            client.initialize({"completion": {"model": str(model)}})
            yield Shared(Path(folder), model, engine, client)


@pytest.fixture
def model(shared: Shared) -> Path:
    """A file that is a model by its looks."""
    return shared.model


@pytest.fixture
def engine(shared: Shared, farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """An engine that answers at once; servers that the test starts find it."""
    monkeypatch.setenv("FARTHING_HOME", str(shared.home))
    shared.engine.requests.clear()
    yield shared.engine
    shared.engine.held, shared.engine.text = False, "done()"
    shared.engine.release()


@pytest.fixture
def editor(shared: Shared, engine: FakeEngine) -> Iterator[lsp.Client]:
    """A server that found the engine."""
    yield shared.client
    shared.client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})


def seen(engine: FakeEngine) -> str:
    """The text that the engine was asked to complete, with a mark at the cursor."""
    engine.wait_for(lambda it: bool(it.requests))
    return "{prefix}<cursor>{suffix}".format(**engine.requests[-1])


def test_what_the_server_says_of_itself() -> None:
    with lsp.server() as client:
        found = client.initialize(encoding="utf-8")
    assert found["inlineCompletionProvider"] == {}
    assert found["textDocumentSync"]["change"] == 2
    assert found["textDocumentSync"]["openClose"] is True
    assert found["positionEncoding"] == "utf-8"
    assert found["executeCommandProvider"]["commands"] == COMMANDS
    assert found["workspace"]["workspaceFolders"] == {"supported": True, "changeNotifications": True}


@pytest.mark.parametrize(("encoding", "place"), [("utf-8", 15), ("utf-16", 10), ("utf-32", 8)])
def test_a_cursor_behind_other_alphabets(engine: FakeEngine, model: Path, encoding: str, place: int) -> None:
    with lsp.server() as client:
        client.initialize({"completion": {"model": str(model)}}, encoding)
        client.open(URI, "x = 1\ny = '😀😀ä' + \nz = 2\n")
        item = client.result(client.ask_completion(URI, 1, place))["items"][0]
    assert seen(engine) == "x = 1\ny = '😀😀ä<cursor>' + \nz = 2\n"
    assert item["range"] == {"start": lsp.position(1, place), "end": lsp.position(1, place)}


def test_an_item_is_as_editors_want_it(editor: lsp.Client, engine: FakeEngine) -> None:
    editor.open(URI, "x = \n")
    item = editor.result(editor.ask_completion(URI, 0, 4))["items"][0]
    assert item["insertText"] == "done()"
    assert item["command"]["command"] == "farthing.acceptCompletion"
    assert editor.ask("workspace/executeCommand", item["command"]) is None


def test_line_breaks_of_windows_stay(editor: lsp.Client, engine: FakeEngine) -> None:
    engine.text = "if x:\n        return 1"
    editor.open(URI, "def f(x):\r\n    \r\n")
    assert editor.complete(URI, 1, 4) == "if x:\r\n        return 1"
    assert "\r" not in seen(engine)


TEXT = "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        (TEXT, [((1, 0), (1, 3), "2")], "one\n2\nthree\n"),
        (TEXT, [((0, 3), (1, 0), "")], "onetwo\nthree\n"),
        (TEXT, [((3, 0), (3, 0), "four")], TEXT + "four"),
        (TEXT, [((0, 0), (99, 0), "all")], "all"),
        (TEXT, [((0, 0), (0, 0), "a"), ((0, 1), (0, 1), "b")], "abone\ntwo\nthree\n"),
        ("a\r\nb\r\nc", [((1, 1), (1, 1), "!"), ((2, 0), (2, 1), "")], "a\nb!\n"),
        ("a\rb\rc", [((2, 0), (2, 1), "C")], "a\nb\nC"),
        # Neither is a line break in LSP, though Python has both for one.
        ("a\f\nb\n", [((1, 0), (1, 1), "B")], "a\f\nB\n"),
        ("a\u2028x\x85\x1c\nb\n", [((1, 0), (1, 1), "B")], "a\u2028x\x85\x1c\nB\n"),
        ("😀😀\nb\n", [((0, 2), (0, 4), "x")], "😀x\nb\n"),
        ("", [((0, 0), (0, 0), "x")], "x"),
    ],
)
def test_edits_arrive(
    editor: lsp.Client,
    engine: FakeEngine,
    text: str,
    edits: list[tuple[tuple[int, int], tuple[int, int], str]],
    expected: str,
) -> None:
    editor.open(URI, text)
    for version, (start, end, new) in enumerate(edits, 2):
        editor.edit(URI, version, start, end, new)
    editor.complete(URI, 0, 0)
    assert seen(engine) == "<cursor>" + expected


def test_a_change_of_the_whole_text(editor: lsp.Client, engine: FakeEngine) -> None:
    editor.open(URI, "old")
    document = {"uri": URI, "version": 2}
    editor.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": "new\n"}]})
    editor.complete(URI, 1, 0)
    assert seen(engine) == "new\n<cursor>"


def test_a_given_up_request_is_answered_at_once_and_its_work_goes_on(editor: lsp.Client, engine: FakeEngine) -> None:
    engine.held = True
    editor.open(URI, "x = \n")
    first = editor.ask_completion(URI, 0, 4)
    engine.wait_for(lambda it: len(it.requests) == 1)
    editor.notify("$/cancelRequest", {"id": first})
    with pytest.raises(lsp.LspError) as caught:
        editor.result(first)
    assert caught.value.code == CANCELLED
    editor.insert(URI, 2, 0, 4, "do")
    again = editor.ask_completion(URI, 0, 6)
    editor.ask("farthing/listModels")  # so the request before it has been taken in
    engine.release()
    assert editor.result(again)["items"][0]["insertText"] == "ne()"
    assert len(engine.requests) == 1
    assert engine.requests[0]["id"] not in engine.cancelled
    assert editor.answers(first) == 1


def test_work_that_the_text_contradicts_is_stopped(editor: lsp.Client, engine: FakeEngine) -> None:
    engine.held = True
    editor.open(URI, "x = \n")
    first = editor.ask_completion(URI, 0, 4)
    engine.wait_for(lambda it: len(it.requests) == 1)
    editor.insert(URI, 2, 0, 0, "y = ")
    assert editor.result(first)["items"] == []
    engine.wait_for(lambda it: it.requests[0]["id"] in it.cancelled)


def test_closing_a_document_stops_its_work(editor: lsp.Client, engine: FakeEngine) -> None:
    engine.held = True
    editor.open(URI, "x = \n")
    first = editor.ask_completion(URI, 0, 4)
    engine.wait_for(lambda it: len(it.requests) == 1)
    editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert editor.result(first)["items"] == []
    engine.wait_for(lambda it: it.requests[0]["id"] in it.cancelled)


def test_the_newest_request_of_a_document_wins(editor: lsp.Client, engine: FakeEngine) -> None:
    engine.held = True
    editor.open(URI, "x = \ny = \n")
    older = editor.ask_completion(URI, 0, 4)
    newer = editor.ask_completion(URI, 1, 4)
    assert editor.result(older)["items"] == []
    # The older one may have been replaced before it even got there.
    engine.wait_for(lambda it: bool(it.requests) and it.requests[-1]["prefix"].endswith("y = "))
    engine.release()
    assert editor.result(newer)["items"][0]["insertText"] == "done()"


def test_two_documents_do_not_disturb_each_other(editor: lsp.Client, engine: FakeEngine) -> None:
    engine.held = True
    asked = []
    for uri in (URI, "untitled:Untitled-1"):
        editor.open(uri, "x = \n")
        asked.append(editor.ask_completion(uri, 0, 4))
    engine.wait_for(lambda it: len(it.requests) == 2)
    engine.release()
    assert [editor.result(id)["items"][0]["insertText"] for id in asked] == ["done()"] * 2


def test_every_request_of_a_burst_is_answered_once(editor: lsp.Client, engine: FakeEngine) -> None:
    editor.open(URI, "\n")
    asked = []
    for count in range(100):
        editor.insert(URI, count + 2, 0, count, "x")
        asked.append(editor.ask_completion(URI, 0, count + 1))
        if count % 3 == 0:
            editor.notify("$/cancelRequest", {"id": asked[-1]})
    for id in asked:
        editor.wait(id)
    editor.ask("farthing/listModels")
    assert [editor.answers(id) for id in asked] == [1] * 100


def states(client: lsp.Client) -> list[str]:
    """States in the order in which they were told."""
    told = [each.message for each in client.notifications]
    return [each["params"]["state"] for each in told if each["method"] == "farthing/statusDidChange"]


def test_the_status_follows_the_engine(engine: FakeEngine, model: Path) -> None:
    with lsp.server() as editor:
        editor.initialize({"completion": {"model": str(model)}})
        _follow(editor, engine)


def _follow(editor: lsp.Client, engine: FakeEngine) -> None:
    editor.wait_notification("farthing/statusDidChange", lambda status: status["state"] == "ready")
    engine.held = True
    editor.open(URI, "x = \n")
    asked = editor.ask_completion(URI, 0, 4)
    told = editor.wait_notification("farthing/statusDidChange", lambda status: status["state"] == "generating")
    assert told["model"] == "tiny.gguf"
    engine.release()
    editor.result(asked)
    editor.ask("farthing/listModels")
    assert states(editor)[-1] == "ready"


def test_a_missing_model_is_told_with_its_fix(farthing_home: Path) -> None:
    with lsp.server() as client:
        client.initialize()
        told = client.wait_notification("farthing/statusDidChange")
        assert told["state"] == "missing"
        assert told["model"] == "qwen2.5-coder-0.5b"
        assert "farthing models pull qwen2.5-coder-0.5b" in told["fix"]
    assert not (farthing_home / "engine").exists()


def test_off_is_off(farthing_home: Path, model: Path) -> None:
    with lsp.server() as client:
        client.initialize({"completion": {"enabled": False, "model": str(model)}})
        assert client.wait_notification("farthing/statusDidChange")["state"] == "off"
        client.open(URI, "x = \n")
        assert client.complete(URI, 0, 4) == ""
        assert client.shutdown() == 0
    assert not (farthing_home / "engine").exists()


@pytest.mark.parametrize("content", [b"", b"GGUF\x03\0\0\0", b"\x01random" * 1000])
def test_a_damaged_model_is_told_and_mended_by_another_one(
    tmp_path: Path, model: Path, engine: FakeEngine, content: bytes
) -> None:
    (tmp_path / "damaged.gguf").write_bytes(content)
    with lsp.server() as client:
        client.initialize({"completion": {"model": str(tmp_path / "damaged.gguf")}})
        told = client.wait_notification("farthing/statusDidChange")
        assert (told["state"], told["model"]) == ("error", "damaged.gguf")
        assert told["detail"]
        client.open(URI, "x = \n")
        assert client.complete(URI, 0, 4) == ""
        change = {"settings": {"farthing": {"completion": {"model": str(model)}}}}
        client.notify("workspace/didChangeConfiguration", change)
        client.wait_notification("farthing/statusDidChange", lambda status: status["state"] == "ready")
        assert client.complete(URI, 0, 4) == "done()"


def test_settings_are_asked_for(engine: FakeEngine, model: Path) -> None:
    with lsp.server() as client:
        client.settings = {"completion": {"model": str(model), "maxTokens": 7, "maxLines": "many"}}
        client.initialize(configuration=True)
        told = client.wait_notification("window/showMessage")
        assert "farthing.completion.maxLines" in told["message"]
        client.open(URI, "x = \n")
        client.complete(URI, 0, 4)
        assert engine.requests[-1]["max_tokens"] == 7


@pytest.mark.parametrize("answer", [None, "nothing", {"error": {"code": 1, "message": "no settings here"}}])
def test_an_editor_without_settings_keeps_what_it_began_with(engine: FakeEngine, model: Path, answer: object) -> None:
    with lsp.server() as client:
        client.configuration = answer if isinstance(answer, dict) else {"result": None if answer else [None]}
        client.initialize({"completion": {"model": str(model), "maxTokens": 9}}, configuration=True)
        client.wait_notification("farthing/statusDidChange", lambda status: status["state"] == "ready")
        client.open(URI, "x = \n")
        assert client.complete(URI, 0, 4) == "done()"
        assert engine.requests[-1]["max_tokens"] == 9


def test_an_engine_that_dies_at_every_request_is_left_alone(farthing_home: Path, model: Path) -> None:
    # No engine listens and none can be started: the server says so and goes on.
    (farthing_home / "engine").write_text("not a directory")
    with lsp.server() as client:
        client.initialize({"completion": {"model": str(model)}})
        client.open(URI, "x = \n")
        assert client.complete(URI, 0, 4) == ""
        told = client.wait_notification("farthing/statusDidChange", lambda status: status["state"] == "error")
        assert "engine" in told["detail"] and told["fix"]
        assert client.ask("farthing/listModels")
