"""``farthing context``, by the contract."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from farthing import tokens
from farthing.cli import context, output
from tests.support import repositories


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Rich remembers the terminal of the first test.
    monkeypatch.setattr(output.out, "_width", 200)
    return repositories.write(tmp_path / "root", repositories.SHOP)


def _run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(context.context)
    return CliRunner().invoke(app, arguments)


def _answer(root: Path, *arguments: str) -> dict[str, object]:
    result = _run("--root", str(root), "--json", *arguments)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize("budget", [1, 30, 200, 5000])
def test_the_answer_is_one_document_within_the_budget(root: Path, budget: int) -> None:
    answer = _answer(root, "--instruction", "`price_of` in the cart's total", "--budget", str(budget))
    items = answer["items"]
    assert isinstance(items, list)
    assert answer["total_tokens"] == sum(item["tokens"] for item in items) <= budget
    for item in items:
        assert set(item) == {"path", "symbol", "kind", "start_line", "end_line", "tokens", "reason"}
        assert item["kind"] in ("body", "signature")
        if item["kind"] == "body":
            lines = (root / item["path"]).read_text().splitlines(keepends=True)
            assert tokens.count("".join(lines[item["start_line"] - 1 : item["end_line"]])) == item["tokens"]


def test_selected_lines_come_first(root: Path) -> None:
    for file in ("shop/prices.py:11-13", str(root / "shop/prices.py") + ":11-13"):
        answer = _answer(root, "--instruction", "rename it", "--file", file, "--budget", "300")
        items = answer["items"]
        assert isinstance(items, list)
        assert (items[0]["symbol"], items[0]["reason"]) == ("rate", "selected")


def test_people_get_a_table(root: Path) -> None:
    result = _run("--root", str(root), "--instruction", "exchange rate", "--budget", "200")
    assert result.exit_code == 0
    assert "shop/prices.py" in result.stdout
    assert "of 200 tokens" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no instruction"),
        (("--instruction", "  "), "no instruction"),
        (("--instruction", "x", "--budget", "0"), "at least 1"),
        (("--instruction", "x", "--file", "gone.py"), "no file"),
        (("--instruction", "x", "--file", "shop/prices.py:9-3"), "no lines"),
        (("--instruction", "x", "--file", "../other.py"), "is not in"),
    ],
)
def test_bad_input_is_one_line_and_2(root: Path, arguments: tuple[str, ...], message: str) -> None:
    result = _run("--root", str(root), *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    result = _run("--root", str(tmp_path / "gone"), "--instruction", "x")
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr
