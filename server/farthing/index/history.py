"""Which files were changed lately, by git's log."""

import functools
import os
import subprocess
from pathlib import Path

COMMITS = 300
"""Commits that are looked at."""

HALF = 40.0
"""Commits after which a change counts half."""

MANY = 30
"""A commit of more files than this is a rename or a reformatting, and says little about any of them."""

SECONDS = 5.0
"""Git gets no more time than this."""


def recent(root: Path) -> dict[str, float]:
    """Files changed by the last commits, each with the sum of what its commits count; empty without a git checkout.

    Remembered until the checkout's head moves.
    """
    state = _head_state(root)
    return _recent(str(root), state) if state else {}


def _head_state(root: Path) -> tuple[int, ...]:
    git = root / ".git"
    try:
        if git.is_file():
            git = (root / git.read_text().removeprefix("gitdir:").strip()).resolve()
        # The log of HEAD grows with each commit and checkout.
        states = [os.stat(path) for path in (git / "HEAD", git / "logs" / "HEAD") if path.exists()]
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(each.st_mtime_ns for each in states)


@functools.lru_cache(maxsize=8)
def _recent(root: str, state: tuple[int, ...]) -> dict[str, float]:
    return read(Path(root), "HEAD")


def read(repository: Path, revision: str) -> dict[str, float]:
    """As :func:`recent`, for any revision; what git can't tell is empty."""
    command = ["git", "-C", str(repository), "-c", "core.quotePath=false", "log", "--no-merges", "--no-renames",
               "--relative", f"-{COMMITS}", "--format=%x00", "--name-only", revision, "--"]  # fmt: skip
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    scores: dict[str, float] = {}
    for age, commit in enumerate(done.stdout.decode("utf-8", "replace").split("\0")[1:]):
        files = commit.split("\n")
        files = [file for file in files if file]
        for file in files if len(files) <= MANY else ():
            scores[file] = scores.get(file, 0.0) + 0.5 ** (age / HALF)
    return scores
