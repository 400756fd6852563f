"""VS Code with our extension, a browser, and a workspace with one Python file."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.support import fake_chat_server
from tests.support.vscode import ARTEFACTS, Installation, Workbench, install_extension, serve

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZE: ViewportSize = {"width": 1280, "height": 800}

FILE = "shop.py"
SOURCE = '''"""Prices of a small shop."""


def total_price(prices: list[float]) -> float:
    """Return the sum of all prices."""
    return sum(prices)


def lowest_price(prices: list[float]) -> float:
    """Return the lowest of all prices."""
    return min(prices)
'''

OpenVSCode = Callable[..., AbstractContextManager[Workbench]]


def _needed(variable: str, what: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        pytest.skip(f"{what} is set up by scripts/test; run that")
    return value


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window.

    For one module only: while playwright's plain API is started an event loop runs in this thread, and no other test
    could run one of its own.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("FARTHING_TEST_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("there is no Chromium on PATH; scripts/test installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """code-server with our .vsix installed as a user would install it."""
    node = _needed("FARTHING_TEST_WEB_NODE", "VS Code for the browser")
    entry = _needed("FARTHING_TEST_WEB_ENTRY", "VS Code for the browser")
    vsix = Path(_needed("FARTHING_TEST_VSIX", "the packaged extension"))
    home = Path(tempfile.mkdtemp(prefix="fh-vsix-"))
    yield install_extension(node, entry, vsix, home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def fake_chat(tmp_path: Path) -> str:
    """What the extension takes for a Python with our server: the answers stand in ``fake_chat_server``."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m {fake_chat_server.__name__}\n')
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with one Python file, named as a user's would be: the name shows in screenshots."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / FILE).write_text(SOURCE)
    return folder


def _keep_evidence(page: Page, logs: Path, name: str) -> None:
    """What a failed test leaves for whoever looks into it: a screenshot and the extension's log."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")
    texts = [path.read_text(errors="replace") for path in sorted(logs.rglob("*Farthing*.log"))]
    (ARTEFACTS / f"{name}.log").write_text("\n".join(texts))


@pytest.fixture
def vscode(
    request: pytest.FixtureRequest, browser: Browser, installation: Installation, farthing_home: Path, workspace: Path
) -> OpenVSCode:
    """Open the workspace in a new VS Code: ``with vscode(theme=…, trusted=…, settings=…, python=…) as workbench``."""

    @contextmanager
    def open_vscode(
        theme: str = "Default Dark Modern",
        trusted: bool = True,
        settings: Mapping[str, object] | None = None,
        python: str = sys.executable,
    ) -> Iterator[Workbench]:
        chosen = {
            "workbench.colorTheme": theme,
            "workbench.startupEditor": "none",
            "workbench.secondarySideBar.defaultVisibility": "hidden",
            "security.workspace.trust.startupPrompt": "never",
            "telemetry.telemetryLevel": "off",
            **(settings or {}),
        }
        home = Path(tempfile.mkdtemp(prefix="fh-code-"))
        user = home / "user" / "User"
        user.mkdir(parents=True)
        (user / "settings.json").write_text(json.dumps(chosen))
        env = {"FARTHING_HOME": str(farthing_home), "FARTHING_PYTHON": python}
        page = browser.new_page(viewport=SIZE)
        try:
            with serve(installation, home, workspace, env, trusted) as address:
                try:
                    yield Workbench(page, address, home / "user")
                except BaseException:
                    _keep_evidence(page, home / "user" / "logs", f"failed-{request.node.name}")
                    raise
                finally:
                    page.close()
        finally:
            shutil.rmtree(home, ignore_errors=True)

    return open_vscode
