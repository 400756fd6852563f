"""``farthing apply``: a model's reply, applied where it proves to belong, or refused."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from farthing.cli import output
from farthing.edit import diff
from farthing.edit.apply import plan
from farthing.edit.files import Workspace
from farthing.edit.model import Hunk, Outcome, Result, Status
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
    result, written = settled(workspace, hunks, write, partial)
    if json:
        output.print_json(document(result, written))
    else:
        show(result)
    raise typer.Exit(0 if result.good else 1)


def settled(
    workspace: Workspace, hunks: Sequence[Hunk], write: bool, partial: bool, known: Mapping[str, str] | None = None
) -> tuple[Result, bool]:
    """What hunks come to, and whether it was written.

    Args:
        write: write the files, where all hunks are good or ``partial``.
        known: files as they were when the hunks were made, where that was before now.

    Raises:
        WriteFailed: a file can't be written; then none is.
    """
    targets = workspace.targets(hunks)
    for name, target in targets.items():
        before = (known or {}).get(target.path)
        if before is not None and target.document is not None and target.document.text != before:
            targets[name] = replace(target, stale=True)
    result = plan(hunks, targets, partial=partial)
    if not write or not result.changes:
        return result, False
    if changed := set(workspace.changed(result.changes)):
        return _stale(result, changed), False
    workspace.write(result.changes)
    return result, True


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


def document(result: Result, written: bool) -> dict[str, object]:
    """What ``--json`` says of hunks."""
    rows = [_row(outcome) for outcome in result.outcomes]
    return {"written": written, "diff": diff.unified(result.changes), "hunks": rows}


def show(result: Result) -> None:
    """The diff on stdout, and a line for each hunk on stderr."""
    sys.stdout.flush()
    sys.stdout.buffer.write(diff.unified(result.changes).encode("utf-8", "surrogateescape"))
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
