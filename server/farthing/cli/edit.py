"""``farthing edit``: an instruction becomes hunks that are proved to belong where they are put, or are refused."""

from pathlib import Path
from typing import Annotated

import typer

from farthing.chat.model import Checking, Event, Instruction, Retrying
from farthing.cli import apply, output, talk
from farthing.cli.ask import PREVIEW, TIER
from farthing.edit.files import Workspace
from farthing.edit.model import Result


@output.command
def edit(
    root: Annotated[Path, typer.Argument(help="The workspace; nothing outside it is touched.")],
    instruction: Annotated[str, typer.Option(help="What is to be changed.")],
    file: Annotated[str, typer.Option(help="The file to change, or PATH:A-B for lines selected in it.")] = "",
    tier: Annotated[str, typer.Option(help=TIER)] = "",
    write: Annotated[bool, typer.Option("--apply", help="Write the files; without it nothing is.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Write good hunks even where others fail.")] = False,
    despite: Annotated[bool, typer.Option("--despite-tests", help="Write although your tests fail with it.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help=PREVIEW)] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Change code by an instruction, or show what would change."""
    if preview:
        talk.preview(root, Instruction("edit", instruction, tier=tier), file, json)
        return
    started, finish = talk.talk(root, Instruction("edit", instruction, tier=tier), file, _told)
    found = finish.result or Result((), ())
    known = {change.path: change.before for change in found.changes if change.before is not None}
    hunks = [outcome.hunk for outcome in found.outcomes]
    tests = finish.checked
    red = tests is not None and not tests.passed
    result, written = apply.settled(Workspace(root.resolve()), hunks, write and (despite or not red), partial, known)
    more = f"{finish.escalation_note}: --tier {finish.escalation}" if finish.escalation else ""
    held = "nothing is written; --despite-tests writes it" if red and write and not written else ""
    failure = "" if result.good else finish.message
    for note in (*finish.notes, failure, tests.message if tests else "", more, held):
        if note:
            talk.say(note)
    if json:
        told = {"passed": tests.passed, "message": tests.message} if tests else None
        output.print_json({**apply.document(result, written), **talk.document(started, finish), "tests": told})
    else:
        apply.show(result)
        talk.say(talk.receipt(started, finish))
    raise typer.Exit(0 if result.good and (despite or not red) else 1)


def _told(event: Event) -> None:
    if isinstance(event, Retrying):
        talk.say(f"asked again: {event.reason}")
    elif isinstance(event, Checking):
        talk.say("your tests run with it, on a copy")
