"""What keeps the prefix caches of a shared server apart: vLLM's ``cache_salt``, one for each workspace.

Who shares a cache can find out by timing what others have sent, so a salt must not be guessed. Ours is derived from a
secret of this user that never leaves the machine.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from farthing import paths

_SECRET_BYTES = 32


def of(workspace: str) -> str:
    """The salt of a workspace; 64 hexadecimal digits, the same every time."""
    return hmac.new(_secret(paths.data_dir() / "cache_salt.key"), os.fsencode(workspace), hashlib.sha256).hexdigest()


def _secret(path: Path) -> bytes:
    """The user's own; another one each time where it can't be kept, so that nothing is found in a cache."""
    fresh = secrets.token_bytes(_SECRET_BYTES)
    if not path.exists():
        _keep(fresh, path)
    try:
        found = path.read_bytes()
    except OSError:
        return fresh
    return found if len(found) == _SECRET_BYTES else fresh


def _keep(secret: bytes, path: Path) -> None:
    """Write it, unless another process was first; whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
