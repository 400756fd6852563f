#!/usr/bin/env python3
"""Measures the choice of context on the history of git checkouts, beside BM25 over functions and over files.

The edit set of a commit is the functions that its old-side hunks touch. A function is found when every line that the
commit changed in it is shown. Intervals are of the paired difference to BM25 over functions, by bootstrap over commits.
"""

import argparse
import dataclasses
import json
import pickle
import sys
import tempfile
import time
from pathlib import Path

import baselines
import numpy as np
from commits import Case, cases

from farthing.index.model import Model, fitted
from farthing.index.rank import Ranker
from farthing.index.retrieval import Retrieval

BUDGETS = (1000, 2000, 4000, 8000)
LARGE = 32_000
"""Budget of the walk that tells the tokens to 80 % recall."""

SYSTEMS = ("farthing", "BM25 functions", "BM25 files")


@dataclasses.dataclass
class Result:
    """What one commit gave."""

    repository: str
    recall: dict[str, list[float]]
    """System -> recall at each budget."""
    to_80: dict[str, float]
    """System -> tokens until 80 % of the functions were shown; infinite if they never were."""


def collect(git: Path, commits: int, cache: Path | None) -> tuple[list[Case], dict[str, bytes]]:
    """Cases of a repository, remembered in a folder if one is given."""
    kept = (
        cache / f"{git.parent.name if git.name in ('repo', '.git') else git.name}-{commits}.pickle" if cache else None
    )
    if kept and kept.exists():
        return pickle.loads(kept.read_bytes())  # type: ignore[no-any-return]
    with tempfile.TemporaryDirectory() as folder:
        found = cases(git, Path(folder), commits)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(found))
    return found


def recall(case: Case, shown: baselines.Shown) -> float:
    """Share of the edit set whose changed lines are all shown."""
    return sum(_found(each, shown) for each in case.wanted) / len(case.wanted)


def _found(wanted: object, shown: baselines.Shown) -> bool:
    spans = [(first, last) for path, first, last, _ in shown if path == wanted.path]  # type: ignore[attr-defined]
    return all(
        all(any(a <= line <= b for a, b in spans) for line in range(first, last + 1))
        for first, last in wanted.lines  # type: ignore[attr-defined]
    )


def ours(case: Case, contents: dict[str, bytes], model: Model, budget: int) -> baselines.Shown:
    """What the ranking shows."""

    def read(path: str) -> bytes | None:
        return contents[case.blobs[path]] if path in case.blobs else None

    items = Ranker(Retrieval(Path(), None), read=read).choose(case.scored, model, budget)  # type: ignore[arg-type]
    assert sum(item.tokens for item in items) <= budget
    return [(item.path, item.start_line, item.end_line, item.tokens) for item in items if item.kind == "body"]


def measure(case: Case, contents: dict[str, bytes], model: Model) -> Result:
    """All systems on one commit."""
    by_function, by_file = baselines.functions(case, contents), baselines.files(case, contents)
    shown = {
        "farthing": lambda budget: ours(case, contents, model, budget),
        "BM25 functions": lambda budget: baselines.fill(by_function, budget),
        "BM25 files": lambda budget: baselines.fill(by_file, budget),
    }
    return Result(
        case.repository,
        {name: [recall(case, show(budget)) for budget in BUDGETS] for name, show in shown.items()},
        {name: _tokens_to_80(case, show(LARGE)) for name, show in shown.items()},
    )


def _tokens_to_80(case: Case, shown: baselines.Shown) -> float:
    used, so_far = 0, []
    for piece in shown:
        so_far.append(piece)
        used += piece[3]
        if any(piece[0] == each.path for each in case.wanted) and recall(case, so_far) >= 0.8:
            return used
    return float("inf")


def interval(differences: "np.ndarray") -> tuple[float, float]:
    """95 % bootstrap interval of a mean."""
    draws = np.random.default_rng(0).integers(0, len(differences), (10_000, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def report(results: list[Result]) -> str:
    """The table."""
    lines = ["| edit-set recall at | " + " | ".join(f"{b // 1000}k" for b in BUDGETS) + " | tokens to 80 % (median) |",
             "|---|" + "---|" * (len(BUDGETS) + 1)]  # fmt: skip
    for name in SYSTEMS:
        values = np.array([each.recall[name] for each in results])
        median = float(np.median([each.to_80[name] for each in results]))
        cells = [f"{value:.3f}" for value in values.mean(axis=0)]
        lines.append(f"| {name} | {' | '.join(cells)} | {f'{median:,.0f}' if median < 1e9 else f'over {LARGE:,}'} |")
    all_found = {name: (np.array([each.recall[name] for each in results]) == 1).mean(axis=0) for name in SYSTEMS}
    for name in SYSTEMS:
        lines.append(f"| {name}, all found | {' | '.join(f'{value:.3f}' for value in all_found[name])} | |")
    ahead = np.array([each.recall["farthing"] for each in results]) - np.array(
        [each.recall["BM25 functions"] for each in results]
    )
    cells = ["{:+.3f} ({:+.3f} to {:+.3f})".format(column.mean(), *interval(column)) for column in ahead.T]
    lines.append(f"| farthing - BM25 functions (95 %) | {' | '.join(cells)} | |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repo", type=Path, action="append", required=True, help="a git directory; may be repeated")
    parser.add_argument("--commits", type=int, default=30, help="of each repository")
    parser.add_argument("--cache", type=Path, help="a folder that keeps what was collected; trusted like code")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results: list[Result] = []
    for git in arguments.repo:
        start = time.monotonic()
        found, contents = collect(git, arguments.commits, arguments.cache)
        part = [measure(case, contents, fitted()) for case in found]
        results += part
        name = git.parent.name if git.name in ("repo", ".git") else git.name
        print(f"\n{name}: {len(part)} commits, {time.monotonic() - start:.0f} s", file=sys.stderr)
        print(report(part) if part else "", file=sys.stderr, flush=True)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(each) for each in results]))
    else:
        names = {each.repository for each in results}
        print(f"\nall {len(results)} commits of {len(names)} repositories\n")
        print(report(results) if results else "none")


if __name__ == "__main__":
    main()
