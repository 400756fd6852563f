"""A question and an edit in the chat view, with the real server, engine and model."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FILE, OpenVSCode
from tests.support.chat_page import Chat

pytestmark = [pytest.mark.browser, pytest.mark.model]

ANSWER_MS = 240_000
"""The model loads, reads and writes; on two busy cores that has taken 90 s."""


def test_a_question_and_an_edit(vscode: OpenVSCode, home_with_edit_model: Path) -> None:
    expect.set_options(timeout=ANSWER_MS)
    with vscode() as workbench:
        workbench.wait_for_status("ready")
        workbench.open(FILE)
        chat = Chat(workbench, home_with_edit_model)
        chat.say("What does total_price return? Answer in one short sentence.")
        chat.done()
        expect(chat.turn.locator(".answer")).to_contain_text("sum")
        expect(chat.turn.locator("footer")).to_contain_text("qwen2.5-coder-1.5b")
        expect(chat.turn.locator("footer")).to_contain_text("free")
        chat.turn.locator("summary").click()
        expect(chat.turn.locator(".receipt li").first).to_contain_text("total_price")
        workbench.screenshot("model-chat-answer")
        chat.say("raise a ValueError in total_price if prices is empty")
        chat.done()
        expect(chat.turn.locator(".hunk").first).to_contain_text("ValueError")
        workbench.screenshot("model-chat-edit")
        chat.turn.get_by_role("button", name="Accept").first.click()
        expect(chat.turn.locator(".hunk").first).to_contain_text("Accepted")
        workbench.screenshot("model-chat-accepted")
        assert chat.complaints == []
