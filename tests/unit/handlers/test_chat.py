"""Conversations over the wire, with a chat that only pretends."""

from pathlib import Path
from typing import Any

import pytest

from farthing.chat.model import Proposed, Retrying, Said
from farthing.context.model import Context, Diagnostic, Item, Pin
from farthing.errors import ModelNotInstalled
from tests.support import lsp
from tests.support.fake_chat import STARTED, FakeChat, Hold, edits, finished, proposal, replaced
from tests.support.lsp_editor import Editor
from tests.unit.handlers.conftest import TEXT

ONE = replaced("f.py", "    return 1", "    return 10")
TWO = replaced("f.py", "    return 2", "    return 20")


def send(editor: Editor, task: str = "edit", conversation: str = "c", **more: Any) -> int:
    """Say something; returns the turn."""
    params = {"conversation": conversation, "task": task, "text": "do it", **more}
    return int(editor.client.ask("farthing/sendChat", params)["turn"])


def turn(editor: Editor, state: str, conversation: str = "c", number: int = 1) -> Any:
    """The turn when it is first told to be in a state."""
    return editor.client.wait_notification(
        "farthing/chatTurnDidChange",
        lambda it: (it["conversation"], it["turn"], it["state"]) == (conversation, number, state),
    )


def text_of(editor: Editor) -> str:
    """The text of the only turn, put together as a client does it."""
    text = ""
    for each in [received.message for received in editor.client.notifications]:
        if each["method"] == "farthing/chatTurnDidChange":
            text = each["params"]["text"]
        elif each["method"] == "farthing/chatTextDidGrow":
            text += each["params"]["text"]
    return text


def test_a_question_is_answered_in_pieces(editor: Editor, chat: FakeChat) -> None:
    words = [f"word{n} " for n in range(300)]
    chat.script = [STARTED, *map(Said, words), finished("", "".join(words), cost=None)]
    assert send(editor, "ask") == 1
    last = turn(editor, "done")
    assert last["text"] == "".join(words) == text_of(editor)
    assert (last["inputTokens"], last["cachedTokens"], last["outputTokens"]) == (90, 30, 12)
    assert last["money"] == "$?"
    told = [each for each in editor.client.notifications if "farthing/chat" in each.message["method"]]
    assert len(told) < 30, "pieces are put together"


def test_what_is_asked_reaches_the_chat(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    chat.script = [STARTED, finished("")]
    place = {"start": lsp.position(3, 0), "end": lsp.position(5, 0)}
    pins = [{"path": "f.py", "startLine": 1}]
    send(editor, "fix", uri=uri, range=place, tier="small", pins=pins, drops=["k"], diagnostics=["no such name"])
    turn(editor, "done")
    ((folder, conversation, asked),) = chat.asked
    assert (folder, conversation) == (str(workspace), "c")
    assert (asked.task, asked.text, asked.path, asked.lines) == ("fix", "do it", "f.py", (4, 5))
    assert asked.diagnostics == (Diagnostic("f.py", 4, "no such name"),)
    assert (asked.pins, asked.drops, asked.tier) == ((Pin("f.py", 1),), frozenset({"k"}), "small")


def test_a_file_outside_of_the_workspace_has_a_folder_of_its_own(
    editor: Editor, chat: FakeChat, tmp_path: Path
) -> None:
    (tmp_path / "x.py").write_text("x\n")
    chat.script = [STARTED, finished("")]
    send(editor, uri=editor.open(tmp_path / "x.py"))
    turn(editor, "done")
    assert chat.asked[0][0] == str(tmp_path) and chat.asked[0][2].path == "x.py"


def test_the_receipt_is_shown_before_and_with_the_turn(editor: Editor, chat: FakeChat) -> None:
    item = Item("f.py", "one", "body", 4, 5, 12, "it is named", "def one(): ...", pinned=True)
    shown = type(STARTED)("local", "small", "why", Context((item,), None, 500))
    chat.script = [shown, finished("")]
    send(editor)
    receipt = turn(editor, "done")["receipt"]
    assert (receipt["tier"], receipt["model"], receipt["tokens"], receipt["budget"]) == ("local", "small", 12, 500)
    assert receipt["items"] == [
        {
            "key": "body:f.py:one", "path": "f.py", "symbol": "one", "kind": "body", "startLine": 4, "endLine": 5,
            "tokens": 12, "reason": "it is named", "pinned": True, "sentBefore": False,
        }
    ]  # fmt: skip
    preview = editor.client.ask("farthing/previewContext", {"conversation": "c", "task": "ask", "text": "why"})
    assert preview["budget"] == 1000


def test_before_anything_is_typed_the_model_reads_ahead(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    asked = {"conversation": "c", "task": "edit", "uri": editor.open(workspace / "f.py")}
    editor.client.ask("farthing/previewContext", {**asked, "text": "why"})
    editor.client.ask("farthing/previewContext", {**asked, "text": ""})
    editor.client.ask("farthing/previewContext", {**asked, "conversation": "d", "text": "and why"})
    assert chat.warmed == ["c"]


def test_hunks_are_shown_with_those_that_failed(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    editor.open(workspace / "f.py")
    result = proposal("f.py", TEXT, ONE, replaced("f.py", "    return 7", "    return 8"))
    again = Retrying(2, "one hunk is not in the file")
    last = finished(
        "One of two.",
        result=result,
        ending="failed",
        attempts=2,
        escalation="medium",
        escalation_note="about 900 tokens",
    )
    chat.script = [STARTED, Proposed(result, True), again, last]
    send(editor)
    done = turn(editor, "failed")
    first, second = done["hunks"]
    assert (first["status"], first["startLine"], first["diff"]) == ("applied", 5, "-    return 1\n+    return 10\n")
    assert first["review"]
    assert (second["status"], second["review"], second["startLine"]) == ("not_found", "", 5)
    assert "nearest" in second["reason"] and second["diff"] == "-    return 7\n+    return 8\n"
    assert (done["attempts"], done["escalation"], done["detail"]) == (2, "medium", "One of two.")
    assert done["escalationNote"] == "about 900 tokens"
    (file,) = editor.client.wait_notification("farthing/reviewDidChange", lambda it: bool(it["files"]))["files"]
    assert [hunk["id"] for hunk in file["hunks"]] == [first["review"]]


def test_a_turn_that_is_stopped_keeps_what_was_proposed_completely(
    editor: Editor, chat: FakeChat, workspace: Path
) -> None:
    editor.open(workspace / "f.py")
    chat.script = [STARTED, Proposed(proposal("f.py", TEXT, ONE, TWO), True), Hold()]
    send(editor)
    both = editor.client.wait_notification("farthing/reviewDidChange", lambda it: bool(it["files"]))["files"][0]
    assert [hunk["state"] for hunk in both["hunks"]] == ["proposed", "writing"]
    editor.client.ask("farthing/stopChat", {"conversation": "c"})
    assert len(turn(editor, "stopped")["hunks"]) == 1
    left = editor.client.wait_notification(
        "farthing/reviewDidChange", lambda it: bool(it["files"]) and len(it["files"][0]["hunks"]) == 1
    )
    assert left["files"][0]["hunks"][0]["state"] == "proposed"
    assert chat.given_up == 1


def test_one_turn_at_a_time_in_a_conversation_and_several_side_by_side(editor: Editor, chat: FakeChat) -> None:
    chat.script = [STARTED, Hold(), finished("", "yes")]
    send(editor, "ask")
    turn(editor, "reading")
    with pytest.raises(lsp.LspError, match="still busy"):
        send(editor, "ask")
    assert send(editor, "ask", "other") == 1
    turn(editor, "reading", "other")
    chat.release()
    chat.release()
    turn(editor, "done", "other")
    turn(editor, "done")
    chat.script = [STARTED, finished("", "yes")]
    assert send(editor, "ask") == 2
    turn(editor, "done", number=2)


def test_a_closed_conversation_is_forgotten_once_it_is_quiet(editor: Editor, chat: FakeChat) -> None:
    chat.script = [STARTED, Hold()]
    send(editor, "ask")
    turn(editor, "reading")
    editor.client.ask("farthing/closeConversation", {"conversation": "c"})
    turn(editor, "stopped")
    editor.client.ask("farthing/closeConversation", {"conversation": "c"})
    assert chat.closed == ["c"]
    chat.script = [STARTED, finished("")]
    assert send(editor, "ask") == 1


def test_what_fails_is_told_with_its_way_out(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    editor.open(workspace / "f.py")
    result = proposal("f.py", TEXT, ONE)
    chat.script = [STARTED, Proposed(result, True), ModelNotInstalled("it is not here", "Pull it")]
    send(editor)
    failed = turn(editor, "failed")
    assert (failed["detail"], failed["fix"], failed["hunks"]) == ("it is not here", "Pull it", [])


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (None, "must be an object"),
        ({"task": "edit", "text": "x"}, "conversation is missing"),
        ({"conversation": 1, "task": "edit", "text": "x"}, "conversation must be a text"),
        ({"conversation": "c", "task": "sing", "text": "x"}, "task must be one of edit"),
        ({"conversation": "c", "task": "edit", "text": "x", "pins": {}}, "pins must be a list"),
        ({"conversation": "c", "task": "edit", "text": "x", "pins": [{"path": "a", "startLine": "1"}]}, "whole number"),
        ({"conversation": "c", "task": "edit", "text": " "}, "there is no instruction"),
    ],
)
def test_what_makes_no_sense_is_refused(editor: Editor, params: object, says: str) -> None:
    with pytest.raises(lsp.LspError, match=says):
        editor.client.ask("farthing/sendChat", params)


def test_edits_of_the_user_meanwhile_are_followed(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    chat.script = [STARTED, Hold(), *edits(proposal("f.py", TEXT, TWO))[1:]]
    send(editor)
    turn(editor, "reading")
    editor.replace(uri, "import os\n", "import os\nimport sys\n")
    editor.settled()
    chat.release()
    turn(editor, "done")
    shown = editor.client.wait_notification("farthing/reviewDidChange", lambda it: bool(it["files"]))["files"][0]
    assert (shown["version"], shown["hunks"][0]["startLine"], shown["hunks"][0]["state"]) == (2, 9, "proposed")
