"""The cloud session in the status bars of two windows, while another process spends in it."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from farthing.ledger.store import ledger_path
from tests.browser.conftest import FILE, SIZE, OpenVSCode
from tests.support.ledger_user import Spender, spender
from tests.support.vscode import Workbench, until

pytestmark = [pytest.mark.browser, pytest.mark.model]

CONFIG = """
[cloud.work]
kind = "openai"
base_url = "http://127.0.0.1:9/v1"
api_key_env = "WORK_KEY"
models = { frontier = "big-1" }
"""


@contextmanager
def _second_window(workbench: Workbench) -> Iterator[Workbench]:
    """Another window of the same folder: a server of its own, too."""
    browser = workbench.page.context.browser
    assert browser
    page = browser.new_page(viewport=SIZE)
    try:
        yield Workbench(page, workbench.page.url)
    finally:
        page.close()


def _shown(window: Workbench) -> str:
    """The item's text with its colour, if it has one."""
    item = window.status_item("ledger")
    if not item.count():
        return ""
    kind = re.search(r"(warning|error)-kind", item.get_attribute("class") or "")
    return f"{(item.text_content() or '').strip()} {kind[1] if kind else ''}".strip()


class _Bars:
    """What several windows say, and how long it took them to."""

    def __init__(self, *windows: Workbench) -> None:
        self._windows = windows
        self.delays: list[float] = []

    def wait(self, text: str, since: float | None = None) -> None:
        """Until all say so."""
        seen: list[str] = []

        def agree() -> bool:
            seen[:] = map(_shown, self._windows)
            return set(seen) == {text}

        try:
            until(agree, f"{text!r}", 30)
        except AssertionError as exc:
            raise AssertionError(f"{exc}; they say {seen}") from None
        if since is not None:
            self.delays.append(time.time() - since)


def _spend(bars: _Bars, it: Spender) -> None:
    """Up to where little is left, and what is to be seen on the way."""
    for _ in range(9):
        it.local("edit")
    it.reserve(27_000, 4000, "big-1", "ask")
    bars.wait("local 100% · 0(+31.0k)/50k", it.local("ask"))
    bars.wait("local 91% · 27.2k/50k · $0.08", it.settle(26_900, 300, 1200, 100))
    bars.wait("local 91% · 27.2k(+4.0k)/50k · $0.08", it.reserve(3000, 1000, "big-2", "edit"))


@pytest.mark.parametrize("shade", ["Dark", "Light"])
@pytest.mark.usefixtures("home_with_models")
def test_a_session_is_seen_in_two_windows(vscode: OpenVSCode, workspace: Path, farthing_home: Path, shade: str) -> None:
    name = f"ledger-{shade.lower()}"
    (farthing_home / "config.toml").write_text(CONFIG)
    with vscode(theme=f"Default {shade} Modern") as one, _second_window(one) as two, spender(workspace) as it:
        one.open(FILE)
        bars = _Bars(one, two)
        bars.wait("0/50k")
        _spend(bars, it)
        one.screenshot(f"{name}-spent")
        one.status_item("ledger").hover()
        one.page.locator(".monaco-hover table").first.wait_for()
        one.screenshot(f"{name}-tooltip")
        one.page.locator(".part.editor").hover()
        bars.wait("local 83% · 31.2k/50k · $0.11", it.settle(3000, 1000))
        bars.wait("local 77% · 37.6k/50k · $0.13 warning", it.spend(6000, 400))
        one.screenshot(f"{name}-warning")
        bars.wait("local 71% · 49.6k/50k · $0.17 error", it.spend(11_500, 500))
        assert median(bars.delays) < 1
        _go_on(one, bars, name)


def _go_on(one: Workbench, bars: _Bars, name: str) -> None:
    """What the user is offered at the cap, and what the menu offers."""
    question = one.page.locator(".notifications-toasts .notification-list-item").filter(has_text="Local work goes on")
    question.wait_for()
    one.screenshot(f"{name}-blocked")
    question.get_by_role("button", name="Raise Cap…").click()
    one.page.locator(".quick-input-widget input.input").wait_for()
    one.screenshot(f"{name}-raise")
    one.page.keyboard.press("Enter")
    bars.wait("local 71% · 49.6k/75k · $0.17")
    one.status_item("ledger").click()
    pause = one.page.locator(".quick-input-list .monaco-list-row").filter(has_text="Pause Cloud")
    pause.wait_for()
    one.screenshot(f"{name}-menu")
    pause.click()
    bars.wait("local 71% · 49.6k/75k · $0.17 · paused")
    one.command("Farthing: Usage Report")
    until(lambda: any(frame.get_by_text("By project").count() for frame in one.page.frames), "the report")
    one.screenshot(f"{name}-report")
    one.command("Farthing: New Session")
    bars.wait("0/50k")


@pytest.mark.usefixtures("home_with_models")
def test_who_has_no_cloud_sees_no_session(vscode: OpenVSCode, farthing_home: Path) -> None:
    settings = farthing_home / "config.toml"
    with vscode() as workbench:
        bars = _Bars(workbench)
        workbench.wait_for_status("ready")
        bars.wait("")
        settings.write_text(CONFIG)
        bars.wait("0/50k")
        ledger_path().rename(farthing_home / "elsewhere")
        bars.wait("cloud off error")
        workbench.status_item("ledger").hover()
        workbench.page.locator(".monaco-hover").filter(has_text="moved or replaced").wait_for()
        workbench.screenshot("ledger-off")
        settings.unlink()
        bars.wait("")
