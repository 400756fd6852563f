"""Statistics on disk: one file of JSON lines per day, in the user's own directory, with numbers only.

A line holds what happened since the line before it, so that the sum of all lines is the sum of everything. Several
windows write into the same file, each line by one write at its end. What can't be read as such a line is skipped.
"""

import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from pathlib import Path

from farthing import paths

KEPT_DAYS = 90
"""Files of earlier days are removed."""

MAX_DAY_BYTES = 4_000_000
"""Beyond this a day's file takes no more. A line is written every five seconds at most and has some 300 bytes, so this
is more than twenty hours of typing without a pause."""

_NAME = re.compile(r"\d{4}-\d\d-\d\d\.jsonl")


@dataclass
class Counts:
    """What happened. Everything adds up."""

    shown: int = 0
    """Suggestions that were on screen for half a second, or were accepted sooner."""
    accepted_full: int = 0
    """Suggestions whose end was accepted by the editor's command for all of it."""
    accepted_line: int = 0
    """Suggestions of which at most a line was accepted at once."""
    accepted_word: int = 0
    """Suggestions of which at most a word was accepted at once."""
    accepted_chars: int = 0
    due_30s: int = 0
    """Accepted characters whose document was still open 30 seconds later, and in ``kept_30s`` those still in it."""
    kept_30s: int = 0
    due_5m: int = 0
    kept_5m: int = 0
    answers: int = 0
    """Requests that were answered with a suggestion."""
    cache_hits: int = 0
    """Of these, those that nothing was computed for."""
    generations: int = 0
    cancelled: int = 0
    """Generations that were given up, as the text went elsewhere or newer work came."""
    withheld: int = 0
    """Generations whose answer was not shown, as the model was not sure of it."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of these, those that needed no computing."""
    prefilled: list[float] = field(default_factory=list)
    """Tokens that each generation's prompt had to be computed for."""
    first_token_ms: list[float] = field(default_factory=list)
    """Of every generation that came so far."""
    total_ms: list[float] = field(default_factory=list)
    """Of every generation that came to its end."""

    def add(self, other: "Counts") -> None:
        """Add what happened elsewhere or at another time."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def directory() -> Path:
    """Where the files are."""
    return paths.data_dir() / "statistics"


def append(folder: Path, counts: Counts, today: date) -> None:
    """Write a line.

    Raises:
        OSError: it can't be written; what is on disk stays readable.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{today}.jsonl"
    if not path.exists():
        _drop_old(folder, today)
    # It begins with a line break too: one that was cut off by a full disk must not spoil its successor.
    line = "\n" + json.dumps({name: value for name, value in asdict(counts).items() if value}) + "\n"
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(file).st_size < MAX_DAY_BYTES:
            os.write(file, line.encode())
    finally:
        os.close(file)


def read(folder: Path, days: int, today: date) -> Counts:
    """The sum of so many days, today included; of what can be read.

    Raises:
        OSError: the directory can't be read.
    """
    total = Counts()
    since = str(today - timedelta(days=min(days, KEPT_DAYS) - 1))
    for path in sorted(_files(folder)):
        if since <= path.stem <= str(today):
            for line in path.read_bytes().splitlines():
                if counts := _counts(line):
                    total.add(counts)
    return total


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _drop_old(folder: Path, today: date) -> None:
    oldest = str(today - timedelta(days=KEPT_DAYS - 1))
    for path in _files(folder):
        if path.stem < oldest:
            path.unlink(missing_ok=True)


def _counts(line: bytes) -> Counts | None:
    """A line's content; None where the line is damaged. Names that are not ours are left out: a newer version may have
    written them."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    known = {each.name: each.type for each in fields(Counts)}
    values = {name: value for name, value in found.items() if name in known}
    for name, value in values.items():
        if known[name] is int:
            good = type(value) is int and value >= 0
        else:
            good = isinstance(value, list) and all(map(_is_duration, value))
        if not good:
            return None
    return Counts(**values)


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
