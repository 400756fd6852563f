#!/usr/bin/env python3
"""Measures how long it takes to put the context of an instruction together, and beside it, in the same run, the
ranking alone with the same budget.

Instructions are commit subjects of other projects, places functions somewhere in the tree. Nothing is remembered from
one pass to the next but the tokenizer; of several passes the fastest time of each instruction counts.
"""

import argparse
import functools
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rank import fastest, places, spread, subjects, timed

from farthing import tokens
from farthing.context.assemble import assemble
from farthing.context.model import Wanted
from farthing.index import indexer, pack
from farthing.index.rank import Ranker, Selection
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store

BUDGETS = (600, 4000, 16000)
"""Of a model on this machine, and of the smallest and the largest that bill."""


def measure(root: Path, store: Store, instructions: Sequence[str], passes: int, budgets: Sequence[int]) -> None:
    """Print the table."""
    tokens.count("warm")
    retrieval = Retrieval(root, store)
    ranker = Ranker(retrieval)
    around = [selection for _, selection in places(store, len(instructions), random.Random(7))]
    cursors = [Selection(each.path, *[(each.start_line + each.end_line) // 2] * 2) for each in around]

    def read(path: str) -> str | None:
        return (retrieval.read(path) or b"").decode("utf-8", "replace")

    print(f"{len(instructions)} instructions, the fastest of {passes} passes")
    print(f"{'':40} {'ms by the clock':23}   ms of this process\n{'':40} {'    p50     p95     max   ' * 2}")
    for budget in budgets:

        def put(text: str, edits: bool, path: str, selection: Selection | None, budget: int = budget) -> None:
            chosen = assemble(Wanted(text, budget, edits, path, selection), retrieval, read)
            assert chosen.tokens <= budget

        def each(edits: bool, spots: Sequence[Selection | None], open_: bool = False) -> list[Callable[[], object]]:
            return [
                functools.partial(put, text, edits, spot.path if spot else "", None if open_ else spot)
                for text, spot in zip(instructions, spots, strict=True)
            ]

        nowhere = [None] * len(instructions)
        rows: dict[str, list[Callable[[], object]]] = {
            "rank alone": [functools.partial(ranker.rank, t, (), None, budget) for t in instructions],
            "edit, a function selected": each(True, around),
            "edit, a cursor": each(True, cursors),
            "edit, an open file": each(True, around, open_=True),
            "edit, nothing open": each(True, nowhere),
            "question, a function selected": each(False, around),
            "question, nothing open": each(False, nowhere),
        }
        for name, works in rows.items():
            spread(f"{name}, {budget}", fastest([_pass(works) for _ in range(passes)]))


def _pass(works: Sequence[Callable[[], object]]) -> list[tuple[float, float]]:
    times = []
    for work in works:
        pack.count.cache_clear()
        times.append(timed(work))
    return times


def main() -> int:
    """Read the command line, index the tree, ask."""
    parser = argparse.ArgumentParser(prog="scripts/bench assemble", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="source tree that is asked about")
    parser.add_argument("--repo", type=Path, action="append", required=True, help="a git directory; may be repeated")
    parser.add_argument("--instructions", type=int, default=40, help="of each repository (default 40)")
    parser.add_argument("--passes", type=int, default=3, help="the fastest of them counts (default 3)")
    parser.add_argument("--budget", type=int, action="append", help=f"tokens; may be repeated (default {BUDGETS})")
    options = parser.parse_args()
    instructions = [each for git in options.repo for each in subjects(git, options.instructions)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "index.sqlite"))
        indexer.update(options.root, store)
        measure(options.root, store, instructions, options.passes, options.budget or BUDGETS)
        store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
