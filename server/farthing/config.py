"""The user's ``config.toml``: what the command line and the server both go by.

Cloud providers, caps, budgets and prices stand in it; the settings of the editor are in ``settings.py``. It is read
again whenever it has changed, so that all windows and the command line go by the same.
"""

import contextlib
import os
import stat
import threading
from pathlib import Path

from farthing import paths
from farthing.errors import SettingsError

MAX_BYTES = 1_000_000
"""Of a file; nobody writes more."""

EXAMPLE = """\
# Farthing's own settings: what may leave this machine, where to, and what that may cost. Lines that begin with # say
# nothing; take the # away from what you want. Keys do not belong here: "Farthing: Set API Key" in VS Code keeps them.

#[cloud.work]
#kind = "openai"
#base_url = "https://api.openai.com/v1"
#api_key_env = "WORK_KEY"        # the name of an environment variable, never the key
#models = { small = "gpt-5-nano", frontier = "gpt-5" }

#[escalation]
#policy = "ask"                  # never: nothing leaves; ask: not without your word; auto: up to the ceiling
#ceiling_usd = 0.10              # of one request, for auto

#[privacy]
#local_only = []                 # folders whose files never leave, by their absolute paths

#[session]
#cap_tokens = 50000              # of a workspace, shared by its windows and the command line
"""
"""What stands in a new file."""

_lock = threading.Lock()
_read: dict[Path, tuple[tuple[int, int, int], dict[str, object] | SettingsError]] = {}


def load(path: Path | None = None) -> dict[str, object]:
    """What the file says; empty where there is none. Not to be changed.

    Args:
        path: of another file of the same kind; the user's ``config.toml`` when None.

    Raises:
        SettingsError: it can't be read, or is no TOML.
    """
    path = path or paths.config_file()
    try:
        info = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as exc:
        raise SettingsError(f"{path} can't be read: {exc.strerror}", "Mend that") from exc
    if not stat.S_ISREG(info.st_mode):
        # A repository may hold a link to anything: to read a terminal, say, or our own input, would wait for ever.
        raise SettingsError(f"{path} is no file", "Put one there")
    stamp = (info.st_mtime_ns, info.st_size, info.st_ino)
    with _lock:
        known = _read.get(path)
        if known is None or known[0] != stamp:
            known = _read[path] = (stamp, _parse(path))
    if isinstance(known[1], SettingsError):
        raise known[1]
    return known[1]


def create() -> Path:
    """Put the example where there is no ``config.toml`` yet; gives its path.

    Raises:
        SettingsError: there is none, and it can't be written.
    """
    path = paths.config_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(EXAMPLE)
    except OSError as exc:
        raise SettingsError(f"{path} can't be written: {exc.strerror}", "Mend that") from exc
    return path


def _parse(path: Path) -> dict[str, object] | SettingsError:
    import tomllib  # here: most who import this have no such file

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return SettingsError(f"{path} has more than {MAX_BYTES} bytes", "Shorten it")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as exc:
        return SettingsError(f"{path} can't be read: {exc.strerror}", "Mend that")
    except (ValueError, RecursionError) as exc:  # no UTF-8, no TOML, or a number of thousands of digits
        return SettingsError(f"{path} is no TOML: {exc}", "Mend it")
