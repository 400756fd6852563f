"""A file as it was before: last committed, or saved.

Git is only asked for the object: nothing that a repository's settings name is run.
"""

import os
import subprocess
from pathlib import Path

SECONDS = 2.0
"""Git gets no more time than this."""

MAX_BYTES = 1_000_000
"""Of a file whose changes are looked for."""


def text_of(root: Path, path: str) -> str | None:
    """A file's text in the last commit; None where git, the repository, the commit or the file is missing.

    ``cat-file`` converts nothing, so neither hooks nor filters, and no external diff or text conversion, are run;
    ``protocol.allow`` keeps a partial clone from fetching what it lacks.

    Args:
        root: a folder in the work tree.
        path: relative to it.
    """
    command = ["git", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "--no-optional-locks",
               "-C", str(root), "cat-file", "blob", f"HEAD:./{path}"]  # fmt: skip
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, env=environment, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else _text(done.stdout)


def saved(root: Path, path: str) -> str | None:
    """A file's text on disk; None where it can't be read."""
    try:
        with (root / path).open("rb") as file:
            return _text(file.read(MAX_BYTES + 1))
    except OSError:
        return None


def _text(data: bytes) -> str | None:
    """None for what is binary or too long to be compared."""
    if len(data) > MAX_BYTES or b"\0" in data:
        return None
    return data.decode("utf-8", "replace").removeprefix("\ufeff")
