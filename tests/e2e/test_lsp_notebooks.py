"""Completion in the cells of a notebook: what the engine is told of the others."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import lsp
from tests.support.fake_engine import FakeEngine, fake_engine
from tests.support.notebooks import Notebook
from tests.unit.engine.models import tiny_gguf

PATH = "/project/some notebook.ipynb"
MARK = "# %%\n"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[lsp.Client, FakeEngine]]:
    """Starting a server takes longer than all the rest of a test."""
    model = tiny_gguf.write(tmp_path_factory.mktemp("model") / "tiny.gguf")
    with tempfile.TemporaryDirectory(prefix="fh-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FARTHING_HOME", folder)
        with fake_engine(Path(folder)) as engine, lsp.server() as client:
            client.initialize({"completion": {"model": str(model)}})
            yield client, engine


@pytest.fixture
def engine(pair: tuple[lsp.Client, FakeEngine]) -> Iterator[FakeEngine]:
    """An engine that answers at once."""
    engine = pair[1]
    engine.requests.clear()
    yield engine
    engine.held, engine.text = False, "done()"
    engine.release()


@pytest.fixture
def notebook(pair: tuple[lsp.Client, FakeEngine], engine: FakeEngine) -> Iterator[Notebook]:
    """Text, code, code of another language, code, and the cell that is written."""
    cells = [
        ("markdown", "# Title"),
        ("python", "import os\n"),
        ("r", "x <- 1"),
        ("python", "n = 2"),
        ("python", "m = \n"),
    ]
    opened = Notebook(pair[0], PATH, cells)
    yield opened
    opened.close()


def seen(engine: FakeEngine) -> str:
    """The text that the engine was asked to complete, with a mark at the cursor."""
    engine.wait_for(lambda it: bool(it.requests))
    return "{prefix}<cursor>{suffix}".format(**engine.requests[-1])


def ask(notebook: Notebook, cell: int, line: int, character: int, kind: int = lsp.INVOKED) -> int:
    return notebook.client.ask_completion(notebook.cells[cell], line, character, kind)


def answer(notebook: Notebook, id: int) -> str:
    items = notebook.client.result(id)["items"]
    return str(items[0]["insertText"]) if items else ""


def test_editors_are_asked_for_whole_notebooks() -> None:
    with lsp.server() as client:
        found = client.initialize()
    assert found["notebookDocumentSync"] == {"notebookSelector": [{"notebook": "*"}]}


def test_a_cell_sees_the_code_above_it(notebook: Notebook, engine: FakeEngine) -> None:
    id = ask(notebook, 4, 0, 4)
    item = notebook.client.result(id)["items"][0]
    assert item["insertText"] == "done()"
    assert item["range"] == {"start": lsp.position(0, 4), "end": lsp.position(0, 4)}
    assert seen(engine) == f"import os\n\n{MARK}n = 2\n\n{MARK}m = <cursor>\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0, "<cursor># Title"),
        (1, "<cursor>import os\n"),
        (2, "<cursor>x <- 1"),
        (3, f"import os\n\n{MARK}<cursor>n = 2"),
    ],
)
def test_only_code_of_the_same_language_above_counts(
    notebook: Notebook, engine: FakeEngine, cell: int, expected: str
) -> None:
    answer(notebook, ask(notebook, cell, 0, 0))
    assert seen(engine) == expected


def test_all_cells_share_what_the_model_has_read(notebook: Notebook, engine: FakeEngine) -> None:
    for cell in (1, 4):
        answer(notebook, ask(notebook, cell, 0, 0))
    assert {each["document"] for each in engine.requests} == {notebook.uri}


def test_what_is_typed_in_a_cell_arrives(notebook: Notebook, engine: FakeEngine) -> None:
    notebook.insert(4, 0, 4, "n + ")
    notebook.insert(1, 1, 0, "import re\n")
    answer(notebook, ask(notebook, 4, 0, 8))
    assert seen(engine) == f"import os\nimport re\n\n{MARK}n = 2\n\n{MARK}m = n + <cursor>\n"


def test_cells_are_inserted_moved_and_deleted(notebook: Notebook, engine: FakeEngine) -> None:
    notebook.splice(4, 0, [("python", "first()"), ("python", "second()")])
    notebook.swap(4)
    notebook.splice(1, 1)
    answer(notebook, ask(notebook, 5, 0, 4))
    assert seen(engine) == f"n = 2\n\n{MARK}second()\n\n{MARK}first()\n\n{MARK}m = <cursor>\n"


def test_an_answer_typed_through_is_computed_once(notebook: Notebook, engine: FakeEngine) -> None:
    assert answer(notebook, ask(notebook, 4, 0, 4)) == "done()"
    notebook.insert(4, 0, 4, "do")
    assert answer(notebook, ask(notebook, 4, 0, 6)) == "ne()"
    assert len(engine.requests) == 1


def test_an_answer_is_stale_when_a_cell_above_changes(notebook: Notebook, engine: FakeEngine) -> None:
    assert answer(notebook, ask(notebook, 4, 0, 4)) == "done()"
    notebook.insert(3, 0, 5, "0")
    engine.text = "other()"
    assert answer(notebook, ask(notebook, 4, 0, 4)) == "other()"
    assert "n = 20\n" in seen(engine)


@pytest.mark.parametrize(
    "change",
    [
        lambda notebook: notebook.insert(3, 0, 0, "x"),
        lambda notebook: notebook.splice(1, 1),
        lambda notebook: notebook.splice(0, 0, [("python", "new()")]),
        lambda notebook: notebook.splice(4, 1),
        lambda notebook: notebook.swap(3),
        lambda notebook: notebook.close(),
    ],
    ids=["typed above", "deleted above", "inserted above", "deleted itself", "moved itself", "closed"],
)
def test_work_for_a_notebook_that_has_become_another_is_stopped(
    notebook: Notebook, engine: FakeEngine, change: object
) -> None:
    assert callable(change)
    engine.held = True
    asked = ask(notebook, 4, 0, 4)
    engine.wait_for(lambda it: len(it.requests) == 1)
    change(notebook)
    assert answer(notebook, asked) == ""
    engine.wait_for(lambda it: it.requests[0]["id"] in it.cancelled)


@pytest.mark.parametrize(
    "change",
    [
        lambda notebook: notebook.executed(1),
        lambda notebook: notebook.insert(4, 0, 4, "do"),
        lambda notebook: notebook.splice(5, 0, [("python", "below()")]),
    ],
    ids=["run", "typed as it says", "inserted below"],
)
def test_work_goes_on_where_nothing_has_changed_for_it(notebook: Notebook, engine: FakeEngine, change: object) -> None:
    assert callable(change)
    engine.held = True
    asked = ask(notebook, 4, 0, 4)
    engine.wait_for(lambda it: len(it.requests) == 1)
    change(notebook)
    notebook.client.ask("farthing/listModels")  # so the change has been taken in
    assert engine.requests[0]["id"] not in engine.cancelled
    engine.release()
    assert answer(notebook, asked) == "done()"


def test_an_answer_ends_before_the_next_cell(notebook: Notebook, engine: FakeEngine) -> None:
    engine.text = f"f(n)\nprint(m)\n\n{MARK}m = 3\n"
    notebook.splice(5, 0, [("python", "\n")])
    assert answer(notebook, ask(notebook, 5, 0, 0)) == "f(n)\nprint(m)"


def test_magics_and_shell_lines_break_nothing(notebook: Notebook, engine: FakeEngine) -> None:
    text = "%matplotlib inline\n!echo it's \"fine (\nif n:\n    !ls 'x\nfiles = !ls \"\nprint?\nk = f(\n"
    notebook.splice(5, 0, [("python", text)])
    assert answer(notebook, ask(notebook, 5, 6, 6, lsp.AUTOMATIC)) == "done()"
    assert seen(engine).endswith(text[:-1] + "<cursor>\n")


def test_a_magic_makes_a_cell_another_language(notebook: Notebook, engine: FakeEngine) -> None:
    notebook.splice(4, 1, [("python", "%%bash\necho hi\n"), ("python", "%%bash\n# wh\n"), ("python", "%%time\nk = \n")])
    assert answer(notebook, ask(notebook, 6, 1, 4)) == "done()"
    assert seen(engine) == f"import os\n\n{MARK}n = 2\n\n{MARK}%%time\nk = <cursor>\n"
    assert answer(notebook, ask(notebook, 5, 1, 4, lsp.AUTOMATIC)) == ""
    assert answer(notebook, ask(notebook, 5, 2, 0)) == "done()"
    assert seen(engine) == f"%%bash\necho hi\n\n{MARK}%%bash\n# wh\n<cursor>"


def test_line_breaks_of_windows_stay(notebook: Notebook, engine: FakeEngine) -> None:
    engine.text = "if n:\n        return 1"
    notebook.splice(5, 0, [("python", "a = 1\r\n"), ("python", "def f(x):\r\n    \r\n")])
    assert answer(notebook, ask(notebook, 6, 1, 4)) == "if n:\r\n        return 1"
    assert seen(engine).endswith(f"a = 1\n\n{MARK}def f(x):\n    <cursor>\n")


def test_a_change_of_what_is_not_open_is_no_harm(notebook: Notebook, engine: FakeEngine) -> None:
    notebook.client.notify(
        "notebookDocument/didChange",
        {"notebookDocument": {"uri": "file:///never.ipynb", "version": 2}, "change": {"cells": {}}},
    )
    missing = {"document": {"uri": "vscode-notebook-cell:/x#1", "version": 2}, "changes": [{"text": "x"}]}
    notebook.client.notify(
        "notebookDocument/didChange",
        {"notebookDocument": {"uri": notebook.uri, "version": 9}, "change": {"cells": {"textContent": [missing]}}},
    )
    assert answer(notebook, ask(notebook, 4, 0, 4)) == "done()"


@pytest.mark.model
def test_the_model_knows_the_names_of_the_cells_above(model_client: lsp.Client, tmp_path: Path) -> None:
    cells = [
        "import pandas as pd\n%matplotlib inline",
        "def load_survey(path):\n    return pd.read_csv(path, sep=';')",
        "survey = load_survey('answers.csv')\nsurvey.head()",
        "respondents = survey[survey['age'] >= 18]\nrespondents.shape",
        "mean_age = resp",
    ]
    path = tmp_path / "survey.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": each} for each in cells]}))
    stored = json.loads(path.read_text())["cells"]
    notebook = Notebook(model_client, str(path), [("python", each["source"]) for each in stored])
    text = answer(notebook, ask(notebook, 4, 0, 15))
    assert text.startswith("ondents") and "%%" not in text
