#!/usr/bin/env python3
"""Measures how long the applier takes for a typical reply and for 1,000 hunks in 50,000 lines.

Beside it, in the same run: one search and one replacement of each hunk's text as it is, which proves little and knows
no line ends, and ``git apply`` of the same change. The lines are those of Python's own library. What counts is the
processor's time of the fastest of several rounds, as other programs only ever add to it.
"""

import argparse
import random
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from farthing.edit import diff
from farthing.edit.apply import Target, plan
from farthing.edit.model import Document, Hunk, Result
from farthing.edit.parse import parse

SIZE = 8
"""Lines of a hunk."""


@dataclass(frozen=True)
class Work:
    """A text, and what is to be changed in it."""

    name: str
    text: str
    pairs: Sequence[tuple[str, str]]
    """What is searched and what replaces it, whole lines with their ends."""

    @property
    def reply(self) -> str:
        """As a model writes it."""
        parts = [f"a.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n" for old, new in self.pairs]
        return "\n".join(parts)


def library(lines: int) -> list[str]:
    """So many lines of Python's library, each with its end."""
    found: list[str] = []
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted((*root.glob("*.py"), *root.glob("[a-k]*/*.py"))):
        if path.parent.name.startswith(("site-packages", "dist-packages")):
            continue
        text = path.read_text(encoding="utf-8")
        if not any(mark in text for mark in ("<<<<<", "=====", ">>>>>", "...")) and text.isascii():
            # Without form feeds and final blank lines.
            found += text.rstrip("\n").replace("\f", "").split("\n")
            found.append("")
        if len(found) >= lines:
            return [line + "\n" for line in found[:lines]]
    raise SystemExit(f"applier: Python's library has {len(found)} lines that do for it, not {lines}")


def work(name: str, lines: int, hunks: int, dice: random.Random) -> Work:
    """Hunks that are each in one place, apart from each other, and change one line in the middle."""
    there = library(lines)
    text = "".join(there)
    pairs: list[tuple[str, str]] = []
    starts = list(range(0, lines - SIZE, SIZE + 2))
    dice.shuffle(starts)
    for start in starts:
        part = there[start : start + SIZE]
        middle = part[SIZE // 2]
        if text.count("".join(part)) == 1 and middle.strip() and not middle.endswith("\\\n"):
            new = [*part[: SIZE // 2], middle.rstrip() + "  # changed\n", *part[SIZE // 2 + 1 :]]
            pairs.append(("".join(part), "".join(new)))
        if len(pairs) == hunks:
            return Work(name, text, pairs)
    raise SystemExit(f"applier: only {len(pairs)} hunks could be cut from {lines} lines")


def applied(job: Work, checked: bool) -> Result:
    """What the applier makes of it, from the reply on."""
    hunks = parse(job.reply)
    targets = {"a.py": Target("a.py", Document(job.text))}
    if checked:
        return plan(hunks, targets, partial=True)
    return plan(hunks, targets, partial=True, errors=lambda *_: None)


def lost(job: Work) -> Result:
    """The same hunks with a character more in each line, so that all of them are nowhere."""
    hunks = [Hunk(each.path, tuple(f"{line}~" for line in each.search), each.replace) for each in parse(job.reply)]
    return plan(hunks, {"a.py": Target("a.py", Document(job.text))}, partial=True)


def bound(job: Work) -> str:
    """The least that can be done: each text is looked for, and put in another's place."""
    text = job.text
    for old, new in job.pairs:
        at = text.find(old)
        if at < 0 or text.find(old, at + 1) >= 0:
            raise SystemExit("applier: a hunk is not in one place")
        text = text[:at] + new + text[at + len(old) :]
    return text


def git(folder: Path, job: Work, shown: str) -> None:
    """``git apply``, the file being written anew each time."""
    (folder / "a.py").write_text(job.text, encoding="utf-8")
    subprocess.run(["git", "apply", "-"], cwd=folder, input=shown.encode(), check=True)


def worked() -> float:
    """Milliseconds that the processor has worked so far, for this process and those that it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (time.process_time() + children.ru_utime + children.ru_stime)


def fastest(rounds: int, done: Callable[[], object]) -> float:
    """Milliseconds of work in the fastest round."""
    times = []
    for _ in range(rounds):
        begin = worked()
        done()
        times.append(worked() - begin)
    return min(times)


def measure(job: Work, rounds: int) -> None:
    """One block of the table."""
    result = applied(job, False)
    after = bound(job)
    if not result.good or result.changes[0].after != after:
        raise SystemExit("applier: it differs from a plain replacement")
    shown = diff.unified(result.changes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = {
            "search and replace, as it is": fastest(rounds, lambda: bound(job)),
            "git apply, a process": fastest(rounds, lambda: git(folder, job, shown)),
            "applier": fastest(rounds, lambda: applied(job, False)),
            "applier, syntax checked": fastest(rounds, lambda: applied(job, True)),
            "applier, all nowhere": fastest(rounds, lambda: lost(job)),
            "its diff": fastest(rounds, lambda: diff.unified(result.changes)),
        }
        if (folder / "a.py").read_text(encoding="utf-8") != after:
            raise SystemExit("applier: it differs from git")
    least = rows["search and replace, as it is"]
    for row, taken in rows.items():
        print(f"{job.name:30} {row:30} {taken:9.2f} {taken / least:8.1f}", flush=True)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench applier", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of which the fastest counts (default 7)")
    options = parser.parse_args()
    dice = random.Random(6)
    print(f"{'reply':30} {'':30} {'ms':>9} {'ratio':>8}")
    for job in (
        work("3 hunks in 400 lines", 400, 3, dice),
        work("1,000 hunks in 50,000 lines", 50_000, 1000, dice),
    ):
        measure(job, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
