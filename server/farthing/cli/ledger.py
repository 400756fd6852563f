"""``farthing usage``, ``farthing ledger verify`` and ``farthing ledger export``."""

import os
import sys
from typing import Annotated, get_args

import typer
from rich.table import Table
from rich.text import Text

from farthing.cli import output
from farthing.errors import UsageError
from farthing.ledger import report
from farthing.ledger.model import NANO
from farthing.ledger.room import dollars
from farthing.ledger.state import UsageRow
from farthing.ledger.store import Store, ledger_path
from farthing.ledger.verify import verify as compare

app = typer.Typer(
    name="ledger",
    help="The record of all tokens: check it, or hand it to another program.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@output.command
def usage(
    by: Annotated[str, typer.Option(help="model, task, project, day or session.")] = "model",
    since: Annotated[str, typer.Option(metavar="DATE", help="The first day, as 2025-06-01.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what was spent, locally and in the cloud."""
    if by not in get_args(report.Grouping):
        raise UsageError(f"{by!r} is none of {', '.join(get_args(report.Grouping))}")
    grouping: report.Grouping = by  # type: ignore[assignment]
    store = Store(ledger_path())
    rows = report.usage(store, grouping, since)
    store.close()
    if json:
        output.print_json([_row(row) for row in rows])
    else:
        _show(rows, by)


def _row(row: UsageRow) -> dict[str, object]:
    totals = row.totals
    return {
        "key": row.key,
        "requests": totals.requests,
        "input": totals.input,
        "cached": totals.cached,
        "cache_write": totals.cache_write,
        "output": totals.output,
        "reasoning": totals.reasoning,
        "cost": report.cost(totals),
        "currency": report.CURRENCY,
        "local": row.local,
        "unpriced": totals.unpriced,
        "unsettled": totals.unsettled,
        "accepted": totals.accepted,
        "rejected": totals.rejected,
        "failed": totals.failed,
        "saved": None if totals.unpriced else totals.saved / NANO,
    }


def _show(rows: list[UsageRow], by: str) -> None:
    if not rows:
        output.err.print("farthing: nothing is recorded for that time", markup=False)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(by)
    for name in ("where", "requests", "input", "cached", "output", "reasoning", "cost"):
        table.add_column(name, justify="left" if name == "where" else "right")
    for row in rows:
        each = row.totals
        counts = (each.requests, each.input, each.cached, each.output, each.reasoning)
        where = "local" if row.local else "cloud"
        money = "?" if each.unpriced else dollars(each.money)
        table.add_row(Text(row.key), where, *(f"{count:,}" for count in counts), money)
    output.out.print(table)


@app.command("verify")
@output.command
def verify(json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Make all totals again from the events, and compare them with those that are kept."""
    store = Store(ledger_path())
    found = compare(store)
    store.close()
    if json:
        output.print_json(found)
    else:
        for difference in found.differences:
            output.out.print(difference, markup=False, soft_wrap=True)
        output.out.print(f"{found.events:,} events, {'no difference' if found.ok else 'differences found'}")
    if not found.ok:
        raise typer.Exit(1)


@app.command("export")
@output.command
def export(
    format: Annotated[str, typer.Option(help="csv or jsonl.")] = "csv",
) -> None:
    """Print every request on a line of its own. Text of prompts and answers is never kept."""
    if format not in ("csv", "jsonl"):
        raise UsageError(f"{format!r} is neither csv nor jsonl")
    store = Store(ledger_path())
    try:
        for line in report.export(store, "csv" if format == "csv" else "jsonl"):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # head, say, has seen enough; Python would complain once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    store.close()
