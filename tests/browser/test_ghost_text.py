"""From the keystroke to text in the file, with the real model in a real VS Code."""

import ast
import re
from pathlib import Path

import pytest

from tests.browser.conftest import FILE, SOURCE, OpenVSCode
from tests.support.vscode import until

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.usefixtures("home_with_models")]

# Easy for a model of this size: the file shows the pattern twice.
TYPED = "\n\ndef mean_price(prices: list[float]) -> float:\nreturn "
# VS Code indents the body by itself.
BEFORE = SOURCE + TYPED.replace("\nreturn", "\n    return")


@pytest.mark.parametrize("theme", ["Default Dark Modern", "Default Light Modern"])
def test_ghost_text_is_shown_and_accepted_with_tab(vscode: OpenVSCode, workspace: Path, theme: str) -> None:
    shade = theme.split()[1].lower()
    with vscode(theme=theme) as workbench:
        workbench.open(FILE)
        workbench.wait_for_status("ready")
        workbench.type(TYPED)
        shown = workbench.wait_for_ghost_text()
        workbench.screenshot(f"ghost-text-{shade}")
        workbench.accept(shown)
        workbench.screenshot(f"accepted-{shade}")
        workbench.save(workspace / FILE, BEFORE + shown)
        assert "qwen2.5-coder-0.5b" in workbench.wait_for_status("ready")
    ast.parse(BEFORE + shown)


def test_ghost_text_is_typed_through_taken_by_words_and_dismissed(vscode: OpenVSCode, workspace: Path) -> None:
    with vscode() as workbench:
        workbench.open(FILE)
        workbench.wait_for_status("ready")
        workbench.type(TYPED)
        whole = workbench.wait_for_ghost_text()
        workbench.page.keyboard.type(whole[0])
        rest = workbench.wait_for_ghost_text()
        assert workbench.text().splitlines()[-1].endswith(f"return {whole}")
        assert rest == whole[1:]
        workbench.screenshot("ghost-text-typed-through")
        workbench.page.keyboard.press("ControlOrMeta+ArrowRight")
        word = until(lambda: rest.removesuffix(workbench.wait_for_ghost_text()), "a word to be accepted")
        assert re.fullmatch(r"\w{2,}", word), word
        workbench.screenshot("ghost-text-word-accepted")
        workbench.page.keyboard.press("Escape")
        until(lambda: not workbench.ghost_text(), "Escape to dismiss the suggestion")
        workbench.screenshot("ghost-text-dismissed")
        workbench.save(workspace / FILE, BEFORE + whole[0] + word)
        workbench.command("Farthing: Open Menu")
        today = workbench.page.locator(".quick-input-widget input.input")
        until(lambda: "1 shown, 1 accepted" in (today.get_attribute("placeholder") or ""), "the numbers in the menu")
        workbench.screenshot("menu")
