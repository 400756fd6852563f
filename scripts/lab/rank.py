#!/usr/bin/env python3
"""Measures how long the choice of context takes, and beside it, in the same run, one query of BM25 over functions.

Instructions are commit subjects of other projects. Each is asked once in a pass, and every pass starts with nothing
remembered but the tokenizer: what one budget counted doesn't help the next one. Of several passes the fastest time of
each instruction counts, as other programs only ever add to it.
"""

import argparse
import dataclasses
import json
import math
import random
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import baselines
import numpy as np

from farthing import tokens
from farthing.index import indexer, pack
from farthing.index.rank import Ranker, Selection
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store

BUDGETS = (1000, 4000, 8000)
Place = tuple[tuple[str, ...], Selection]
"""What is open in an editor, and what is selected there."""


class Bm25:
    """BM25 over the functions of a tree in memory: for each word who holds it and what that is worth."""

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [baselines.words(text) for text in texts]
        lengths = np.array([sum(each.values()) for each in counted])
        holders: dict[str, list[int]] = {}
        often: dict[str, list[int]] = {}
        for i, each in enumerate(counted):
            for word, count in each.items():
                holders.setdefault(word, []).append(i)
                often.setdefault(word, []).append(count)
        self._scores = np.zeros(len(texts))
        self._postings: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        k1, b = baselines.K1, baselines.B
        for word, ids in holders.items():
            held, counts = np.array(ids), np.array(often[word])
            weight = math.log(1 + (len(texts) - len(ids) + 0.5) / (len(ids) + 0.5))
            norm = counts + k1 * (1 - b + b * lengths[held] / lengths.mean())
            self._postings[word] = held, weight * counts * (k1 + 1) / norm

    def best(self, instruction: str, limit: int) -> list[int]:
        """The functions with the highest scores."""
        scores = np.zeros_like(self._scores)
        for word in baselines.words(instruction):
            if word in self._postings:
                held, worth = self._postings[word]
                scores[held] += worth
        found = np.argpartition(-scores, min(limit, len(scores) - 1))[:limit]
        return [int(i) for i in found[np.argsort(-scores[found], kind="stable")] if scores[i] > 0]


def subjects(git: Path, count: int) -> list[str]:
    """Commit subjects of at least four words, from all of a repository's history."""
    done = subprocess.run(["git", "-C", str(git), "log", "--no-merges", "--format=%s"], capture_output=True, check=True)
    found = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if len(line.split()) >= 4]
    return found[:: max(1, len(found) // count)][:count]


def places(store: Store, count: int, dice: random.Random) -> list[Place]:
    """Functions somewhere in the tree as selections, each with its file and two more of the folder open."""
    functions = store.db.execute(
        "SELECT f.path, d.start_line, d.end_line FROM files f JOIN definitions d ON d.content = f.content "
        "WHERE d.kind IN ('function', 'method') ORDER BY f.path, d.id"
    ).fetchall()
    files = sorted({path for path, *_ in functions})
    found = []
    for path, first, last in dice.choices(functions, k=count):
        at = files.index(path)
        found.append(((path, *files[at + 1 : at + 3]), Selection(path, first, last)))
    return found


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of this process."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def spread(name: str, times: Sequence[tuple[float, float]]) -> None:
    """One row of the table."""
    cells = []
    for column in zip(*times, strict=True):
        ordered = sorted(column)
        late = ordered[math.ceil(0.95 * len(ordered)) - 1]
        cells.append(f"{statistics.median(ordered):7.1f} {late:7.1f} {ordered[-1]:7.1f}")
    print(f"{name:40} {'   '.join(cells)}", flush=True)


def ask(
    root: Path, store: Store, instructions: Sequence[str], budget: int, around: Sequence[Place] | None
) -> tuple[list[tuple[float, float]], list[object]]:
    """One pass: milliseconds of each instruction, and what was chosen."""
    pack.count.cache_clear()
    ranker = Ranker(Retrieval(root, store))
    ranker.rank("warm up the tokenizer and the words of the store", budget_tokens=budget)
    times, chosen = [], []
    for i, instruction in enumerate(instructions):
        focus, selection = around[i] if around else ((), None)
        items: list[pack.Item] = []
        times.append(timed(lambda: items.extend(ranker.rank(instruction, focus, selection, budget))))  # noqa: B023
        chosen.append([instruction, budget, [dataclasses.asdict(item) for item in items]])
    return times, chosen


def rival(root: Path, store: Store) -> Bm25:
    """An index in memory of the text of every function."""
    texts = []
    for path, spans in _spans(store).items():
        data = (root / path).read_bytes()
        texts += [data[start:end].decode("utf-8", "replace") for start, end in spans]
    index = Bm25(texts)
    baselines.words.cache_clear()
    return index


def _spans(store: Store) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for path, start, end in store.db.execute(
        'SELECT f.path, d.start, d."end" FROM files f JOIN definitions d ON d.content = f.content '
        "WHERE d.kind IN ('function', 'method') ORDER BY f.path, d.id"
    ):
        found.setdefault(path, []).append((start, end))
    return found


def fastest(passes: Sequence[Sequence[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Of each instruction the least time by the clock, and the least of this process."""
    return [(min(wall for wall, _ in each), min(cpu for _, cpu in each)) for each in zip(*passes, strict=True)]


def measure(root: Path, store: Store, instructions: Sequence[str], passes: int) -> list[object]:
    """Print the table; returns what was chosen."""
    tokens.count("warm")
    chosen: list[object] = []
    around = places(store, len(instructions), random.Random(7))
    words = Counter(len(each.split()) for each in instructions)
    print(
        f"{store.counts()[1]} definitions, {len(instructions)} instructions of {min(words)} to {max(words)} words, "
        f"the fastest of {passes} passes"
    )
    print(f"{'':40} {'ms by the clock':23}   ms of this process\n{'':40} {'    p50     p95     max   ' * 2}")
    for budget in BUDGETS:
        for name, given in (("", None), (", three open files and a selection", around)):
            runs = [ask(root, store, instructions, budget, given) for _ in range(passes)]
            spread(f"rank, {budget // 1000}k{name}", fastest([times for times, _ in runs]))
            chosen += runs[0][1]
    index = rival(root, store)
    runs = [[timed(lambda each=each: index.best(each, 300)) for each in instructions] for _ in range(passes)]
    spread("BM25 over functions, in memory", fastest(runs))
    return chosen


def main() -> int:
    """Read the command line, index the tree, ask."""
    parser = argparse.ArgumentParser(prog="scripts/bench rank", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="source tree that is asked about")
    parser.add_argument("--repo", type=Path, action="append", required=True, help="a git directory; may be repeated")
    parser.add_argument("--instructions", type=int, default=40, help="of each repository (default 40)")
    parser.add_argument("--passes", type=int, default=3, help="the fastest of them counts (default 3)")
    parser.add_argument("--items", type=Path, help="write what was chosen here, to compare two versions")
    options = parser.parse_args()
    instructions = [each for git in options.repo for each in subjects(git, options.instructions)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "index.sqlite"))
        indexer.update(options.root, store)
        chosen = measure(options.root, store, instructions, options.passes)
        store.close()
    if options.items:
        options.items.write_text("".join(json.dumps(each) + "\n" for each in chosen), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
