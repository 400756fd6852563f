"""``farthing context``: what a model would be shown for an instruction, and why."""

import re
from pathlib import Path
from typing import Annotated

import typer

from farthing.cli import output
from farthing.cli.index import opened
from farthing.context import model as context_model
from farthing.errors import UsageError
from farthing.index import indexer
from farthing.index.pack import Item
from farthing.index.rank import Ranker, Selection
from farthing.index.retrieval import Retrieval

_LINES = re.compile(r"^(?P<path>.+):(?P<first>\d+)-(?P<last>\d+)$")


@output.command
def context(
    root: Annotated[Path, typer.Option(help="The repository.")] = Path(),
    instruction: Annotated[str, typer.Option(help="What is to be done, in words.")] = "",
    file: Annotated[str, typer.Option(help="An open file, or PATH:A-B for lines selected in it.")] = "",
    budget: Annotated[int, typer.Option(help="Tokens, by o200k_base; never exceeded.")] = 4000,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show which parts of a repository a model would be given for an instruction."""
    if not instruction.strip():
        raise UsageError("there is no instruction", "Give one with --instruction")
    if budget < 1:
        raise UsageError(f"the budget must be at least 1 token, not {budget}")
    with opened(root) as store:
        focus, selection = place(root.resolve(), file)
        indexer.update(root.resolve(), store)
        ranker = Ranker(Retrieval(root.resolve(), store))
        items = ranker.rank(instruction, focus, selection, budget)
    if json:
        output.print_json({"total_tokens": sum(item.tokens for item in items), "items": [row(item) for item in items]})
    else:
        _show(items, budget)


def place(root: Path, file: str) -> tuple[list[str], Selection | None]:
    """The open files and the selection that ``--file`` names; ``root`` is resolved.

    Raises:
        UsageError: there is no such file in the repository, or no such lines.
    """
    if not file:
        return [], None
    match = None if (root / file).is_file() else _LINES.match(file)
    path = (root / (match["path"] if match else file)).resolve()
    if not path.is_relative_to(root):
        raise UsageError(f"{path} is not in {root}")
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    name = path.relative_to(root).as_posix()
    if match is None:
        return [name], None
    first, last = int(match["first"]), int(match["last"])
    if not 1 <= first <= last:
        raise UsageError(f"{first}-{last} are no lines: they count from 1, the first one comes first")
    return [name], Selection(name, first, last)


def row(item: Item | context_model.Item) -> dict[str, object]:
    """An item as ``--json`` prints it."""
    return {
        "path": item.path,
        "symbol": item.symbol,
        "kind": item.kind,
        "start_line": item.start_line,
        "end_line": item.end_line,
        "tokens": item.tokens,
        "reason": item.reason,
    }


def _show(items: list[Item], budget: int) -> None:
    if not items:
        output.err.print("farthing: nothing here fits the instruction and the budget", markup=False)
        return
    for item in items:
        place = f"{item.path}:{item.start_line}-{item.end_line}"
        line = f"{item.tokens:5}  {item.kind:9}  {item.symbol}, {place} ({item.reason})"
        output.out.print(line, markup=False, soft_wrap=True)
    output.out.print(f"{sum(item.tokens for item in items)} of {budget} tokens")
