#!/usr/bin/env python3
"""Makes the trace of a working day: 400 tasks with their times, drawn from those of the router's laboratory.

The mix of kinds is an assumption, not a measurement: we know of none that is published for an assistant that completes
and converses. Six of ten are completions; of the rest half are questions and small changes, a quarter are faults and
documentation, and the large ones are rare.
"""

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from router_tasks import Task, load

from farthing.routing.model import TaskKind

DAY = Path(__file__).parent / "traces" / "day.jsonl"

MIX: Mapping[TaskKind, int] = {
    "complete": 240,
    "explain": 44,
    "edit": 40,
    "debug": 28,
    "docs": 14,
    "test": 14,
    "refactor": 12,
    "review": 4,
    "design": 4,
}
"""Of 400 tasks; an assumption."""

WITHOUT_CHECK: Sequence[TaskKind] = ("explain", "review", "design")
"""They are about the functions of other tasks."""

HOURS = ((9 * 3600, 12 * 3600 + 1800), (13 * 3600 + 1800, 18 * 3600))
"""Seconds of the day in which somebody works."""

MOST_TURNS = 5
"""Of a conversation."""


@dataclass(frozen=True)
class Row:
    """One task of the day."""

    at: str
    """Time of the day."""
    kind: TaskKind
    task: str
    """Of ``router_tasks/tasks.json``; for a kind without a check, the function that it is about."""
    talk: int = 0
    """The conversation; 0 for a completion, which belongs to none."""
    turn: int = 0
    """Within it, from 1."""


def read(path: Path = DAY) -> list[Row]:
    """The trace, in the order of its times."""
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def make(tasks: Sequence[Task], seed: int) -> list[Row]:
    """A day.

    Args:
        tasks: that there are.
    """
    chance = random.Random(seed)
    by_kind: dict[TaskKind, list[Task]] = {}
    for task in tasks:
        by_kind.setdefault(task.kind, []).append(task)
    others = [*by_kind["edit"], *by_kind["debug"]]
    wanted = [(kind, task) for kind, count in MIX.items() for task in _drawn(by_kind.get(kind, others), count, chance)]
    typed = [each for each in wanted if each[0] == "complete"]
    said = [each for each in wanted if each[0] != "complete"]
    chance.shuffle(said)
    rows = [Row(_clock(at), kind, task.id) for at, (kind, task) in zip(_times(len(typed), chance), typed, strict=True)]
    rows += _conversations(said, chance)
    return sorted(rows, key=lambda row: (row.at, row.talk, row.turn))


def _drawn(tasks: Sequence[Task], count: int, chance: random.Random) -> list[Task]:
    """So many, each as often as any other but once."""
    found: list[Task] = []
    while len(found) < count:
        found += chance.sample(list(tasks), min(len(tasks), count - len(found)))
    return found


def _conversations(said: Sequence[tuple[TaskKind, Task]], chance: random.Random) -> Iterator[Row]:
    left = list(said)
    sizes: list[int] = []
    while sum(sizes) < len(left):
        sizes.append(min(chance.choice((1, 1, 1, 2, 2, 3, 4, MOST_TURNS)), len(left) - sum(sizes)))
    for talk, (size, at) in enumerate(zip(sizes, _times(len(sizes), chance), strict=True), 1):
        for turn in range(1, size + 1):
            kind, task = left.pop()
            yield Row(_clock(at + 100 * (turn - 1) + chance.randint(0, 99)), kind, task.id, talk, turn)


def _times(count: int, chance: random.Random) -> list[int]:
    whole = [second for first, last in HOURS for second in range(first, last)]
    return sorted(chance.sample(whole, count))


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def main() -> int:
    """Write the trace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=11, help="chooses tasks and times (default 11)")
    options = parser.parse_args()
    DAY.parent.mkdir(exist_ok=True)
    rows = make(load(), options.seed)
    lines = [json.dumps({name: value for name, value in asdict(row).items() if value}) for row in rows]
    DAY.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
