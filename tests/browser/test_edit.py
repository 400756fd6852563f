"""An instruction in a file, and the review of what comes of it, with a server that proposes what the test says."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import FILE, SOURCE, OpenVSCode
from tests.support.fake_edit_server import Canned, go_on, install
from tests.support.review_page import Editor
from tests.support.vscode import until

pytestmark = pytest.mark.browser

GUARD = {
    "path": FILE,
    "before": "    return sum(prices)\n",
    "after": (
        "    if not prices:\n"
        '        raise ValueError("there are no prices")\n'
        "    if min(prices) < 0:\n"
        '        raise ValueError("a price is negative")\n'
        "    return sum(prices)\n"
    ),
}
DEFAULT = {"path": FILE, "before": "    return min(prices)\n", "after": "    return min(prices, default=0.0)\n"}
GUARDED = SOURCE.replace(GUARD["before"], GUARD["after"])
OTHER = "till.py"
OTHER_SOURCE = "import shop\n\n\ndef pay(prices):\n    return shop.total_price(prices)\n"
CALL = {
    "path": OTHER,
    "before": "    return shop.total_price(prices)\n",
    "after": "    return shop.total_price(list(prices))\n",
}
NEW = {"path": "limits.py", "before": "", "after": '"""Limits."""\n\nMOST = 3\n'}
AMBIGUOUS = {"path": FILE, "status": "ambiguous", "reason": "its lines stand at 4 and 9", "diff": "-x\n+y\n"}

Editing = Callable[..., AbstractContextManager[Editor]]


@pytest.fixture
def editing(vscode: OpenVSCode, workspace: Path, farthing_home: Path) -> Editing:
    """VS Code with a file open and a server that proposes: ``with editing(Canned(…), theme=…) as editor``."""
    (workspace / OTHER).write_text(OTHER_SOURCE)

    @contextmanager
    def open_editor(canned: Canned, theme: str = "Default Dark Modern") -> Iterator[Editor]:
        with vscode(theme=theme, python=str(install(farthing_home, canned))) as workbench:
            workbench.open(FILE)
            workbench.wait_for_status("ready")
            yield Editor(workbench)

    return open_editor


@pytest.mark.parametrize("shade", ["Dark", "Light"])
def test_hunks_are_seen_while_they_are_written_and_decided_on(
    editing: Editing, workspace: Path, farthing_home: Path, shade: str
) -> None:
    name = f"edit-{shade.lower()}"
    with editing(Canned([GUARD, DEFAULT], hold=True), theme=f"Default {shade} Modern") as it:
        it.go_to(6)
        it.ask("check the prices").get_by_text("Edit shop.py at line 6 · local").wait_for()
        it.workbench.screenshot(f"{name}-input")
        it.page.keyboard.press("Enter")
        it.lens("reads the context").wait_for()
        it.workbench.screenshot(f"{name}-reading")
        go_on(farthing_home)
        it.thread("if not prices").wait_for()
        it.lens("Farthing writes: replace line 6").wait_for()
        it.workbench.screenshot(f"{name}-writing")
        go_on(farthing_home)
        it.thread("return sum(prices)").wait_for()
        it.beside("default=0.0")
        it.lens("Farthing proposes 2 changes").wait_for()
        it.lens("Farthing writes").wait_for(state="detached")
        assert it.workbench.text().rstrip() == SOURCE.rstrip(), "the document was changed before anybody said so"
        it.workbench.screenshot(f"{name}-proposed")
        it.page.keyboard.press("Alt+Enter")
        it.shows("there are no prices")
        it.lens("Accepted").wait_for()
        it.workbench.screenshot(f"{name}-accepted")
        it.page.keyboard.press("Alt+F5")
        it.page.keyboard.press("Alt+Backspace")
        it.nothing_beside("default=0.0")
        it.lens("Reject").wait_for(state="detached")
        it.workbench.screenshot(f"{name}-rejected")
        it.workbench.save(workspace / FILE, GUARDED)
        it.page.keyboard.press("ControlOrMeta+z")
        it.shows_not("there are no prices")
        it.thread("Replace line 6").wait_for()
        it.lens("Reject").wait_for()
        it.workbench.screenshot(f"{name}-undone")
        it.workbench.save(workspace / FILE, SOURCE)


def test_what_is_edited_meanwhile_moves_or_is_stale(editing: Editing, workspace: Path) -> None:
    with editing(Canned([GUARD, DEFAULT])) as it:
        it.instruct(6)
        it.lens("Farthing proposes 2 changes").wait_for()
        it.go_to(6)
        it.page.keyboard.type("x")
        it.lens("Stale: its lines were edited").wait_for()
        it.workbench.screenshot("edit-stale")
        it.page.keyboard.press("Alt+Enter")
        it.page.locator(".notification-list-item").filter(has_text="can't be accepted any more").wait_for()
        it.shows_not("there are no prices")
        it.page.keyboard.press("ControlOrMeta+z")
        it.lens("Farthing proposes 2 changes").wait_for()
        it.go_to(2)
        it.page.keyboard.type("\n# Euros.\n")
        it.shows("# Euros.")
        it.page.keyboard.press("Shift+Alt+Enter")
        it.shows("there are no prices")
        it.shows("default=0.0")
        it.lens("Accepted").last.wait_for()
        it.workbench.screenshot("edit-moved")
        edited = GUARDED.replace(DEFAULT["before"], DEFAULT["after"]).replace('."""\n\n', '."""\n\n# Euros.\n\n', 1)
        it.workbench.save(workspace / FILE, edited)
        it.page.keyboard.press("ControlOrMeta+z")
        it.shows_not("default=0.0")
        assert "there are no prices" not in it.workbench.text(), "the hunks of one answer are one step"


def test_an_accepted_hunk_is_reverted_after_later_edits(editing: Editing, workspace: Path) -> None:
    with editing(Canned([GUARD])) as it:
        it.instruct(6)
        it.thread("Replace line 6").get_by_role("button", name="Accept Change").click()
        it.shows("there are no prices")
        it.go_to(2)
        it.page.keyboard.type("\n# Euros.\n")
        it.lens("Revert").click()
        it.shows_not("there are no prices")
        it.workbench.save(workspace / FILE, SOURCE.replace('."""\n\n', '."""\n\n# Euros.\n\n', 1))


@pytest.mark.parametrize("shade", ["Dark", "Light"])
def test_changes_of_several_files_are_listed_and_compared(editing: Editing, workspace: Path, shade: str) -> None:
    name = f"edit-{shade.lower()}"
    canned = Canned([GUARD, DEFAULT, CALL, NEW], [AMBIGUOUS])
    with editing(canned, theme=f"Default {shade} Modern") as it:
        it.instruct(6)
        told = it.page.locator(".notification-list-item").filter(has_text="1 of 5 changes has no sure place")
        told.wait_for()
        it.workbench.screenshot(f"{name}-refused")
        told.get_by_role("button", name="Show Details").click()
        details = it.page.frame_locator("iframe.webview").frame_locator("#active-frame")
        details.get_by_text("its lines stand at 4 and 9").first.wait_for()
        it.workbench.screenshot(f"{name}-details")
        it.workbench.command("Farthing: Compare All Proposed Changes")
        it.page.locator(".multiDiffEntry").get_by_text("MOST").first.wait_for()
        it.workbench.screenshot(f"{name}-multi-diff")
        _decide_in_the_list(it, name)
        it.workbench.command("Farthing: Accept All Changes")
        until((workspace / "limits.py").exists, "the new file")
        it.workbench.command("File: Save All")
        after = OTHER_SOURCE.replace(CALL["before"], CALL["after"])
        wanted = {OTHER: after, "limits.py": NEW["after"], FILE: SOURCE.replace(DEFAULT["before"], DEFAULT["after"])}
        until(lambda: {name: (workspace / name).read_text() for name in wanted} == wanted, "the files as proposed")


def _decide_in_the_list(it: Editor, name: str) -> None:
    it.page.locator(".activitybar").get_by_role("tab", name="Farthing").first.click()
    row = it.page.locator('.monaco-list-row[aria-label^="Line 6, proposed"]')
    row.hover()
    it.workbench.screenshot(f"{name}-list")
    row.get_by_role("button", name="Reject Change").click()
    row.wait_for(state="detached")
    it.page.locator('.monaco-list-row[aria-label^="Line 5, proposed, replaced by"]').click()
    it.page.locator(f'.part.editor .tab.active[data-resource-name="{OTHER}"]').wait_for()
    it.workbench.command("Farthing: Compare File with Proposed Changes")
    it.page.locator(".monaco-diff-editor").get_by_text("list").first.wait_for()
    it.workbench.screenshot(f"{name}-compared")


def test_an_edit_is_stopped(editing: Editing, workspace: Path, farthing_home: Path) -> None:
    with editing(Canned([GUARD], hold=True)) as it:
        it.instruct(6)
        it.lens("reads the context").wait_for()
        go_on(farthing_home)
        it.thread("if not prices").wait_for()
        it.workbench.status_item("edit").click()
        it.thread("if not prices").wait_for(state="detached")
        until(lambda: it.workbench.status_item("edit").count() == 0, "the item to go")
        it.workbench.save(workspace / FILE, SOURCE)


def test_an_instruction_is_given_again(editing: Editing) -> None:
    with editing(Canned([GUARD])) as it:
        it.instruct(6, "check the prices")
        it.lens("Accept").first.wait_for()
        it.page.keyboard.press("Shift+Alt+Backspace")
        it.thread("Replace line 6").wait_for(state="detached")
        it.ask("che").get_by_text("check the prices").wait_for()
        it.workbench.screenshot("edit-again")
        it.page.keyboard.press("ArrowDown")
        it.page.keyboard.press("Enter")
        it.thread("Replace line 6").wait_for()
