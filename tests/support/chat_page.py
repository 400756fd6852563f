"""The chat view, as the user of a page sees it."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, FrameLocator, Locator, expect

from tests.support.vscode import Workbench


class Chat:
    """What a user does and sees in the view."""

    def __init__(self, workbench: Workbench, home: Path) -> None:
        self.workbench, self._home = workbench, home
        self.complaints: list[str] = []
        workbench.page.on("console", self._hear)
        workbench.command("Farthing: Open Chat")
        expect(self.input).to_be_visible()

    def _hear(self, message: ConsoleMessage) -> None:
        if re.search(r"Content.Security.Policy|Refused to", message.text):
            self.complaints.append(message.text)

    @property
    def frame(self) -> FrameLocator:
        """The page within VS Code's frames."""
        return self.workbench.page.frame_locator('iframe.webview.ready[src*="purpose=webviewView"]').frame_locator(
            "#active-frame"
        )

    @property
    def input(self) -> Locator:
        """Where the user writes."""
        return self.frame.get_by_role("textbox", name="Message to Farthing")

    @property
    def turn(self) -> Locator:
        """The last turn."""
        return self.frame.locator(".turn").last

    def button(self, name: str) -> Locator:
        """A button of the view, by what it says."""
        return self.frame.get_by_role("button", name=name, exact=True)

    def say(self, text: str) -> None:
        """Write something and press Enter."""
        self.input.click()
        self.input.fill(text)
        self.input.press("Enter")

    def done(self) -> None:
        """Wait until the turn under way has ended."""
        expect(self.button("Send")).to_be_visible()
        expect(self.turn.locator("vscode-progress-ring")).to_have_count(0)

    def asked(self, method: str) -> list[dict[str, Any]]:
        """What the server was asked so far."""
        log = self._home / "asked.jsonl"
        lines = map(json.loads, log.read_text().splitlines() if log.exists() else [])
        return [line for line in lines if line["method"] == method]
