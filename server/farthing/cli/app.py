"""All commands, put together."""

import sys
from typing import Annotated

import typer

from farthing import __version__
from farthing.cli import (
    apply,
    ask,
    cap,
    complete,
    context,
    doctor,
    edit,
    index,
    keys,
    ledger,
    models,
    replay,
    sent,
    stats,
    tour,
)

app = typer.Typer(
    name="farthing",
    help="A local-first coding agent: completion by a model on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"farthing {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


app.command("apply")(apply.apply)
app.command("ask")(ask.ask)
app.command("complete")(complete.complete)
app.command("edit")(edit.edit)
app.command("doctor")(doctor.doctor)
app.command("index")(index.index)
app.command("symbols")(index.find_symbols)
app.command("context")(context.context)
app.command("replay")(replay.replay)
app.command("stats")(stats.stats)
app.command("cap")(cap.cap)
app.command("usage")(ledger.usage)
app.command("sent")(sent.sent)
app.command("tour")(tour.tour)
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(ledger.app, name="ledger")

_PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@app.command("serve", context_settings=_PASSED_ON)
def serve(context: typer.Context) -> None:
    """Run the language server on stdio, or on TCP with --tcp."""
    from farthing import server

    raise typer.Exit(server.main(context.args))


@app.command("engine", context_settings=_PASSED_ON)
def engine(context: typer.Context) -> None:
    """Run the inference process. It is started on demand; there is no need to."""
    from farthing.engine import service

    raise typer.Exit(service.main(context.args))


def main() -> int:
    """Run the command line; returns the exit code."""
    app()
    return 0
