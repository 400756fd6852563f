"""``farthing index`` and ``farthing symbols``: the repository's index from the command line."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from farthing.cli import output
from farthing.errors import UsageError
from farthing.index import indexer
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store, store_path


@dataclass(frozen=True)
class SymbolRow:
    """One line of ``farthing symbols``."""

    path: str
    symbol: str
    kind: str
    signature: str
    start_line: int
    end_line: int


@output.command
def index(
    root: Annotated[Path, typer.Argument(help="The repository; the current folder by default.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Bring the index of a repository up to date, and say what is in it."""
    with opened(root) as store, Progress(
        TextColumn("indexing"), BarColumn(), TimeElapsedColumn(), console=output.err, transient=True,
        disable=json or not output.err.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task("indexing", total=None)
        summary = indexer.update(
            root.resolve(), store, lambda done, total: bar.update(task, completed=done, total=total)
        )
    if json:
        output.print_json(
            {
                "files": summary.files,
                "symbols": summary.symbols,
                "references": summary.references,
                "bytes": summary.bytes,
                "seconds": summary.seconds,
                "parsed": summary.parsed,
                "skipped": [{"path": path, "reason": reason} for path, reason in summary.skipped],
            }
        )
        return
    output.out.print(
        f"{summary.files} files with {summary.symbols} symbols and {summary.references} references, "
        f"{summary.bytes / 1e6:.1f} MB, in {summary.seconds:.2f} s "
        f"({summary.parsed} parsed, {len(summary.skipped)} skipped)"
    )


@output.command
def find_symbols(
    query: Annotated[str, typer.Argument(help="A name, a part of one, or Owner.name.")],
    root: Annotated[Path, typer.Option(help="The repository.")] = Path(),
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find definitions by name, best first."""
    with opened(root) as store:
        indexer.update(root.resolve(), store)
        found = Retrieval(root.resolve(), store).symbols(query, limit)
    rows = [SymbolRow(s.path, s.symbol, s.kind, s.signature, s.start_line, s.end_line) for s in found]
    if json:
        output.print_json(rows)
    elif rows:
        for row in rows:
            line = f"{row.kind:9}  {row.symbol}, {row.path}:{row.start_line}-{row.end_line}"
            output.out.print(line, markup=False, soft_wrap=True)
    else:
        output.err.print(f"farthing: nothing here is named like {query!r}", markup=False)
    if not rows:
        raise typer.Exit(1)


@contextlib.contextmanager
def opened(root: Path) -> Iterator[Store]:
    """The store of a repository.

    Raises:
        UsageError: there is no such folder.
    """
    if not root.is_dir():
        raise UsageError(f"there is no folder {root}")
    store = Store(store_path(root))
    try:
        yield store
    finally:
        store.close()
