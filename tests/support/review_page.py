"""An instruction in a file and the review of what comes of it, as the user of a page sees them."""

from playwright.sync_api import Locator

from tests.support.vscode import EDITOR, Workbench, until


class Editor:
    """What the user sees of a review, and does with it."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench, self.page = workbench, workbench.page

    def go_to(self, line: int) -> None:
        """Put the cursor at the beginning of a line."""
        self.page.locator(f"{EDITOR} .view-lines").first.click()
        self.page.keyboard.press("Control+Home")
        for _ in range(line - 1):
            self.page.keyboard.press("ArrowDown")

    def ask(self, instruction: str) -> Locator:
        """Type an instruction; gives the input, which is still open."""
        self.page.keyboard.press("Alt+i")
        box = self.page.locator(".quick-input-widget input.input")
        box.wait_for()
        self.page.keyboard.type(instruction, delay=20)
        return self.page.locator(".quick-input-widget")

    def instruct(self, line: int, instruction: str = "check the prices") -> None:
        """Give an instruction at a line."""
        self.go_to(line)
        self.ask(instruction)
        self.page.keyboard.press("Enter")

    def lens(self, text: str) -> Locator:
        """What stands above a line."""
        return self.page.locator(f"{EDITOR} .codelens-decoration").get_by_text(text)

    def thread(self, text: str) -> Locator:
        """New lines below the old ones."""
        return self.page.locator(f"{EDITOR} .review-widget").filter(has_text=text)

    def beside(self, text: str) -> None:
        """Wait for a new line beside the old one: it is the content of a style."""
        script = "e => [...e.querySelectorAll('.view-line span')].map(s => getComputedStyle(s, '::after').content)"
        self._wait_for_content(script, text, True)

    def nothing_beside(self, text: str) -> None:
        """Wait until it is gone."""
        script = "e => [...e.querySelectorAll('.view-line span')].map(s => getComputedStyle(s, '::after').content)"
        self._wait_for_content(script, text, False)

    def _wait_for_content(self, script: str, text: str, there: bool) -> None:
        lines = self.page.locator(f"{EDITOR} .view-lines").first
        until(lambda: any(text in content for content in lines.evaluate(script)) is there, f"{text!r} beside its line")

    def shows(self, text: str) -> None:
        """Wait until the document holds it."""
        until(lambda: text in self.workbench.text(), f"{text!r} in the document")

    def shows_not(self, text: str) -> None:
        """Wait until the document does not."""
        until(lambda: text not in self.workbench.text(), f"no {text!r} in the document")
