"""``farthing sent``: what has left this machine in a session."""

import contextlib
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from farthing.cli import output
from farthing.errors import UsageError
from farthing.ledger.model import NANO
from farthing.ledger.places import canonical
from farthing.ledger.report import CURRENCY
from farthing.ledger.room import dollars
from farthing.ledger.sent import Sent, listed
from farthing.ledger.store import Store, ledger_path


@output.command
def sent(
    root: Annotated[Path, typer.Option(help="The workspace.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List what has left this machine in this session: which lines, where to, and why. Never the text itself."""
    if not root.is_dir():
        raise UsageError(f"there is no folder {root}")
    with contextlib.closing(Store(ledger_path())) as store:
        rows = listed(store, canonical(root))
    if json:
        output.print_json([_row(row) for row in rows])
    elif not rows:
        output.err.print("farthing: nothing has left this machine in this session", markup=False)
    for row in () if json else rows:
        output.out.print(_line(row), markup=False, soft_wrap=True)


def _row(row: Sent) -> dict[str, object]:
    found = asdict(row)
    note = found.pop("leaving")
    money = found.pop("money")
    return {**found, **note, "cost": None if money is None else money / NANO, "currency": CURRENCY}


def _line(row: Sent) -> str:
    when = datetime.fromtimestamp(row.at_ms / 1000).strftime("%H:%M:%S")
    cost = "?" if row.money is None else dollars(row.money)
    model = row.model if row.answered in ("", row.model) else f"{row.model}, answered by {row.answered}"
    note = row.leaving
    lines = [
        f"{when}  {row.task}  {row.provider} at {note.address}: {model} ({row.tier}), {row.tokens:,} tokens, {cost}"
    ]
    lines += [f"    because {note.reason}"] if note.reason else []
    lines += [f"    {piece}" for piece in note.pieces]
    lines += [f"    taken out: {finding}" for finding in note.redacted]
    return "\n".join(lines)
