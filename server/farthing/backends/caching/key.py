"""Names of conversations that say nothing about who asks: a provider sends what begins the same to one place."""

import functools
import hashlib
import logging
import os
import secrets
from pathlib import Path

from farthing import paths

_logger = logging.getLogger(__name__)

SALT_BYTES = 32


def cache_key(workspace: str, conversation: str) -> str:
    """For ``prompt_cache_key``: the same for the same conversation, and another on every installation.

    Without the salt nobody can find out by trying whether two people work in folders of one name.
    """
    said = f"{workspace}\0{conversation}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, key=_salt(paths.data_dir() / "cache-salt"), digest_size=16).hexdigest()


@functools.lru_cache(maxsize=4)
def _salt(path: Path) -> bytes:
    """Made once for an installation; for this process alone where it can't be kept."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            found = path.read_bytes()
            # Another process may be about to write it, or was killed in between: then ours is as good.
            return found if len(found) == SALT_BYTES else secrets.token_bytes(SALT_BYTES)
        with open(file, "wb") as opened:
            salt = secrets.token_bytes(SALT_BYTES)
            opened.write(salt)
            return salt
    except OSError as exc:
        _logger.info("the salt of cache keys can't be kept: %s", exc)
        return secrets.token_bytes(SALT_BYTES)
