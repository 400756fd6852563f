"""A notebook in a real VS Code: what its cells tell the server. The engine only pretends."""

import json
from pathlib import Path

import pytest

from tests.browser.conftest import OpenVSCode
from tests.support.fake_engine import fake_engine
from tests.support.vscode import until
from tests.unit.engine.models import tiny_gguf

pytestmark = pytest.mark.browser

CELLS = ["import pandas as pd\n", "survey = pd.read_csv('answers.csv')"]


def test_a_cell_is_completed_below_the_code_of_the_others(
    vscode: OpenVSCode, workspace: Path, farthing_home: Path
) -> None:
    cells = [{"cell_type": "code", "source": [text], "metadata": {}, "outputs": []} for text in [*CELLS, ""]]
    cells.insert(1, {"cell_type": "markdown", "source": ["# Title"], "metadata": {}})
    languages = {"language_info": {"name": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": languages, "cells": cells}
    (workspace / "survey.ipynb").write_text(json.dumps(notebook))
    model = tiny_gguf.write(farthing_home / "tiny.gguf")
    associations = {"*.ipynb": "jupyter-notebook"}
    settings = {"farthing.completion.model": str(model), "workbench.editorAssociations": associations}
    with fake_engine(farthing_home, "head()") as engine, vscode(settings=settings) as workbench:
        page = workbench.page
        page.locator('.explorer-folders-view .monaco-list-row[aria-label^="survey.ipynb"]').dblclick()
        cell = page.locator(".notebookOverlay .cell-editor-container .monaco-editor").last
        cell.wait_for()
        workbench.wait_for_status("ready")
        cell.locator(".view-lines").click()
        page.keyboard.type("survey.", delay=30)
        until(lambda: cell.locator(".ghost-text-decoration").count(), "a suggestion in the cell")
        assert "".join(cell.locator(".ghost-text-decoration").all_text_contents()) == "head()"
        workbench.screenshot("notebook")
        above = "".join(f"{text.rstrip()}\n\n# %%\n" for text in CELLS)
        assert [each["prefix"] for each in engine.requests][-1] == f"{above}survey."
        assert {each["document"] for each in engine.requests} == {(workspace / "survey.ipynb").as_uri()}
