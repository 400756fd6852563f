#!/usr/bin/env python3
"""Measures the choice of context on the history of git checkouts, beside BM25 over functions and over files.

The edit set of a commit is the functions that its old-side hunks touch. A function is found when every line that the
commit changed in it is shown. The need set is the edit set and what the added lines call, where the name has only one
definition; of what is only called, the first line or the signature is enough. The oracle shows the edit set and nothing
else. Intervals are of the paired difference to BM25 over functions, by bootstrap over commits.
"""

import argparse
import dataclasses
import json
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import baselines
import numpy as np
import scores
from commits import Case, cases

from farthing.index.model import Model, fitted
from farthing.index.rank import Ranker
from farthing.index.retrieval import Retrieval

BUDGETS = (1000, 2000, 4000, 8000, 16_000)
LARGE = 32_000
"""Budget of the walk that tells the tokens to 80 % recall."""

SYSTEMS = ("farthing", "BM25 functions", "BM25 files")


@dataclasses.dataclass
class Result:
    """What one commit gave."""

    repository: str
    named: bool
    """Whether the message names a changed function."""
    called: int
    """Size of the need set beyond the edit set."""
    oracle: int
    """Tokens of the edit set."""
    recall: dict[str, list[float]]
    """System -> recall of the edit set at each budget."""
    need: dict[str, list[float]]
    """System -> recall of the need set at each budget."""
    need_bodies: dict[str, list[float]]
    """The same where signatures don't count."""
    to_80: dict[str, float]
    """System -> tokens until 80 % of the functions were shown; infinite if they never were."""


def collect(git: Path, commits: int, cache: Path | None) -> tuple[list[Case], dict[str, bytes]]:
    """Cases of a repository, remembered in a folder if one is given."""
    kept = cache / f"{name_of(git)}-{commits}.pickle" if cache else None
    if kept and kept.exists():
        return pickle.loads(kept.read_bytes())  # type: ignore[no-any-return]
    with tempfile.TemporaryDirectory() as folder:
        found = cases(git, Path(folder), commits)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(found))
    return found


def name_of(git: Path) -> str:
    """What a repository is called."""
    return git.parent.name if git.name in ("repo", ".git") else git.name


def ours(case: Case, contents: dict[str, bytes], model: Model, budget: int) -> baselines.Shown:
    """What the ranking shows."""

    def read(path: str) -> bytes | None:
        return contents[case.blobs[path]] if path in case.blobs else None

    items = Ranker(Retrieval(Path(), None), read=read).choose(case.scored, model, budget)  # type: ignore[arg-type]
    assert sum(item.tokens for item in items) <= budget
    return [
        baselines.Piece(item.path, item.start_line, item.end_line, item.tokens, item.kind == "body") for item in items
    ]


def measure(case: Case, contents: dict[str, bytes], model: Model) -> Result:
    """All systems on one commit."""
    by_function, by_file = baselines.functions(case, contents), baselines.files(case, contents)
    systems: dict[str, Callable[[int], baselines.Shown]] = {
        "farthing": lambda budget: ours(case, contents, model, budget),
        "BM25 functions": lambda budget: baselines.fill(by_function, budget),
        "BM25 files": lambda budget: baselines.fill(by_file, budget),
    }
    shown = {name: [show(budget) for budget in BUDGETS] for name, show in systems.items()}
    return Result(
        case.repository,
        scores.names_a_change(case.query, case.wanted),
        len(case.called),
        _oracle(case, contents),
        {name: [scores.recall(case, each) for each in all] for name, all in shown.items()},
        {name: [scores.need_recall(case, each) for each in all] for name, all in shown.items()},
        {name: [scores.need_recall(case, each, signatures=False) for each in all] for name, all in shown.items()},
        {name: scores.tokens_to_enough(case, show(LARGE)) for name, show in systems.items()},
    )


def _oracle(case: Case, contents: dict[str, bytes]) -> int:
    texts = {path: baselines.lines(contents[case.blobs[path]]) for path in {each.path for each in case.wanted}}
    return sum(baselines.count("".join(texts[each.path][each.start_line - 1 : each.end_line])) for each in case.wanted)


def report(results: Sequence[Result]) -> str:
    """The table."""
    lines = [
        f"| recall at | {' | '.join(f'{b // 1000}k' for b in BUDGETS)} | tokens to 80 % (median) | over the oracle's |",
        "|---|" + "---|" * (len(BUDGETS) + 2),
    ]
    recall = {name: np.array([each.recall[name] for each in results]) for name in SYSTEMS}
    for name in SYSTEMS:
        tokens = np.median([each.to_80[name] for each in results])
        ratio = np.median([each.to_80[name] / each.oracle for each in results])
        last = f"{tokens:,.0f} | {ratio:.1f}" if np.isfinite(tokens) else f"over {LARGE:,} |"
        lines.append(f"| {name} | {_cells(recall[name])} | {last} |")
    lines += [f"| {name}, all found | {_cells(recall[name] == 1)} | | |" for name in SYSTEMS]
    lines.append(_ahead("edit set", recall["farthing"], recall["BM25 functions"]))
    need = {name: np.array([each.need[name] for each in results]) for name in SYSTEMS}
    lines += [f"| {name}, need set | {_cells(need[name])} | | |" for name in SYSTEMS]
    bodies = np.array([each.need_bodies["farthing"] for each in results])
    lines.append(f"| farthing, need set, bodies alone | {_cells(bodies)} | | |")
    lines.append(_ahead("need set", need["farthing"], need["BM25 functions"]))
    for words, named in (("names a changed function", True), ("names none", False)):
        of = np.array([each.named is named for each in results])
        if of.any():
            lines += [f"| {name}, the message {words} ({of.sum()}) | {_cells(recall[name][of])} | | |"
                      for name in SYSTEMS]  # fmt: skip
            lines.append(_ahead(words, recall["farthing"][of], recall["BM25 functions"][of]))
    return "\n".join(lines)


def _cells(values: "np.typing.NDArray[np.generic]") -> str:
    return " | ".join(f"{value:.3f}" for value in values.mean(axis=0))


def _ahead(what: str, mine: "np.typing.NDArray[np.float64]", theirs: "np.typing.NDArray[np.float64]") -> str:
    cells = ["{:+.3f} ({:+.3f} to {:+.3f})".format(each.mean(), *scores.interval(each)) for each in (mine - theirs).T]
    return f"| farthing - BM25 functions, {what} (95 %) | {' | '.join(cells)} | | |"


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
        print(f"\n{name_of(git)}: {len(part)} commits, {time.monotonic() - start:.0f} s", file=sys.stderr)
        print(report(part) if part else "", file=sys.stderr, flush=True)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(each) for each in results]))
    else:
        names = {each.repository for each in results}
        print(f"\nall {len(results)} commits of {len(names)} repositories\n")
        print(report(results) if results else "none")


if __name__ == "__main__":
    main()
