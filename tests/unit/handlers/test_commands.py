"""Commands of any editor: hunks are applied, with confirmation where it can ask, or left for review."""

from pathlib import Path
from typing import Any

import pytest

from farthing.chat.model import Proposed
from farthing.edit.model import Hunk
from farthing.errors import ModelNotInstalled
from tests.support import lsp
from tests.support.fake_chat import STARTED, FakeChat, Hold, asks, edits, finished, proposal
from tests.support.lsp_editor import FULL, Editor
from tests.unit.handlers.conftest import TEXT, started
from tests.unit.handlers.test_chat import ONE, TWO

CANCELLED = -32800
BOTH = TEXT.replace("1", "10").replace("2", "20")


@pytest.fixture
def plain(client: lsp.Connection, workspace: Path) -> Editor:
    """An editor without a review of its own."""
    return started(client, workspace, None, FULL["workspaceEdit"])


def request(editor: Editor, command: str, uri: str, token: str | None = None, **more: Any) -> int:
    params = {"command": command, "arguments": [{"uri": uri, **more}], "workDoneToken": token}
    return editor.client.request("workspace/executeCommand", params)


def run(editor: Editor, command: str, uri: str, **more: Any) -> Any:
    return editor.client.result(request(editor, command, uri, **more))


def message(editor: Editor) -> str:
    return str(editor.client.wait_notification("window/showMessage")["message"])


def test_an_edit_is_applied_with_confirmation(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = edits(proposal("f.py", TEXT, ONE, TWO))
    result = run(plain, "farthing.edit", uri, instruction="times ten")
    assert (result["applied"], result["text"]) == (True, "Done.")
    assert [hunk["status"] for hunk in result["hunks"]] == ["applied", "applied"]
    assert plain.texts[uri] == BOTH
    (asked,) = plain.asked
    assert asked["changeAnnotations"]["farthing"]["needsConfirmation"] is True
    assert "times ten" in asked["changeAnnotations"]["farthing"]["label"]
    (change,) = asked["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    assert {edit["annotationId"] for edit in change["edits"]} == {"farthing"}
    assert chat.closed == [chat.asked[0][1]], "a conversation for this alone is over"


def test_an_editor_that_knows_no_annotations_gets_none(client: lsp.Connection, chat: FakeChat, workspace: Path) -> None:
    editor = started(client, workspace, None, {"documentChanges": True})
    uri = editor.open(workspace / "f.py")
    chat.script = edits(proposal("f.py", TEXT, ONE))
    assert run(editor, "farthing.fix", uri)["applied"]
    assert "changeAnnotations" not in editor.asked[0]
    assert "annotationId" not in editor.asked[0]["documentChanges"][0]["edits"][0]


def test_an_editor_that_knows_no_versions_gets_plain_changes(
    client: lsp.Connection, chat: FakeChat, workspace: Path
) -> None:
    editor = started(client, workspace, None, {})
    uri = editor.open(workspace / "f.py")
    chat.script = edits(proposal("f.py", TEXT, ONE, TWO))
    assert run(editor, "farthing.fix", uri)["applied"]
    assert list(editor.asked[0]) == ["changes"] and editor.texts[uri] == BOTH


def test_what_was_edited_meanwhile_is_followed_or_left_alone(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = [STARTED, Hold(), *edits(proposal("f.py", TEXT, ONE, TWO))[1:]]
    asked = request(plain, "farthing.edit", uri, instruction="times ten")
    plain.client.wait_notification("$/progress", lambda it: it["value"].get("message") == "reading")
    plain.replace(uri, "import os\n", "import os\nimport sys\n")
    plain.replace(uri, "return 1", "return 100")
    plain.settled()
    chat.release()
    result = plain.client.result(asked)
    assert result["applied"] and "no longer there" in result["text"]
    assert [hunk["status"] for hunk in result["hunks"]] == ["stale", "applied"]
    expected = TEXT.replace("import os\n", "import os\nimport sys\n").replace("1", "100").replace("2", "20")
    assert plain.texts[uri] == expected


def test_nothing_is_applied_where_all_was_edited(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = [STARTED, Hold(), *edits(proposal("f.py", TEXT, ONE))[1:]]
    asked = request(plain, "farthing.edit", uri, instruction="times ten")
    plain.client.wait_notification("$/progress", lambda it: it["value"].get("message") == "reading")
    plain.replace(uri, "return 1", "return 100")
    plain.settled()
    chat.release()
    assert not plain.client.result(asked)["applied"]
    assert plain.asked == [] and "no longer there" in message(plain)


def test_a_client_that_reviews_gets_them_for_review(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    chat.script = edits(proposal("f.py", TEXT, ONE))
    result = run(editor, "farthing.edit", uri, instruction="times ten", conversation="mine")
    assert not result["applied"] and result["hunks"][0]["review"]
    assert editor.asked == [] and editor.texts[uri] == TEXT
    editor.client.wait_notification("farthing/reviewDidChange", lambda it: bool(it["files"]))
    editor.client.wait_notification("farthing/chatTurnDidChange", lambda it: it["conversation"] == "mine")
    assert chat.closed == []


def test_an_explanation_is_the_result_and_is_shown(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = [STARTED, finished("", "It returns one.")]
    result = run(plain, "farthing.explain", uri, range={"start": lsp.position(3, 0), "end": lsp.position(4, 3)})
    assert result == {"applied": False, "text": "It returns one.", "hunks": []}
    assert message(plain) == "It returns one."
    assert (chat.asked[0][2].task, chat.asked[0][2].lines) == ("explain", (4, 5))


def test_a_new_file(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = edits(proposal("test_f.py", None, Hunk("test_f.py", (), ("import f",), creates=True)))
    assert run(plain, "farthing.test", uri)["applied"]
    assert plain.asked[0]["documentChanges"][0]["annotationId"] == "farthing"
    assert (workspace / "test_f.py").read_text() == "import f\n"


def test_progress_is_reported_under_the_token_of_the_request(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = edits(proposal("f.py", TEXT, ONE))
    run(plain, "farthing.document", uri, token="mine")
    told = [each.message["params"] for each in plain.client.notifications if each.message["method"] == "$/progress"]
    assert {each["token"] for each in told} == {"mine"}
    assert told[0]["value"] == {"kind": "begin", "title": "Documenting", "cancellable": True}
    assert told[-1]["value"] == {"kind": "end"}


@pytest.mark.parametrize("way", ["request", "progress"])
def test_cancelling_stops_the_work(plain: Editor, chat: FakeChat, workspace: Path, way: str) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = [STARTED, Proposed(proposal("f.py", TEXT, ONE), True), Hold()]
    asked = request(plain, "farthing.edit", uri, instruction="times ten")
    told = plain.client.wait_notification("$/progress", lambda it: it["value"].get("message") == "writing")
    if way == "request":
        plain.client.notify("$/cancelRequest", {"id": asked})
    else:
        plain.client.notify("window/workDoneProgress/cancel", {"token": told["token"]})
    with pytest.raises(lsp.LspError) as caught:
        plain.client.result(asked)
    assert caught.value.code == CANCELLED
    plain.client.wait_notification("$/progress", lambda it: it["value"]["kind"] == "end")
    assert (chat.given_up, plain.asked, plain.texts[uri]) == (1, [], TEXT)


def test_an_error_is_the_answer(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script = [STARTED, ModelNotInstalled("it is not here", "Pull it")]
    with pytest.raises(lsp.LspError, match=r"it is not here\. Pull it"):
        run(plain, "farthing.fix", uri)


def test_what_could_not_be_done_is_shown(plain: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = plain.open(workspace / "f.py")
    missing = proposal("f.py", TEXT, Hunk("f.py", ("no such line",), ("x",)))
    chat.script = [STARTED, finished("The hunk is nowhere.", result=missing, ending="failed")]
    result = run(plain, "farthing.fix", uri)
    assert (result["applied"], result["hunks"][0]["status"]) == (False, "not_found")
    assert message(plain) == "The hunk is nowhere."


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "one argument"),
        ([{"uri": "file:///a"}, 1], "one argument"),
        ([1], "must be an object"),
        ([{}], "uri is missing"),
        ([{"uri": "file:///a", "instruction": ""}], "no instruction"),
    ],
)
def test_what_makes_no_sense_is_refused(plain: Editor, arguments: list[object], says: str) -> None:
    params = {"command": "farthing.edit", "arguments": arguments}
    with pytest.raises(lsp.LspError, match=says):
        plain.client.ask("workspace/executeCommand", params)
    with pytest.raises(lsp.LspError, match="there is no command"):
        plain.client.ask("workspace/executeCommand", {**params, "command": "farthing.sing"})


def test_an_editor_without_a_review_is_not_asked_and_nothing_is_sent(
    plain: Editor, chat: FakeChat, workspace: Path
) -> None:
    uri = plain.open(workspace / "f.py")
    chat.script, chat.by_tier = asks(), {"local": edits(proposal("f.py", TEXT, ONE))}
    assert run(plain, "farthing.test", uri)["applied"]
    assert [asked[2].tier for asked in chat.asked] == ["", "local"]
    said = message(plain)
    assert "goes to small by your rules: about 900 tokens would be sent to work. This machine does it instead" in said


def test_a_client_that_reviews_is_asked(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    chat.script = asks()
    result = run(editor, "farthing.test", uri)
    assert (result["applied"], result["hunks"], len(chat.asked)) == (False, [], 1)
    shown = editor.client.wait_notification("farthing/chatTurnDidChange", lambda turn: turn["state"] == "asking")
    assert (shown["escalation"], shown["detail"].endswith("by your rules")) == ("small", True)
    assert shown["escalationNote"] == "about 900 tokens would be sent to work"
