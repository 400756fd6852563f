"""An edit from the instruction to the accepted hunk, with the real server, engine and model."""

from pathlib import Path

import pytest

from tests.browser.conftest import FILE, SOURCE, OpenVSCode
from tests.support.review_page import Editor
from tests.support.vscode import until

pytestmark = [pytest.mark.browser, pytest.mark.model]

ANSWER_MS = 240_000
"""The model loads, reads and writes; on two busy cores that has taken 90 s."""


@pytest.mark.parametrize("shade", ["Dark", "Light"])
def test_an_edit_is_asked_for_seen_and_decided_on(
    vscode: OpenVSCode, workspace: Path, home_with_edit_model: Path, shade: str
) -> None:
    with vscode(theme=f"Default {shade} Modern") as workbench:
        it, name = Editor(workbench), f"model-edit-{shade.lower()}"
        it.page.set_default_timeout(ANSWER_MS)
        workbench.open(FILE)
        workbench.wait_for_status("ready")
        it.instruct(6, "raise a ValueError if prices is empty")
        it.lens("Reject").first.wait_for()
        workbench.screenshot(f"{name}-first")
        it.instruct(11, "return 0.0 if prices is empty")
        until(lambda: it.lens("Reject").count() >= 2, "hunks of both instructions", ANSWER_MS / 1000)
        assert workbench.text().rstrip() == SOURCE.rstrip(), "the document was changed before anybody said so"
        workbench.screenshot(f"{name}-both")
        it.go_to(11)
        it.page.keyboard.press("Alt+Backspace")
        it.go_to(6)
        it.page.keyboard.press("Alt+Enter")
        it.shows("ValueError")
        it.lens("Accepted").wait_for()
        workbench.screenshot(f"{name}-decided")
        it.page.keyboard.press("ControlOrMeta+z")
        it.shows_not("ValueError")
        it.lens("Reject").first.wait_for()
        it.go_to(2)
        it.page.keyboard.type("\n# Euros.\n")
        it.thread("line 8").wait_for()  # it has moved along
        it.go_to(8)
        it.page.keyboard.press("Alt+Enter")
        it.shows("ValueError")
        workbench.screenshot(f"{name}-moved")
        text = workbench.text()
        assert "# Euros." in text
        assert "return min(prices)" in text.splitlines()[-1], "what was rejected is as it was"
        workbench.command("File: Save")
        until(lambda: "ValueError" in (workspace / FILE).read_text(), "the file to be saved")
        compile((workspace / FILE).read_text(), FILE, "exec")
