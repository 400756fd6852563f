"""A model that needs longer than VS Code's patience of 750 ms still gets its answer shown."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from farthing import paths
from tests.browser.conftest import FILE, OpenVSCode
from tests.browser.test_ghost_text import BEFORE, TYPED
from tests.support.slow_engine import slow_engine
from tests.support.vscode import until

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.usefixtures("home_with_models")]

DELAY_S = 3.0


@contextmanager
def _engine(socket: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "farthing", "engine", "--socket", str(socket)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(socket.exists, "the engine's socket")
        yield
    finally:
        process.terminate()
        process.wait(timeout=15)


def test_ghost_text_appears_when_the_answer_is_held_back(vscode: OpenVSCode, workspace: Path) -> None:
    known = paths.engine_dir() / "engine.sock"
    real = known.with_name("real.sock")
    with _engine(real), slow_engine(known, real, DELAY_S) as proxy, vscode() as workbench:
        workbench.open(FILE)
        workbench.wait_for_status("ready")
        workbench.type(TYPED)
        typed = time.monotonic()
        shown = workbench.wait_for_ghost_text()
        # VS Code stopped waiting 750 ms after the last key, so what is shown can only be the late answer.
        assert time.monotonic() - typed > DELAY_S
        assert proxy.held > 0
        workbench.screenshot("ghost-text-late")
        workbench.accept(shown)
        workbench.save(workspace / FILE, BEFORE + shown)
