"""``farthing.edit`` for any editor: a real server and engine, a real model, and a client that does as it is asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pygls.uris import from_fs_path

from tests.support import lsp
from tests.support.lsp_editor import FULL, Editor

pytestmark = pytest.mark.model

TEXT = '''"""Prices of a shop."""


def net(price, discount):
    """The price after the discount, which is a share from 0 to 1."""
    return price * (1 - discount)


def gross(price, tax):
    """The price with the tax, which is a share from 0 to 1."""
    return price * (1 + tax)
'''
ANSWER_S = 240.0
"""On two busy cores the model may take as long."""

NET = {"start": lsp.position(3, 0), "end": lsp.position(6, 0)}
INSTRUCTION = "rename the parameter discount to rebate everywhere in this function"


@pytest.fixture
def editor(model_home: Path, home_with_edit_model: Path, tmp_path: Path) -> Iterator[Editor]:
    """An editor without a review of its own, with a folder open."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "prices.py").write_text(TEXT)
    with lsp.server(log=tmp_path / "server.log") as running:
        running.initialize(root=from_fs_path(str(tmp_path / "shop")), workspace=FULL, window={"workDoneProgress": True})
        yield Editor(running)


def run(editor: Editor, command: str, uri: str, **more: object) -> int:
    params = {"command": command, "arguments": [{"uri": uri, "range": NET, **more}]}
    return editor.client.request("workspace/executeCommand", params)


def test_an_edit_is_applied_where_it_belongs(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "shop" / "prices.py")
    result = editor.client.result(run(editor, "farthing.edit", uri, instruction=INSTRUCTION), ANSWER_S)
    assert result["applied"], result["text"]
    assert {hunk["status"] for hunk in result["hunks"]} == {"applied"}
    before, after = TEXT.split("def gross"), editor.texts[uri].split("def gross")
    assert after[1] == before[1], "nothing else has changed"
    assert "def net(price, rebate):" in after[0] and "1 - rebate" in after[0]
    (asked,) = editor.asked
    assert asked["documentChanges"][0]["textDocument"] == {"uri": uri, "version": 1}
    assert all(note["needsConfirmation"] for note in asked["changeAnnotations"].values())
    kinds = [each.message["params"]["value"]["kind"] for each in editor.client.notifications if _is_progress(each)]
    assert kinds[0] == "begin" and kinds[-1] == "end"


def test_an_edit_meanwhile_elsewhere_is_kept(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "shop" / "prices.py")
    asked = run(editor, "farthing.edit", uri, instruction=INSTRUCTION)
    editor.client.wait_notification("$/progress", lambda it: it["value"].get("message") == "writing")
    editor.replace(uri, '"""Prices of a shop."""\n', '"""Prices of a shop."""\n\nimport math\n')
    assert editor.client.result(asked, ANSWER_S)["applied"]
    assert "import math\n" in editor.texts[uri] and "1 - rebate" in editor.texts[uri]


def test_an_explanation_comes_as_text(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "shop" / "prices.py")
    result = editor.client.result(run(editor, "farthing.explain", uri), ANSWER_S)
    assert "discount" in result["text"] and not result["applied"]
    assert (editor.texts[uri], editor.asked) == (TEXT, [])


def _is_progress(received: lsp.Received) -> bool:
    return received.message["method"] == "$/progress" and "farthing-index" not in received.message["params"]["token"]
