"""Several cursors get no suggestion, in a real VS Code. The engine only pretends."""

from pathlib import Path

import pytest

from tests.browser.conftest import FILE, OpenVSCode
from tests.support.fake_engine import fake_engine
from tests.support.vscode import until
from tests.unit.engine.models import tiny_gguf

pytestmark = pytest.mark.browser


def test_several_cursors_get_no_suggestion(vscode: OpenVSCode, workspace: Path, farthing_home: Path) -> None:
    model = tiny_gguf.write(farthing_home / "tiny.gguf")
    with (
        fake_engine(farthing_home, "done()") as engine,
        vscode(settings={"farthing.completion.model": str(model)}) as workbench,
    ):

        def asked(end: str) -> bool:
            typed = [each["prefix"] for each in engine.requests if each["max_tokens"]]
            return any(prefix.endswith(end) for prefix in typed)

        workbench.open(FILE)
        workbench.wait_for_status("ready")
        workbench.type("\nx = ")
        assert workbench.wait_for_ghost_text() == "done()"
        workbench.command("Add Cursor Above")
        workbench.page.keyboard.type("1")
        until(lambda: workbench.text().count("1") == 2, "both cursors to write")
        workbench.page.keyboard.press("Escape")
        workbench.page.keyboard.type("2")
        until(lambda: asked("12"), "a request at the one cursor that is left")
        assert not asked("1")
