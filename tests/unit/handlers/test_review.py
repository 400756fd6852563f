"""Hunks that are decided on over the wire, by an editor that does as it is asked."""

from pathlib import Path
from typing import Any

import pytest
from pygls.uris import from_fs_path

from farthing.edit.model import Hunk
from tests.support import lsp
from tests.support.fake_chat import FakeChat, edits, proposal, replaced
from tests.support.lsp_editor import Editor
from tests.unit.handlers.conftest import TEXT, started
from tests.unit.handlers.test_chat import ONE, TWO, send, turn

NEW = Hunk("new/g.py", (), ("x = 1", "y = 2"), creates=True)


def proposed(editor: Editor, chat: FakeChat, path: str, text: str | None, *hunks: Hunk) -> list[str]:
    """Have hunks proposed; returns their ids."""
    chat.script = edits(proposal(path, text, *hunks))
    number = send(editor)
    return [hunk["review"] for hunk in turn(editor, "done", number=number)["hunks"]]


def decide(editor: Editor, action: str, *ids: str) -> Any:
    return editor.client.ask("farthing/decideHunks", {"action": action, "ids": ids})


def states(editor: Editor, *wanted: str) -> Any:
    """The hunks when they are in these states, in all files."""
    shown = editor.client.wait_notification(
        "farthing/reviewDidChange",
        lambda it: [hunk["state"] for file in it["files"] for hunk in file["hunks"]] == list(wanted),
    )
    return [hunk for file in shown["files"] for hunk in file["hunks"]]


def test_accept_all_then_revert_one(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    first, second = proposed(editor, chat, "f.py", TEXT, ONE, TWO)
    assert decide(editor, "accept", first, second) == {"done": [first, second], "message": ""}
    assert editor.texts[uri] == TEXT.replace("1", "10").replace("2", "20")
    assert len(editor.asked) == 1, "one undo step"
    (change,) = editor.asked[0]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    assert [edit["newText"] for edit in change["edits"]] == ["    return 10\n", "    return 20\n"]
    states(editor, "accepted", "accepted")
    editor.replace(uri, "import os\n", "import os\nimport sys\n")
    assert decide(editor, "revert", first)["done"] == [first]
    assert editor.texts[uri] == TEXT.replace("import os\n", "import os\nimport sys\n").replace("2", "20")
    states(editor, "accepted")


def test_reject_and_what_is_gone(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    (id,) = proposed(editor, chat, "f.py", TEXT, ONE)
    assert decide(editor, "reject", id)["done"] == [id]
    answer = decide(editor, "accept", id)
    assert answer["done"] == [] and "no longer there" in answer["message"]
    assert (editor.texts[uri], editor.asked) == (TEXT, [])


def test_an_editor_that_says_no(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    editor.open(workspace / "f.py")
    (id,) = proposed(editor, chat, "f.py", TEXT, ONE)
    editor.refuses = True
    answer = decide(editor, "accept", id)
    assert answer["done"] == [] and "not now" in answer["message"]
    editor.refuses = False
    assert decide(editor, "accept", id)["done"] == [id]


def test_lines_that_were_edited_meanwhile_are_left_alone(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    first, second = proposed(editor, chat, "f.py", TEXT, ONE, TWO)
    editor.replace(uri, "return 1", "return 100")
    states(editor, "stale", "proposed")
    answer = decide(editor, "accept", first, second)
    assert answer["done"] == [second] and "no longer there" in answer["message"]
    assert editor.texts[uri] == TEXT.replace("1", "100").replace("2", "20")


def test_what_is_proposed_as_a_whole(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    proposed(editor, chat, "f.py", TEXT, ONE, TWO)
    both = TEXT.replace("1", "10").replace("2", "20")
    assert editor.client.ask("farthing/proposedText", {"uri": uri}) == {"text": both}
    other = from_fs_path(str(workspace / "none.py"))
    assert editor.client.ask("farthing/proposedText", {"uri": other}) == {"text": ""}
    with pytest.raises(lsp.LspError, match="a file"):
        editor.client.ask("farthing/proposedText", {"uri": "untitled:1"})


def test_a_new_file_is_made_and_taken_away(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    (workspace / "new").mkdir()
    (id,) = proposed(editor, chat, "new/g.py", None, NEW)
    uri = from_fs_path(str(workspace / "new" / "g.py"))
    assert editor.client.ask("farthing/proposedText", {"uri": uri}) == {"text": "x = 1\ny = 2\n"}
    assert decide(editor, "accept", id)["done"] == [id]
    create, write = editor.asked[0]["documentChanges"]
    assert create == {"kind": "create", "uri": uri, "options": {"overwrite": False, "ignoreIfExists": False}}
    assert write["textDocument"] == {"uri": uri, "version": None}
    assert (workspace / "new" / "g.py").read_text() == "x = 1\ny = 2\n"
    assert decide(editor, "revert", id)["done"] == [id]
    assert not (workspace / "new" / "g.py").exists()


def test_a_file_that_came_meanwhile_is_kept(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    (id,) = proposed(editor, chat, "g.py", None, Hunk("g.py", (), ("x = 1",), creates=True))
    (workspace / "g.py").write_text("mine\n")
    answer = decide(editor, "accept", id)
    assert answer["done"] == [] and "there is such a file" in answer["message"]
    assert (workspace / "g.py").read_text() == "mine\n"


def test_a_file_that_is_not_open(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    first, second = proposed(editor, chat, "f.py", TEXT, ONE, TWO)
    (workspace / "f.py").write_text("# new\n" + TEXT)
    assert decide(editor, "accept", first)["done"] == [first]
    assert editor.asked[0]["documentChanges"][0]["textDocument"]["version"] is None
    assert (workspace / "f.py").read_text() == "# new\n" + TEXT.replace("1", "10")
    (workspace / "f.py").write_text("# all is new\n")
    answer = decide(editor, "accept", second)
    assert answer["done"] == [] and len(editor.asked) == 1


def test_a_document_that_is_closed_is_what_is_on_disk(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    uri = editor.open(workspace / "f.py")
    (id,) = proposed(editor, chat, "f.py", TEXT, ONE)
    editor.replace(uri, "return 1", "return 100")
    states(editor, "stale")
    editor.close(uri)
    shown = editor.client.wait_notification(
        "farthing/reviewDidChange",
        lambda it: (
            [(file["version"], hunk["state"]) for file in it["files"] for hunk in file["hunks"]] == [(None, "proposed")]
        ),
    )
    assert shown["files"][0]["hunks"][0]["id"] == id


def test_a_client_that_shows_no_review_is_not_told_of_one(
    client: lsp.Connection, chat: FakeChat, workspace: Path
) -> None:
    editor = started(client, workspace)
    editor.open(workspace / "f.py")
    chat.script = edits(proposal("f.py", TEXT, ONE))
    send(editor)
    turn(editor, "done")
    editor.settled()
    assert not [each for each in client.notifications if each.message["method"] == "farthing/reviewDidChange"]


@pytest.mark.parametrize("known", [{}, {"documentChanges": True}])
def test_a_new_file_for_an_editor_that_can_make_none(
    client: lsp.Connection, chat: FakeChat, workspace: Path, known: lsp.Message
) -> None:
    editor = started(client, workspace, {"review": True}, known)
    (id,) = proposed(editor, chat, "g.py", None, Hunk("g.py", (), ("x = 1",), creates=True))
    answer = decide(editor, "accept", id)
    assert answer["done"] == [] and "can't make files" in answer["message"]


def test_columns_are_those_of_the_client(editor: Editor, chat: FakeChat, workspace: Path) -> None:
    (workspace / "f.py").write_text("a\n😀😀 b")
    uri = editor.open(workspace / "f.py")
    (id,) = proposed(editor, chat, "f.py", "a\n😀😀 b", replaced("f.py", "😀😀 b", "c"))
    assert decide(editor, "accept", id)["done"] == [id]
    assert editor.texts[uri] == "a\nc"
    assert editor.asked[0]["documentChanges"][0]["edits"][0]["range"]["end"] == lsp.position(1, 6)
