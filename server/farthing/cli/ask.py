"""``farthing ask``: a question about a repository, answered on this machine or by a model of the tier that is named."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from farthing.chat.model import Event, Instruction, Said
from farthing.cli import output, talk

TIER = "local, small, medium or frontier; the last three are models of config.toml, which cost. Local unless given."

PREVIEW = "Print what would be sent, word for word, and send nothing."


@output.command
def ask(
    root: Annotated[Path, typer.Argument(help="The repository.")],
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    file: Annotated[str, typer.Option(help="An open file, or PATH:A-B for lines selected in it.")] = "",
    tier: Annotated[str, typer.Option(help=TIER)] = "",
    preview: Annotated[bool, typer.Option("--preview", help=PREVIEW)] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Answer a question about a repository."""
    if preview:
        talk.preview(root, Instruction("ask", question, tier=tier), file, json)
        return
    streamed = _Streamed()
    try:
        started, finish = talk.talk(
            root, Instruction("ask", question, tier=tier), file, (lambda event: None) if json else streamed
        )
    finally:
        streamed.end()
    for note in (*finish.notes, *([finish.message] if finish.message else [])):
        talk.say(note)
    if json:
        output.print_json({"answer": finish.answer, **talk.document(started, finish), "finish": finish.reason})
    else:
        talk.say(talk.receipt(started, finish))


class _Streamed:
    """Writes an answer as it comes."""

    def __init__(self) -> None:
        self._any = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Said):
            self._any = True
            sys.stdout.write(talk.plain(event.text))
            sys.stdout.flush()

    def end(self) -> None:
        """What is said next is a line of its own."""
        if self._any:
            sys.stdout.write("\n")
            sys.stdout.flush()
