"""From the keystroke to text in the file, with the real model in a real VS Code."""

import ast
from pathlib import Path

import pytest

from tests.browser.conftest import FILE, SOURCE, OpenVSCode

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
