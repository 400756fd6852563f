"""The chat view in a real VS Code, before a server that answers what is written down."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Error, Frame, expect

from tests.browser.conftest import FILE, OpenVSCode
from tests.support.chat_page import Chat
from tests.support.vscode import WORKBENCH_MS, Workbench, until

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _patience() -> None:
    expect.set_options(timeout=WORKBENCH_MS / 3)


@contextmanager
def _chat(
    vscode: OpenVSCode,
    fake_chat: str,
    home: Path,
    theme: str = "Default Dark Modern",
    settings: Mapping[str, object] | None = None,
) -> Iterator[Chat]:
    with vscode(theme=theme, python=fake_chat, settings=settings) as workbench:
        workbench.wait_for_status("ready")
        workbench.open(FILE)
        chat = Chat(workbench, home)
        yield chat
        assert chat.complaints == []


THEMES = {"dark": "Default Dark Modern", "light": "Default Light Modern", "contrast": "Default High Contrast"}


@pytest.mark.parametrize("shade", THEMES)
def test_answers_and_hunks_are_shown(vscode: OpenVSCode, fake_chat: str, farthing_home: Path, shade: str) -> None:
    with _chat(vscode, fake_chat, farthing_home, THEMES[shade]) as chat:
        chat.say("What does total_price do?")
        expect(chat.turn.locator("code .hljs-keyword").first).to_be_visible()
        chat.done()
        expect(chat.turn.locator("footer")).to_contain_text("1,310 in (1,024 cached), 96 out")
        chat.turn.locator("summary").click()
        expect(chat.turn.locator(".receipt li")).to_have_count(3)
        chat.workbench.screenshot(f"chat-answer-{shade}")
        chat.say("guard against an empty list")
        chat.done()
        expect(chat.turn.locator(".hunk")).to_have_count(3)
        expect(chat.turn.locator(".hunk").first).to_contain_text("Proposed")
        chat.workbench.screenshot(f"chat-edit-{shade}")
        chat.say("design a till")
        expect(chat.turn.locator(".asking")).to_be_visible()
        chat.workbench.screenshot(f"chat-asking-{shade}")
        assert [message["task"] for message in chat.asked("send")] == ["ask", "edit", "edit"]


def test_what_a_model_writes_stays_text(vscode: OpenVSCode, fake_chat: str, farthing_home: Path) -> None:
    with _chat(vscode, fake_chat, farthing_home) as chat:
        chat.say("/explain")
        chat.done()
        expect(chat.turn.locator("img")).to_have_count(0)
        expect(chat.turn.locator(".answer")).to_contain_text('<img src=x onerror="alert(1)"> is text')
        chat.turn.get_by_role("link", name="the manual").click()
        question = chat.workbench.page.locator(".monaco-dialog-box")
        expect(question).to_contain_text("https://docs.python.org/3/")
        chat.workbench.screenshot("chat-link")
        question.get_by_role("button", name="Cancel").click()
        chat.turn.get_by_role("link", name="shop.py").click()
        expect(chat.workbench.page.locator(".cursor-count, .part.statusbar")).to_contain_text("Ln 4")


def test_hunks_are_decided_and_kept_over_a_reload(vscode: OpenVSCode, fake_chat: str, farthing_home: Path) -> None:
    with _chat(vscode, fake_chat, farthing_home) as chat:
        chat.say("guard against an empty list")
        hunks = chat.frame.locator(".hunk")
        hunks.nth(0).get_by_role("button", name="Accept").click()
        expect(hunks.nth(0)).to_contain_text("Accepted")
        expect(hunks.nth(1)).to_contain_text("Proposed")
        chat.say("again")
        chat.input.fill("not sent yet")
        hunks.nth(3).get_by_role("button", name="Reject").click()
        expect(hunks.nth(3)).to_contain_text("Rejected")
        chat.workbench.page.reload()
        expect(chat.input).to_have_value("not sent yet")
        expect(chat.frame.locator(".turn")).to_have_count(2)
        expect(hunks.nth(0)).to_contain_text("Accepted")
        expect(hunks.nth(1)).to_contain_text("No longer offered")
        expect(hunks.locator("vscode-button")).to_have_count(0)
        chat.workbench.wait_for_status("ready")
        chat.say("go on")
        expect(chat.turn.locator(".hunk").nth(1)).to_contain_text("Proposed")
        expect(hunks.nth(0)).to_contain_text("Accepted")
        expect(hunks.nth(1)).to_contain_text("No longer offered")
        conversations = [message["conversation"] for message in chat.asked("send")]
        assert conversations[0] == conversations[1] != conversations[2]


def test_an_answer_is_stopped_and_a_new_conversation_begun(
    vscode: OpenVSCode, fake_chat: str, farthing_home: Path
) -> None:
    with _chat(vscode, fake_chat, farthing_home) as chat:
        chat.say("Explain this slowly?")
        expect(chat.turn.locator(".answer")).to_contain_text("adds up")
        chat.workbench.screenshot("chat-working")
        chat.button("Stop").click()
        expect(chat.turn.locator("> .progress")).to_have_text("Stopped")
        chat.input.press("ArrowUp")
        expect(chat.input).to_have_value("Explain this slowly?")
        chat.input.press("Enter")
        expect(chat.button("Stop")).to_be_visible()
        chat.input.press("Escape")
        expect(chat.button("Send")).to_be_visible()
        chat.workbench.page.get_by_role("button", name="New Conversation").click()
        expect(chat.frame.locator(".turn")).to_have_count(0)
        expect(chat.frame.locator(".empty")).to_be_visible()
        chat.say("Why?")
        chat.done()
        first, _, last = chat.asked("send")
        assert first["conversation"] != last["conversation"]
        until(lambda: chat.asked("close"), "the old conversation to be closed")
        assert [message["conversation"] for message in chat.asked("close")] == [first["conversation"]]


def test_what_is_sent_is_shown_before_and_can_be_left_out_or_pinned(
    vscode: OpenVSCode, fake_chat: str, farthing_home: Path
) -> None:
    with _chat(vscode, fake_chat, farthing_home) as chat:
        composer = chat.frame.locator(".composer")
        composer.locator("summary").click()
        expect(composer).to_contain_text("3 items, 45 of 1,800 tokens would go to local · qwen2.5-coder-1.5b")
        composer.get_by_role("button", name="Leave out shop.py:9").click()
        expect(composer).to_contain_text("2 items, 31 of 1,800 tokens")
        composer.get_by_role("button", name="Add File or Selection…").click()
        row = chat.workbench.page.locator(".quick-input-list .monaco-list-row")
        row.filter(has_text=re.compile(f"^{FILE}$")).click()
        expect(composer.get_by_role("list", name="Pinned")).to_contain_text(FILE)
        chat.workbench.screenshot("chat-context")
        chat.say("guard against an empty list")
        until(lambda: chat.asked("send"), "the instruction to be sent")
        chat.done()
        [sent] = chat.asked("send")
        assert sent["drops"] == ["b"]
        assert sent["pins"] == [{"path": FILE, "startLine": 0, "endLine": 0}]
        assert sent["uri"].endswith(FILE)
        assert len(chat.asked("preview")) < 8


KEY = 'sk-abc"def\\0123456789'
"""With marks that JSON writes otherwise."""

TALKATIVE = {"farthing.trace.server": "verbose"}
"""All that is said to the server is logged, once the log has its lowest level."""


def test_another_tier_is_asked_for_and_its_key_stays_secret(
    vscode: OpenVSCode, fake_chat: str, farthing_home: Path
) -> None:
    with _chat(vscode, fake_chat, farthing_home, settings=TALKATIVE) as chat:
        chat.say("/fix something hard")
        offer = chat.turn.locator(".question")
        expect(offer).to_contain_text("costs at most $0.02")
        chat.workbench.screenshot("chat-escalation")
        offer.get_by_role("button", name="Send to small").click()
        until(lambda: len(chat.asked("send")) == 2, "the second try")
        first, second = chat.asked("send")
        assert first.pop("tier") == "" and second.pop("tier") == "small"
        assert first == second
        chat.done()
        _choose(chat)
        _answer_in_file(chat)
        _log_everything(chat.workbench)
        _give_key(chat)
        chat.workbench.command("Farthing: Show What Was Sent")
        _read(chat, "What was sent", "answered by tiny-1")
        chat.workbench.screenshot("cloud-sent")
        written = chat.workbench.written() + (farthing_home / "asked.jsonl").read_text()
        assert "farthing/setKeys: what it says is not logged" in written
        assert '"text": "design a till"' in written.partition("Sending request 'farthing/sendChat")[2]
        assert "sk-abc" not in written
        chat.workbench.command("Farthing: Open Cloud Settings")
        chat.workbench.page.locator('.tab.active[data-resource-name="config.toml"]').wait_for()
        assert "#[cloud.work]" in (farthing_home / "config.toml").read_text()


def _choose(chat: Chat) -> None:
    """In the view, by the keyboard."""
    chat.say("design a till")
    card = chat.frame.get_by_role("group", name="May this be sent to the small model?")
    expect(card).to_be_visible()
    expect(chat.turn.locator(".receipt li").first).to_be_visible()
    card.get_by_role("button", name="Show what will be sent").click()
    _read(chat, "What would be sent", "<b>Design a till.</b>")
    chat.workbench.screenshot("cloud-request")
    [request] = chat.asked("request")
    assert request["tier"] == "small" and request["text"] == "design a till"
    card.get_by_role("button", name="Do it on this machine").focus()
    chat.workbench.page.keyboard.press("Enter")
    until(lambda: chat.asked("send")[-1]["tier"] == "local", "the choice")
    expect(card).to_have_count(0)
    chat.done()


def _answer_in_file(chat: Chat) -> None:
    """Where the instruction was given in a file: nothing is sent until there is a choice, and Enter costs nothing."""
    page, sent = chat.workbench.page, len(chat.asked("send"))
    page.locator(".part.editor .tab").filter(has_text=FILE).click()
    chat.workbench.command("Farthing: Edit with Instruction")
    box = page.locator(".quick-input-widget input.input")
    box.fill("design a shelf")
    box.press("Enter")
    question = page.locator(".quick-input-widget").filter(has_text="May this be sent to the small model?")
    question.wait_for()
    chat.workbench.screenshot("cloud-question")
    page.keyboard.press("Enter")
    until(lambda: len(chat.asked("send")) == sent + 2, "the choice")
    asked, chosen = chat.asked("send")[sent:]
    assert asked.get("tier") is None and chosen.pop("tier") == "local" and asked == chosen
    chat.done()


def _log_everything(workbench: Workbench) -> None:
    workbench.command("Developer: Set Log Level")
    for name in ("Farthing", "Trace"):
        row = workbench.page.locator(".quick-input-list .monaco-list-row").filter(has_text=re.compile(f"^{name}"))
        row.first.click()


def _give_key(chat: Chat) -> None:
    """A turn fails for want of a key, and says how to give it. It is told to each server that starts."""
    chat.say("design a till")
    chat.turn.get_by_role("button", name="Send to small").click()
    give = chat.button("Set API Key…")
    expect(give).to_be_visible()
    chat.workbench.screenshot("cloud-key-missing")
    give.click()
    page = chat.workbench.page
    page.locator(".quick-input-list .monaco-list-row").filter(has_text=re.compile("^work")).click()
    box = page.locator(".quick-input-widget input[type=password]")
    box.fill(KEY)
    chat.workbench.screenshot("cloud-key")
    box.press("Enter")
    until(lambda: chat.asked("keys"), "the key")
    chat.workbench.command("Farthing: Restart Server")
    until(lambda: len(chat.asked("keys")) == 2, "the key for the new server")
    digest = sha256(KEY.encode()).hexdigest()
    assert [told["work"] for told in chat.asked("keys")] == [digest, digest]
    chat.workbench.wait_for_status("ready")
    chat.workbench.command("Farthing: Delete API Key")
    page.locator(".quick-input-list .monaco-list-row").filter(has_text=re.compile("^work")).click()
    until(lambda: "work" not in chat.asked("keys")[-1], "no key any more")
    chat.workbench.status_item("status").click()
    page.locator(".quick-input-list .monaco-list-row").filter(has_text="Set API Key of work").wait_for()
    chat.workbench.screenshot("cloud-menu")
    page.keyboard.press("Escape")


def _read(chat: Chat, title: str, text: str) -> None:
    """A document of this title, which holds this text, is shown beside the chat."""

    def holds(frame: Frame) -> bool:
        try:
            heading = frame.locator("h1", has_text=title)
            return bool(heading.count()) and text in frame.locator("body").inner_text(timeout=1000)
        except Error:  # VS Code puts another frame in the place of one whose text has changed
            return False

    until(lambda: any(holds(frame) for frame in chat.workbench.page.frames), f"{text!r} in {title!r}")
