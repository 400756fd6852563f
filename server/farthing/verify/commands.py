"""Which command tests a workspace. The user says so, in the editor's settings or in ``config.toml``; no repository can.

::

    [verify."~/project"]
    command = ["pytest", "-q"]    # or "pytest -q", which is split as a shell would, and given to none
    timeout_s = 120
    sandbox = true                # false for tests that need the network
"""

import math
import os
from collections.abc import Mapping
from pathlib import Path

from farthing import config, paths, settings
from farthing.errors import SettingsError
from farthing.verify.model import DEFAULT_SECONDS, Command

MAX_SECONDS = 3600


def find(root: Path, configured: Mapping[str, tuple[str, ...]] | None = None) -> Command | None:
    """The command of exactly this folder; None where the user has named none.

    Args:
        configured: the setting ``farthing.edit.testCommands``. Its command comes before that of ``config.toml``, whose
            other lines count all the same.

    Raises:
        SettingsError: what ``config.toml`` says of this folder can't be used.
    """
    wanted = root.resolve()
    section = config.load().get("verify", {})
    if not isinstance(section, Mapping):
        raise _wrong("verify must hold tables, one for each folder")
    table: object = next((table for folder, table in section.items() if _same(folder, wanted)), {})
    if not isinstance(table, Mapping):
        raise _wrong(f'verify."{wanted}" must be a table')
    where = f'verify."{wanted}"'
    named = next((command for folder, command in (configured or {}).items() if _same(folder, wanted)), ())
    arguments = named or _arguments(table.get("command"), where)
    seconds = table.get("timeout_s", DEFAULT_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MAX_SECONDS:
        raise _wrong(f"{where}.timeout_s must be a number of seconds up to {MAX_SECONDS}")
    sandbox = table.get("sandbox", True)
    if not isinstance(sandbox, bool):
        raise _wrong(f"{where}.sandbox must be true or false")
    return Command(arguments, math.ceil(seconds * 1000) / 1000, sandbox) if arguments else None


def _same(folder: str, wanted: Path) -> bool:
    path = Path(os.path.expanduser(folder))
    try:
        return path.is_absolute() and path.resolve() == wanted
    except (OSError, RuntimeError, ValueError):
        return False


def _arguments(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    try:
        return settings.command(value)
    except ValueError as exc:
        raise _wrong(f"{where} has a command that {exc}") from exc


def _wrong(message: str) -> SettingsError:
    return SettingsError(f"{paths.config_file()}: {message}", "Mend it")
