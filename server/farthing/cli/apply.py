"""``farthing apply``: a model's reply, applied where it proves to belong, or refused."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from farthing.cli import output
from farthing.edit import diff
from farthing.edit.apply import plan
from farthing.edit.files import Workspace
from farthing.edit.model import Outcome, Result, Status
from farthing.edit.parse import parse
from farthing.errors import UsageError

MAX_REPLY = 20_000_000
"""Bytes."""


@output.command
def apply(
    root: Annotated[Path, typer.Argument(help="The workspace; nothing outside it is touched.")],
    reply: Annotated[Path, typer.Option(help="The file with the reply; - for standard input.")],
    file: Annotated[str, typer.Option(help="The file of blocks that name none.")] = "",
    write: Annotated[bool, typer.Option("--write", help="Write the files; without it nothing is.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Write good hunks even where others fail.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Apply a reply of SEARCH/REPLACE blocks or a unified diff, or show what it would change."""
    if not root.is_dir():
        raise UsageError(f"there is no folder {root}")
    text = _reply(reply)
    workspace = Workspace(root.resolve())
    hunks = parse(text, file, workspace.exists)
    result = plan(hunks, workspace.targets(hunks), partial=partial)
    written = False
    if write and result.changes:
        changed = set(workspace.changed(result.changes))
        if changed:
            result = _stale(result, changed)
        else:
            workspace.write(result.changes)
            written = True
    _show(result, written, json)
    raise typer.Exit(0 if result.good else 1)


def _reply(path: Path) -> str:
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(MAX_REPLY + 1)
        elif not path.is_file():
            raise UsageError(f"there is no file {path}", "Give the reply with --reply")
        else:
            with path.open("rb") as file:
                data = file.read(MAX_REPLY + 1)
    except OSError as exc:
        raise UsageError(f"{path} can't be read: {exc.strerror}") from exc
    if len(data) > MAX_REPLY:
        raise UsageError(f"{path} has more than {MAX_REPLY // 1_000_000} MB")
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise UsageError(f"{path} is not UTF-8") from exc


def _stale(result: Result, paths: set[str]) -> Result:
    """Nothing is written where a file was changed between reading and writing."""
    outcomes = []
    for outcome in result.outcomes:
        if outcome.status is Status.APPLIED:
            status = Status.STALE if outcome.path in paths else Status.HELD
            reason = "the file was changed meanwhile" if outcome.path in paths else "another file was changed meanwhile"
            outcome = replace(outcome, placed=replace(outcome.placed, status=status, reason=reason))
        outcomes.append(outcome)
    return Result(tuple(outcomes), ())


def _show(result: Result, written: bool, json: bool) -> None:
    text = diff.unified(result.changes)
    if json:
        rows = [_row(outcome) for outcome in result.outcomes]
        output.print_json({"written": written, "diff": text, "hunks": rows})
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()
    for outcome in result.outcomes:
        place = outcome.path + (f":{outcome.placed.first + 1}" if outcome.placed.tier else "")
        reason = f": {outcome.placed.reason}" if outcome.placed.reason else ""
        output.err.print(f"{place} {outcome.status}{reason}", markup=False, soft_wrap=True)
    if not result.outcomes:
        output.err.print("the reply holds no hunk")


def _row(outcome: Outcome) -> dict[str, Any]:
    placed = outcome.placed
    near = placed.near
    return {
        "path": outcome.path,
        "status": str(outcome.status),
        "reason": placed.reason,
        "start_line": placed.first + 1 if placed.edits or (placed.tier and len(placed.matches) == 1) else None,
        "matches": list(placed.matches),
        "nearest": near and {"line": near.line, "text": near.text, "likeness": near.likeness, "offered": near.offered},
    }
