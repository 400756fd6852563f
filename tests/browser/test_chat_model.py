"""A question and an edit in the chat view, with the real server, engine and model."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FILE, OpenVSCode
from tests.support.chat_page import Chat
from tests.support.review_page import Editor

pytestmark = [pytest.mark.browser, pytest.mark.model]

ANSWER_MS = 240_000
"""The model loads, reads and writes; on two busy cores that has taken 90 s."""


CONFIG = """
[cloud.work]
kind = "openai"
base_url = "http://127.0.0.1:9/v1"
api_key_env = "FARTHING_NO_SUCH_KEY"
models = { small = "big-1" }
"""
"""A provider that nothing can be sent to."""


def test_a_question_and_an_edit(vscode: OpenVSCode, home_with_edit_model: Path) -> None:
    expect.set_options(timeout=ANSWER_MS)
    (home_with_edit_model / "config.toml").write_text(CONFIG)
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
        chat.say("/test")
        card = chat.frame.get_by_role("group", name="May this be sent to the small model?")
        expect(card).to_contain_text("would be sent to work (big-1)")
        expect(chat.turn.locator(".receipt li").first).to_be_visible()
        workbench.screenshot("model-chat-asking")
        Editor(workbench).go_to(6)
        workbench.command("Refactor")
        workbench.page.locator(".action-widget .monaco-list-row", has_text="Write a test with Farthing").click()
        workbench.page.locator(".quick-input-widget").filter(has_text="would be sent to work (big-1)").wait_for()
        workbench.screenshot("model-action-asking")
        workbench.page.keyboard.press("Enter")
        workbench.page.locator(".part.statusbar").get_by_text(re.compile("Farthing (writes|reads|waits)")).wait_for()
        workbench.command("Farthing: Stop Edit")
        assert chat.complaints == []
