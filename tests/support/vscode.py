"""A real VS Code (code-server) and the page that shows it, for browser tests."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
from playwright.sync_api import Locator, Page

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
EDITOR = ".part.editor .monaco-editor"
WORKBENCH_MS = 60_000
"""A cold workbench on two busy cores needs 5 s; far more is a failure, not slowness."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Installation:
    """Where the pieces are."""

    node: str
    """The Node 24 that runs code-server."""
    entry: str
    """code-server's script."""
    extensions: Path
    """An extensions directory in which ours is installed."""

    def command(self, home: Path, *arguments: str) -> list[str]:
        """A command line that keeps all of code-server's state under ``home``."""
        directories = ["--user-data-dir", str(home / "user"), "--extensions-dir", str(self.extensions)]
        return [self.node, self.entry, "--config", str(home / "config.yaml"), *directories, *arguments]


def install_extension(node: str, entry: str, vsix: Path, home: Path) -> Installation:
    """Install the .vsix as a user would.

    Raises:
        AssertionError: VS Code did not take it.
    """
    installation = Installation(node, entry, home / "extensions")
    command = installation.command(home, "--install-extension", str(vsix))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"code-server did not take the extension:\n{done.stdout}{done.stderr}"
    return installation


def until(probe: Callable[[], _T | None], what: str, seconds: float = 60.0) -> _T:
    """Ask again and again until the answer is truthy.

    Raises:
        AssertionError: it took longer than ``seconds``.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := probe():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


@contextmanager
def serve(
    installation: Installation, home: Path, workspace: Path, env: Mapping[str, str], trusted: bool = True
) -> Iterator[str]:
    """Serve a workspace on a free loopback port; gives the address and ends everything afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    trust = ["--disable-workspace-trust"] if trusted else []
    quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check"]
    command = installation.command(home, *quiet, *trust, "--bind-addr", f"127.0.0.1:{port}", str(workspace))
    with (home / "code-server.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **env}, start_new_session=True
        )
        try:
            until(lambda: _answers(port), "code-server to answer")
            yield f"http://127.0.0.1:{port}/?folder={workspace}"
        finally:
            _end(process, installation.node)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").is_success
    except httpx.TransportError:
        return False


def _end(process: subprocess.Popen[bytes], node: str) -> None:
    """End code-server and its process group. Language servers are given time for an orderly end, as the extension host
    tells them; VS Code's own processes would stay for 6 to 15 s more, and have nothing to lose."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired, AssertionError):
        process.wait(timeout=15)
        until(lambda: not _servers_live(process.pid, os.path.realpath(node)), "language servers to end", 15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=15)


def _servers_live(group: int, node: str) -> bool:
    """Whether a process of the group runs something else than Node."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            state, _, its_group = stat.read_text().rpartition(") ")[2].split()[:3]
            if int(its_group) == group and state != "Z" and os.readlink(stat.with_name("exe")) != node:
                return True
    return False


class Workbench:
    """What a user does and sees in the page."""

    def __init__(self, page: Page, address: str, user: Path | None = None) -> None:
        self.page = page
        self._user = user
        page.set_default_timeout(WORKBENCH_MS)
        page.goto(address)
        page.locator(".monaco-workbench .explorer-folders-view .monaco-list-row").first.wait_for()

    def open(self, name: str) -> None:
        """Open a file by double click in the Explorer and put the keyboard into it."""
        self.page.locator(f'.explorer-folders-view .monaco-list-row[aria-label^="{name}"]').dblclick()
        self.page.locator(f'.part.editor .tab.active[data-resource-name="{name}"]').wait_for()
        self.page.locator(f"{EDITOR} .view-lines").click()
        self.page.locator(f"{EDITOR}.focused").wait_for()

    def command(self, title: str) -> None:
        """Run a command by its title in the command palette."""
        self.page.keyboard.press("F1")
        box = self.page.locator(".quick-input-widget input.input")
        box.wait_for()
        box.fill(f">{title}")
        self.page.locator(f'.quick-input-list .monaco-list-row[aria-label^="{title}"]').first.wait_for()
        self.page.keyboard.press("Enter")

    def type(self, text: str) -> None:
        """Type at the end of the document, as fast as a quick typist."""
        self.page.keyboard.press("ControlOrMeta+End")
        self.page.keyboard.type(text, delay=30)

    def ghost_text(self) -> str:
        """The suggestion that is shown, as one text; empty when none is."""
        inline = _joined(self.page.locator(f"{EDITOR} .ghost-text-decoration"))
        lines = self.page.locator(f"{EDITOR} .suggest-preview-text .view-line")
        return "\n".join([inline, *(_plain(text) for text in lines.all_text_contents())]).rstrip("\n")

    def wait_for_ghost_text(self, seconds: float = 90.0) -> str:
        """Wait until a suggestion is shown and stays the same for a moment, and the model writes no more of it."""

        def settled() -> str | None:
            before = self.ghost_text() if "Generating" not in self.status() else ""
            self.page.wait_for_timeout(300)
            return before if before.strip() and self.ghost_text() == before else None

        return until(settled, "ghost text", seconds)

    def accept(self, shown: str) -> None:
        """Press Tab and wait until the suggestion is text of the document."""
        self.page.keyboard.press("Tab")
        first = shown.split("\n")[0]
        until(lambda: self.ghost_text() != shown and first in self.text(), f"Tab to insert {first!r}")

    def text(self) -> str:
        """The lines of the editor that are in sight."""
        lines = self.page.locator(f"{EDITOR} .view-lines .view-line").all_text_contents()
        return "\n".join(map(_plain, lines))

    def save(self, path: Path, holds: str) -> None:
        """Save, and wait until the file holds this text; white space at its end is left to the editor.

        Raises:
            AssertionError: it holds something else.
        """
        self.page.keyboard.press("ControlOrMeta+s")
        with suppress(AssertionError):
            until(lambda: path.read_text().rstrip() == holds.rstrip(), "the file", 10)
        assert path.read_text().rstrip() == holds.rstrip()

    def activation_ms(self, extension: str) -> float:
        """How long an extension's activation took, as VS Code itself measured it."""
        self.command("Developer: Show Running Extensions")
        view = self.page.locator(".runtime-extensions-editor")
        view.hover()
        time_shown = view.locator(".extension").filter(has_text=extension).locator(".activation-time").first

        def in_sight() -> bool:
            # The slowest come first, and only the rows in sight exist.
            self.page.mouse.wheel(0, 0 if time_shown.is_visible() else 120)
            return time_shown.is_visible()

        until(in_sight, f"{extension} in the list of running extensions")
        text = time_shown.text_content() or ""
        milliseconds = re.search(r"(\d+)\s*ms", text)
        assert milliseconds, f"no activation time in {text!r}"
        return float(milliseconds.group(1))

    def status(self) -> str:
        """What the status bar says about Farthing: text and tooltip as a screen reader gets them."""
        item = self.status_item("status")
        label = item.locator("a").get_attribute("aria-label") if item.count() else None
        return label or ""

    def status_item(self, name: str) -> Locator:
        """One of Farthing's items in the status bar: ``status`` or ``ledger``."""
        return self.page.locator(f'.statusbar-item[id="farthing.farthing.{name}"]')

    def wait_for_status(self, words: str, seconds: float = 90.0) -> str:
        """Wait until the status bar item matches a regular expression."""
        seen: list[str] = []

        def matches() -> str | None:
            seen[:] = [self.status()]
            assert not seen[0].startswith("Farthing: Error"), "no use to wait on"
            return seen[0] if re.search(words, seen[0], re.IGNORECASE) else None

        try:
            return until(matches, f"the status bar to say {words!r}", seconds)
        except AssertionError as exc:
            raise AssertionError(f"{exc}; it says {seen}") from None

    def written(self) -> str:
        """All that VS Code has written, its logs and its state, in the window that its fixture made."""
        assert self._user
        return "".join(path.read_text(errors="replace") for path in self._user.rglob("*") if path.is_file())

    def screenshot(self, name: str) -> Path:
        """Keep what is seen now as a build artefact."""
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path


def _plain(text: str) -> str:
    # Monaco shows spaces as no-break spaces.
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "")


def _joined(spans: Locator) -> str:
    return "".join(_plain(text) for text in spans.all_text_contents())
