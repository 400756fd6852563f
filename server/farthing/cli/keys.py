"""``farthing keys``: where the keys of providers are from, and the system's keyring."""

import getpass
import sys
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from farthing.backends.cloud import keys, providers
from farthing.backends.cloud.providers import Provider
from farthing.cli import output
from farthing.errors import UsageError

app = typer.Typer(
    name="keys",
    help="The keys of providers, in the system's keyring. A key is never an argument: others see those.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

MAX_KEY = 10_000
"""Characters that are read of one."""

_WHERE = {"environment": "the environment", "keyring": "the keyring", "none": "it wants none", "": "missing"}

Name = Annotated[str, typer.Argument(help="The provider: NAME of [cloud.NAME] in config.toml.")]


@app.command("list")
@output.command
def show(json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Say where the key of each provider is from. Never shows one."""
    found = [(each, each.key_source()) for each in providers.load()]
    if json:
        output.print_json(
            [
                {"name": each.name, "kind": each.kind, "address": each.endpoint.base, "key": source}
                for each, source in found
            ]
        )
        return
    table = Table(box=None, pad_edge=False)
    for column in ("provider", "address", "key"):
        table.add_column(column)
    for each, source in found:
        table.add_row(Text(each.name), Text(each.endpoint.base), _WHERE[source])
    output.out.print(table)


@app.command("set")
@output.command
def put(name: Name) -> None:
    """Put a key into the keyring. It is asked for without an echo, or read from stdin."""
    provider = _provider(name)
    try:
        typed = getpass.getpass(f"Key of {provider.name}: ") if sys.stdin.isatty() else sys.stdin.readline(MAX_KEY)
    except EOFError:
        typed = ""
    if not typed.strip():
        raise UsageError("no key was given", "Type it when asked, or send it to stdin")
    keys.store(provider.name, typed.strip())


@app.command("delete")
@output.command
def delete(name: Name) -> None:
    """Take a key out of the keyring."""
    keys.forget(_provider(name).name)


def _provider(name: str) -> Provider:
    """Raises:
    UsageError: there is none of that name; which is not repeated, as it may be a key.
    """
    known = providers.load()
    found = next((each for each in known if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in known) or "there is none yet"
        raise UsageError("config.toml has no provider of that name", f"Name one of these: {names}")
    return found
