"""``@farthing`` in the editor's own chat: without an account and without another extension, on our own model."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import FILE, OpenVSCode
from tests.support.vscode import WORKBENCH_MS, Workbench, until

pytestmark = pytest.mark.browser


def _ask(workbench: Workbench, text: str) -> Locator:
    """Say something to ``@farthing``; gives the last answer."""
    session = workbench.page.locator(".interactive-session")
    # Who answers stays in the box from one message to the next.
    session.locator(".interactive-input-part .monaco-editor").first.click()
    written = session.locator(".interactive-input-part .view-lines").first
    said = text if "@farthing" in (written.text_content() or "") else f"@farthing {text}"
    # As if pasted: letter by letter the list of participants comes between, and a blank takes its first entry.
    workbench.page.keyboard.insert_text(said)
    until(lambda: text in (written.text_content() or "").replace("\xa0", " "), "the message in its box")
    workbench.page.keyboard.press("Enter")
    return session.locator(".interactive-response").last


def test_questions_and_edits_are_answered(vscode: OpenVSCode, fake_chat: str, farthing_home: Path) -> None:
    expect.set_options(timeout=WORKBENCH_MS)
    with vscode(python=fake_chat) as workbench:
        workbench.wait_for_status("ready")
        workbench.open(FILE)
        workbench.command("Chat: Open Chat (Ask)")
        expect(workbench.page.locator(".interactive-session")).to_contain_text("Farthing (local)")
        answer = _ask(workbench, "What does total_price do?")
        expect(answer).to_contain_text("1310 tokens in (1024 cached), 96 out")
        expect(answer.locator("img[src*='example.com']")).to_have_count(0)
        workbench.screenshot("participant-answer")
        answer = _ask(workbench, "guard against an empty list")
        expect(answer.locator("a", has_text="Accept")).to_have_count(2)
        expect(answer).to_contain_text("not found: no such lines; the nearest are 3-5")
        workbench.screenshot("participant-edit")
        answer.locator("a", has_text="Accept").last.click()
        asked = farthing_home / "asked.jsonl"
        decided = until(lambda: [line for line in asked.read_text().splitlines() if '"decide"' in line], "the click")
        assert json.loads(decided[0])["ids"] == ["2h2"]
        answer = _ask(workbench, "design a till")
        expect(answer).to_contain_text("May this be sent to the small model?")
        expect(answer.get_by_role("button", name="Send to small")).to_be_visible()
        workbench.screenshot("participant-asking")
        answer.get_by_role("button", name="Do it on this machine").click()
        until(lambda: '"tier": "local"' in asked.read_text(), "the choice")
        first, again = (json.loads(line) for line in asked.read_text().splitlines()[-2:])
        assert again.pop("tier") == "local" and "tier" not in first and first == again
        expect(workbench.page.locator(".interactive-response").last.locator("a", has_text="Accept")).to_have_count(2)
        workbench.screenshot("participant-chosen")
