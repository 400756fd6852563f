"""What git's log tells: which files were changed lately, and by commits whose message was like an instruction."""

import functools
import math
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from farthing.index.query import stems

COMMITS = 600
"""Commits that are looked at."""

HALF = 40.0
"""Commits after which a change counts half."""

ALIKE_HALF = 200.0
"""The same for commits whose message is like the instruction."""

MANY = 30
"""A commit of more files than this is a rename or a reformatting, and says little about any of them."""

SECONDS = 5.0
"""Git gets no more time than this."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the log."""

    words: frozenset[str]
    """Stems of its subject."""
    files: tuple[str, ...]


class History:
    """The last commits, newest first."""

    def __init__(self, commits: Iterable[Commit] = ()) -> None:
        self.commits = tuple(each for each in commits if len(each.files) <= MANY)
        self.recent: dict[str, float] = {}
        """File -> the sum of what its commits count."""
        self._holders: dict[str, int] = {}
        for age, commit in enumerate(self.commits):
            for file in commit.files:
                self.recent[file] = self.recent.get(file, 0.0) + 0.5 ** (age / HALF)
            for word in commit.words:
                self._holders[word] = self._holders.get(word, 0) + 1

    def alike(self, words: Iterable[str]) -> dict[str, float]:
        """File -> how like the stems of an instruction the messages of its commits are."""
        weights = {
            word: math.log(1 + len(self.commits) / self._holders[word]) for word in set(words) if word in self._holders
        }
        total = sum(weights.values())
        scores: dict[str, float] = {}
        for age, commit in enumerate(self.commits if total else ()):
            if shared := commit.words & weights.keys():
                like = (sum(weights[word] for word in sorted(shared)) / total) ** 2 * 0.5 ** (age / ALIKE_HALF)
                for file in commit.files:
                    scores[file] = scores.get(file, 0.0) + like
        return scores


def of(root: Path) -> History:
    """The history of a checkout, remembered until its head moves; an empty one where there is no git."""
    state = _head_state(root)
    return _remembered(str(root), state) if state else History()


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
def _remembered(root: str, state: tuple[int, ...]) -> History:
    return read(Path(root), "HEAD")


def read(repository: Path, revision: str) -> History:
    """The history of any revision; what git can't tell is empty."""
    # A repository's settings may ask for signatures, and name the program that looks at them.
    command = ["git", "-c", "log.showSignature=false", "-C", str(repository), "-c", "core.quotePath=false", "log",
               "--no-merges", "--no-renames", "--relative", f"-{COMMITS}", "--format=%x00%s", "--name-only", revision,
               "--"]  # fmt: skip
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return History()
    commits = []
    for entry in done.stdout.decode("utf-8", "replace").split("\0")[1:]:
        subject, *files = entry.split("\n")
        commits.append(Commit(frozenset(stems(subject)), tuple(file for file in files if file)))
    return History(commits)
