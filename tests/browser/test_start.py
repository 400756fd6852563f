"""What the extension costs when VS Code starts, and what it does not do in a folder that is not trusted."""

import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import FILE, OpenVSCode

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.usefixtures("home_with_models")]

MAX_ACTIVATION_MS = 150


def _servers(home: Path) -> list[str]:
    """Command lines of language servers and engines whose state is in ``home``."""
    listing = subprocess.run(["ps", "axeww", "-o", "command"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if f"FARTHING_HOME={home}" in line and "-m farthing" in line]


def test_activation_is_quick(vscode: OpenVSCode) -> None:
    with vscode() as workbench:
        workbench.open(FILE)
        workbench.wait_for_status("ready")
        activation_ms = workbench.activation_ms("Farthing")
        workbench.screenshot("running-extensions")
    assert activation_ms <= MAX_ACTIVATION_MS


def test_nothing_is_started_in_a_folder_that_is_not_trusted(vscode: OpenVSCode, farthing_home: Path) -> None:
    with vscode(trusted=False) as workbench:
        workbench.open(FILE)
        assert "Restricted Mode" in workbench.wait_for_status("restricted mode")
        workbench.type("\n\nx = ")
        workbench.screenshot("restricted-mode")
        assert _servers(farthing_home) == []
        assert workbench.ghost_text() == ""


def test_the_server_runs_in_a_trusted_folder(vscode: OpenVSCode, farthing_home: Path) -> None:
    """The counterpart: what the test above looks for is there when it should be, and gone afterwards."""
    with vscode() as workbench:
        workbench.wait_for_status("ready")
        assert any("serve" in line for line in _servers(farthing_home))
