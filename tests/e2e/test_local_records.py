"""From a completion in an editor to ``farthing usage``: over LSP, with an engine that only pretends."""

import json
from pathlib import Path

from tests.support import lsp
from tests.support.cli import run_here
from tests.support.fake_engine import fake_engine
from tests.unit.engine.models import tiny_gguf


def test_a_completion_is_in_the_ledger_when_the_editor_has_gone(farthing_home: Path, tmp_path: Path) -> None:
    model = tiny_gguf.write(tmp_path / "tiny.gguf")
    with fake_engine(farthing_home, "code()"), lsp.server(log=tmp_path / "server.log") as editor:
        editor.initialize({"completion": {"model": str(model)}})
        editor.open("file:///project/a.py", "x = \n")
        assert editor.result(editor.ask_completion("file:///project/a.py", 0, 4))["items"]
        assert editor.shutdown() == 0
    ran = run_here("usage", "--by", "task", "--json")
    (row,) = json.loads(ran.stdout)
    assert (row["key"], row["requests"], row["local"], row["cost"]) == ("completion", 1, True, 0)
    assert row["output"] > 0
