"""``farthing replay``: kept replies of models, applied again by the applier of now."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from farthing.chat.replays import Replays
from farthing.chat.replays import replay as replay_files
from farthing.cli import output
from farthing.errors import UsageError


@output.command
def replay(
    files: Annotated[list[Path] | None, typer.Argument(help="Files of kept replies; yours if none is given.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Apply kept replies again, offline, and list what comes out otherwise than it did."""
    for path in files or ():
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
    kept = files or Replays().files()
    done, skipped, found = replay_files(kept)
    if json:
        rows = [asdict(each) for each in found]
        output.print_json({"replayed": done, "skipped": skipped, "differences": rows})
        raise typer.Exit(1 if found else 0)
    for each in found:
        output.out.print(f"{each.where} {each.model}: {each.what}", markup=False, soft_wrap=True)
    if not kept:
        output.err.print("no reply is kept; farthing.edit.keepReplies, or keep_replies in config.toml, has them kept")
    else:
        note = f"; {skipped} are damaged or of a format that this version does not know" if skipped else ""
        output.err.print(f"{done} replies applied again, {len(found)} differences{note}")
    raise typer.Exit(1 if found else 0)
