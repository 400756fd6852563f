"""The values of a folder's ``.env`` files: they are secrets wherever else they stand."""

from collections.abc import Iterator
from pathlib import Path

from farthing.privacy.names import is_secret
from farthing.privacy.shapes import env_values

MAX_BYTES = 100_000
"""Of a file; longer ones are no settings."""

MAX_FILES = 20
"""In one folder."""


def values(root: Path, folders: frozenset[str] = frozenset()) -> Iterator[str]:
    """What looks like nobody had thought of it, of all such files.

    Args:
        folders: relative to the root, that are looked in besides it.
    """
    for folder in ("", *sorted(folders)):
        try:
            found = sorted(each for each in (root / folder).glob("*.env*") if is_secret(each.name) and each.is_file())
            for path in found[:MAX_FILES]:
                with path.open("rb") as file:
                    yield from env_values(file.read(MAX_BYTES).decode("utf-8", "replace"))
        except OSError:  # nobody can send what can't be read
            continue
