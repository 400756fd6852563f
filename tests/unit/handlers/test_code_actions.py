"""What is offered where, and what is not."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import lsp
from tests.support.fake_chat import STARTED, FakeChat, edits, finished, proposal
from tests.support.lsp_editor import Editor
from tests.unit.handlers.conftest import TEXT, started
from tests.unit.handlers.test_chat import ONE

INVOKED, AUTOMATIC = 1, 2
NAMED = ["Write a test with Farthing", "Document with Farthing", "Explain with Farthing"]
ERROR = {
    "range": {"start": lsp.position(4, 4), "end": lsp.position(4, 10)},
    "message": "it is wrong",
    "severity": 1,
    "source": "lint",
}


def ask(editor: Editor, uri: str, start: int, end: int, diagnostics: list[Any] | None = None, **context: Any) -> Any:
    """Code actions for lines."""
    span = {"start": lsp.position(start, 0), "end": lsp.position(end, 0)}
    params = {"textDocument": {"uri": uri}, "range": span, "context": {"diagnostics": diagnostics or [], **context}}
    return editor.client.ask("textDocument/codeAction", params)


def titles(found: Any) -> list[str]:
    return [each["title"] for each in found]


def test_what_is_selected_can_be_tested_documented_and_explained(editor: Editor, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    found = ask(editor, uri, 3, 5, triggerKind=AUTOMATIC)
    assert titles(found) == NAMED
    assert {each["kind"].split(".")[0] for each in found} == {"refactor"}
    assert ask(editor, uri, 3, 3, triggerKind=AUTOMATIC) == []
    assert ask(editor, uri, 3, 3, triggerKind=INVOKED) == [], "without an index nothing is known to be there"


def test_a_complaint_of_another_tool_can_be_fixed(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    (fix,) = ask(editor, uri, 4, 4, [ERROR, {**ERROR, "severity": 4}], triggerKind=AUTOMATIC)
    assert (fix["title"], fix["kind"], fix["diagnostics"]) == ("Fix with Farthing", "quickfix", [ERROR])
    chat.script = edits(proposal("f.py", TEXT, ONE))
    command = fix["command"]
    editor.client.ask("workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]})
    asked = chat.asked[0][2]
    assert (asked.task, asked.lines) == ("fix", (5, 5))
    assert [(each.line, each.message) for each in asked.diagnostics] == [(5, "lint: it is wrong")]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (["quickfix"], ["Fix with Farthing"]),
        (["refactor"], NAMED),
        (["refactor.rewrite"], NAMED[:2]),
        (["source.fixAll"], []),
        (["refactor.rewrite.test", "refactor.extract"], NAMED[:1]),
        ([""], ["Fix with Farthing", *NAMED]),
        ([], []),
    ],
)
def test_only_what_is_asked_for(editor: Editor, workspace: Path, only: list[str], expected: list[str]) -> None:
    uri = editor.open(workspace / "f.py")
    assert titles(ask(editor, uri, 3, 5, [ERROR], only=only)) == expected


def test_off_is_off(client: lsp.Connection, workspace: Path) -> None:
    editor = started(client, workspace, {"edit": {"codeActions": False}})
    uri = editor.open(workspace / "f.py")
    assert ask(editor, uri, 3, 5, [ERROR]) == []


def test_nothing_for_what_is_no_file(editor: Editor) -> None:
    editor.client.open("untitled:1", TEXT)
    assert ask(editor, "untitled:1", 3, 5, [ERROR]) == []


def test_the_cursor_in_a_function(client: lsp.Connection, workspace: Path, chat: FakeChat) -> None:
    editor = started(client, workspace, {"index": {"enabled": True}})
    uri = editor.open(workspace / "f.py")
    until = time.monotonic() + lsp.TIMEOUT
    while not ask(editor, uri, 4, 4, triggerKind=INVOKED):  # the index is being made
        assert time.monotonic() < until
    assert titles(ask(editor, uri, 4, 4, triggerKind=INVOKED)) == NAMED
    assert ask(editor, uri, 0, 0, triggerKind=INVOKED) == []
    chat.script = [STARTED, finished("", "yes")]
    explain = ask(editor, uri, 4, 4)[2]["command"]
    result = client.ask("workspace/executeCommand", {"command": explain["command"], "arguments": explain["arguments"]})
    assert result["text"] == "yes"
