"""Whatever a client sends, the server answers as JSON-RPC has it and goes on."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import lsp

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
NOT_INITIALIZED = -32002


def lives(client: lsp.Client) -> bool:
    """Whether the server still does what it is there for."""
    return len(client.ask("farthing/listModels")) > 3


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lsp.Client]:
    """A server without a model that must survive all of it."""
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FARTHING_HOME", str(folder / "home"))
        with lsp.server(log=folder / "server.log") as running:
            running.initialize()
            yield running


def code_of(client: lsp.Client, id: object) -> int:
    """The code of the error that a request was answered with; of the next error without an id for None."""
    message = client.unaddressed() if id is None else client.wait(id).message
    assert "error" in message, message
    assert "Traceback" not in json.dumps(message)
    return int(message["error"]["code"])


@pytest.mark.parametrize(
    "body", [b"no json", b"{", b"\xff\xfe\x00", b'{"jsonrpc": "2.0", "id": 1, "method"', b"\0" * 100]
)
def test_a_body_that_is_not_json(shared: lsp.Client, body: bytes) -> None:
    shared.send_body(body)
    assert code_of(shared, None) == PARSE_ERROR
    assert lives(shared)


@pytest.mark.parametrize(
    "value", [[], 7, None, "text", {}, {"a": 1}, {"id": 3}, [{"jsonrpc": "2.0"}], {"jsonrpc": 2.0}]
)
def test_a_body_that_is_no_message(shared: lsp.Client, value: object) -> None:
    shared.send(value)
    assert code_of(shared, None) == INVALID_REQUEST
    assert lives(shared)


@pytest.mark.parametrize("version", [None, "1.0", 2])
def test_a_request_without_the_version(shared: lsp.Client, version: object) -> None:
    message = {"jsonrpc": version, "id": f"version {version}", "method": "farthing/listModels"}
    shared.send(message if version else {"id": f"version {version}", "method": "farthing/listModels"})
    assert code_of(shared, f"version {version}") in (INVALID_REQUEST, INVALID_PARAMS)
    assert lives(shared)


@pytest.mark.parametrize("wrong_by", [-20, -1, 1, 40])
def test_a_wrong_length_costs_no_more_than_the_next_message(shared: lsp.Client, wrong_by: int) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": "cut", "method": "farthing/listModels"}).encode()
    shared.send_body(body, len(body) + wrong_by)
    shared.request("farthing/listModels")
    assert lives(shared)
    assert code_of(shared, None) == PARSE_ERROR
    assert lives(shared)


@pytest.mark.parametrize(
    "header", [b"Content-Length: many", b"Content-Length: -5", b"Content-Length: 9" + b"9" * 20, b"X: y"]
)
def test_a_header_that_says_nothing(shared: lsp.Client, header: bytes) -> None:
    shared.send_raw(header + b"\r\n\r\n{}")
    assert lives(shared)


def test_header_names_are_not_case_sensitive(shared: lsp.Client) -> None:
    body = b'{"jsonrpc": "2.0", "id": "odd header", "method": "farthing/listModels"}'
    shared.send_raw(b"Content-Type: application/vscode-jsonrpc\r\ncontent-length:%d\r\n\r\n" % len(body) + body)
    assert shared.result("odd header")


def test_an_unknown_method(shared: lsp.Client) -> None:
    assert code_of(shared, shared.request("textDocument/makeCoffee", {})) == METHOD_NOT_FOUND
    shared.notify("textDocument/makeCoffee", {})
    assert lives(shared)


GOOD = {
    "textDocument": {"uri": "file:///a.py"},
    "position": {"line": 0, "character": 0},
    "context": {"triggerKind": 1},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"textDocument": 7},
        {"textDocument": {}},
        {"position": {"line": "first", "character": 0}},
        {"position": {"line": -1, "character": 0}},
        {"position": {"line": 0}},
        {"position": {"line": 2**40, "character": 0}},
        {"context": {"triggerKind": "now"}},
        {"context": None},
    ],
)
def test_parameters_of_wrong_types(shared: lsp.Client, wrong: dict[str, object]) -> None:
    id = shared.request("textDocument/inlineCompletion", {**GOOD, **wrong})
    assert code_of(shared, id) == INVALID_PARAMS
    assert lives(shared)


@pytest.mark.parametrize("params", [None, [], 3, "text"])
def test_parameters_that_are_none(shared: lsp.Client, params: object) -> None:
    assert code_of(shared, shared.request("textDocument/inlineCompletion", params)) == INVALID_PARAMS
    assert lives(shared)


@pytest.mark.parametrize("params", [None, [], {}, {"id": 5}, {"id": "no-such-model"}])
def test_a_pull_of_nothing(shared: lsp.Client, params: object) -> None:
    message = shared.wait(shared.request("farthing/pullModel", params)).message
    assert "farthing models list" in message["error"]["message"]
    assert lives(shared)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        (
            "textDocument/didChange",
            {"textDocument": {"uri": "file:///a.py", "version": 2}, "contentChanges": [{"text": "x"}]},
        ),
        ("textDocument/didChange", {"contentChanges": 7}),
        ("textDocument/didClose", {"textDocument": {"uri": "file:///a.py"}}),
        ("workspace/didChangeConfiguration", {"settings": {"farthing": {"completion": 5, "engine": {"threads": "x"}}}}),
        ("workspace/didChangeConfiguration", {"settings": 9}),
        ("$/cancelRequest", {"id": 99999}),
        ("$/cancelRequest", {}),
    ],
)
def test_notifications_that_make_no_sense(shared: lsp.Client, method: str, params: object) -> None:
    shared.notify(method, params)
    assert lives(shared)


@pytest.mark.parametrize("place", [(0, 0), (0, 999_999), (7, 0), (2**31 - 1, 2**31 - 1)])
def test_a_position_outside_the_document(shared: lsp.Client, place: tuple[int, int]) -> None:
    shared.open("file:///a.py", "x = 1\n")
    assert shared.complete("file:///a.py", *place) == ""  # no model here
    assert lives(shared)


def test_a_document_that_was_never_opened(shared: lsp.Client) -> None:
    assert shared.complete("file:///never.py", 0, 0) == ""
    assert shared.complete("no uri at all", 0, 0) == ""
    assert lives(shared)


def test_a_huge_document_is_left_alone(shared: lsp.Client) -> None:
    shared.open("file:///huge.py", "x = 1\n" * 1_500_000)
    asked = shared.ask_completion("file:///huge.py", 700_000, 3)
    assert shared.result(asked)["items"] == []
    shared.insert("file:///huge.py", 2, 700_000, 0, "y")
    assert lives(shared)


def test_text_that_is_hardly_text(shared: lsp.Client) -> None:
    shared.open("file:///odd.py", "a\0b\ud83d\r\rc\u2028\x0c\udc00")
    shared.insert("file:///odd.py", 2, 0, 3, "\udfff")
    assert shared.complete("file:///odd.py", 1, 0) == ""
    assert lives(shared)


@pytest.fixture
def fresh(farthing_home: Path, tmp_path: Path) -> Iterator[lsp.Client]:
    """A server that nobody has said anything to."""
    with lsp.server(log=tmp_path / "server.log") as running:
        yield running


def test_before_initialize_only_initialize_is_taken(fresh: lsp.Client) -> None:
    assert code_of(fresh, fresh.ask_completion("file:///a.py", 0, 0)) == NOT_INITIALIZED
    assert code_of(fresh, fresh.request("shutdown")) == NOT_INITIALIZED
    fresh.open("file:///a.py", "x = 1\n")
    fresh.initialize()
    assert lives(fresh)
    assert code_of(fresh, fresh.request("initialize", {"processId": None, "capabilities": {}})) == INVALID_REQUEST
    assert lives(fresh)


def test_after_shutdown_only_exit_is_taken(client: lsp.Client) -> None:
    assert client.ask("shutdown") is None
    assert code_of(client, client.request("farthing/listModels")) == INVALID_REQUEST
    client.notify("exit")
    assert client.process.wait(lsp.TIMEOUT) == 0


def test_exit_without_shutdown_is_1(fresh: lsp.Client) -> None:
    fresh.notify("exit")
    assert fresh.process.wait(lsp.TIMEOUT) == 1


def test_the_end_of_stdin_ends_the_server(client: lsp.Client, tmp_path: Path) -> None:
    assert client.process.stdin is not None
    client.process.stdin.close()
    client.process.wait(lsp.TIMEOUT)
    assert "Traceback" not in (tmp_path / "server.log").read_text()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_server_quietly(client: lsp.Client, tmp_path: Path, name: str) -> None:
    client.process.send_signal(signal.Signals[name])
    assert client.process.wait(lsp.TIMEOUT) != 0
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_the_log_holds_no_traceback_of_a_clients_mistakes(client: lsp.Client, tmp_path: Path) -> None:
    client.send_body(b"no json")
    client.send([])
    client.wait(client.request("textDocument/inlineCompletion", 5))
    client.wait(client.request("farthing/pullModel", {"id": "nothing"}))
    client.notify("textDocument/didChange", {"contentChanges": 7})
    assert client.shutdown() == 0
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_the_server_says_nothing_on_stdout_but_messages(farthing_home: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "farthing", "serve"], input=b"", capture_output=True, timeout=lsp.TIMEOUT
    )
    assert ran.stdout == b""
