"""Where Farthing keeps its state.

``FARTHING_HOME`` moves all of it into one directory. Without it the platform's own places are used: models, logs and
records under the user's data directory, what can be made again under the cache directory.
"""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from platformdirs import PlatformDirs

from farthing.errors import EngineUnavailable

_DIRS = PlatformDirs("farthing", appauthor=False)

# sun_path holds 108 bytes on Linux and 104 on macOS, the terminating zero included.
_MAX_SOCKET_PATH = 100


def _home() -> Path | None:
    value = os.environ.get("FARTHING_HOME")
    return Path(value).expanduser().absolute() if value else None


def data_dir() -> Path:
    """Models, logs, records: what would be missed."""
    return _home() or Path(_DIRS.user_data_dir)


def cache_dir() -> Path:
    """What can be made again."""
    home = _home()
    return home / "cache" if home else Path(_DIRS.user_cache_dir)


def config_file() -> Path:
    """The user's ``config.toml``."""
    home = _home()
    return (home or Path(_DIRS.user_config_dir)) / "config.toml"


def models_dir() -> Path:
    """Installed GGUF files, and the staging area of downloads beneath it."""
    return data_dir() / "models"


def log_dir() -> Path:
    """Log files of the engine and the language server."""
    return data_dir() / "logs"


def engine_dir() -> Path:
    """The directory of the engine's socket and lock; made readable by its owner only.

    A path that is too long for a socket is replaced by a short one under the temporary directory, named by a hash.

    Raises:
        EngineUnavailable: the directory exists and belongs to somebody else or is open to others.
    """
    directory = data_dir() / "engine"
    if len(os.fsencode(directory / "engine.sock")) > _MAX_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
        directory = Path(tempfile.gettempdir()) / f"farthing-{os.getuid()}-{digest}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = directory.lstat()
        private = stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid()
        if private and info.st_mode & 0o077:
            directory.chmod(0o700)
    except OSError as exc:
        raise EngineUnavailable(
            f"the engine's directory {directory} can't be used: {exc.strerror}", "Mend it, or set FARTHING_HOME"
        ) from exc
    if not private:
        raise EngineUnavailable(
            f"{directory} is not a directory of yours, so the engine's socket can't be put there",
            "Remove it, or set FARTHING_HOME",
        )
    return directory
