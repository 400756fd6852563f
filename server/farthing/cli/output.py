"""How commands talk: one JSON document or a human view on stdout, one line per message on stderr, exit codes."""

import dataclasses
import functools
import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec

import typer
from rich.console import Console

from farthing.errors import FarthingError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_P = ParamSpec("_P")


def print_json(value: object) -> None:
    """Print exactly one JSON document on stdout; dataclasses become objects."""
    text = json.dumps(value, default=_plain, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, or a byte of a file that is not UTF-8
        text = json.dumps(value, default=_plain)
    sys.stdout.write(text + "\n")


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


def fail(message: str, fix: str = "", code: int = 2) -> NoReturn:
    """Say what is wrong and how to mend it, in one line on stderr, and exit."""
    line = " ".join(f"{message}. {fix}".split()) if fix else " ".join(message.split())
    sys.stderr.write(f"farthing: {line}\n")
    raise typer.Exit(code)


def command(function: Callable[_P, None]) -> Callable[_P, None]:
    """Translate Farthing's errors into one line and an exit code: no user ever sees a traceback of those."""

    @functools.wraps(function)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except FarthingError as exc:
            fail(exc.message, exc.fix, exc.exit_code)
        except OSError as exc:
            # A full or read-only disk, wherever it showed. Input that can't be read has its own words.
            where = f"{exc.filename}: " if exc.filename else ""
            fail(f"{where}{exc.strerror or exc}", "Make room there, or move all state with FARTHING_HOME", code=1)
        except KeyboardInterrupt:
            fail("interrupted", code=130)

    return wrapper
