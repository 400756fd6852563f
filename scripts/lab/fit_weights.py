#!/usr/bin/env python3
"""Fits the weights of the context ranking on the history of git checkouts, and writes weights.toml.

Every candidate of a commit is an example; those that the commit changed, of whatever kind, are the positive ones. Each
commit counts the same. Conditional logit with an L2 penalty, by Newton's method; then the numbers of the packing are
searched one after the other for the highest mean recall. Report on other repositories, with context.py.
"""

import argparse
import dataclasses
import random
from pathlib import Path

import numpy as np
from commits import Case
from context import collect, ours
from scores import recall

from farthing.index import model as fitted_model
from farthing.index.features import FEATURES
from farthing.index.model import Model

PENALTY = 1.0
BUDGETS = (1000, 2000, 4000, 8000)
"""Where the packing is to be good."""

SET = {"focus": 1.0, "selected": 8.0}
"""Weights that history can't tell, as no commit says what was open in its author's editor: chosen, not fitted."""

SEARCH = {
    "size_power": (0.0, 0.2, 0.4, 0.6, 0.8),
    "size_base": (0.0, 30.0, 100.0),
    "window_share": (0.3, 0.5, 0.8, 1.0),
    "same_file": (0.0, 0.05, 0.15),
}


def regress(cases: list[Case]) -> "np.typing.NDArray[np.float64]":
    """Weights of the features: those under which the changed candidates of a commit stand out from its others."""
    beta = np.zeros(len(FEATURES))
    examples = [(case.scored.matrix, np.array(case.labels, dtype=float)) for case in cases]
    examples = [(x, wanted / wanted.sum()) for x, wanted in examples if wanted.any()]
    for _ in range(60):
        gradient, hessian = -PENALTY * beta, PENALTY * np.eye(len(beta))
        for x, share in examples:
            p = np.exp(x @ beta - (x @ beta).max())
            p /= p.sum()
            mean = p @ x
            gradient += share @ x - mean
            hessian += (x * p[:, None]).T @ x - np.outer(mean, mean)
        step = np.linalg.solve(hessian, gradient)
        beta += step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-6:
            break
    return beta


def mean_recall(cases: list[tuple[Case, dict[str, bytes]]], model: Model) -> float:
    """Mean over commits and budgets."""
    return float(np.mean([[recall(case, ours(case, contents, model, b)) for b in BUDGETS] for case, contents in cases]))


def _reach(case: Case) -> float:
    """Share of the edit set that the candidates hold."""
    known = {(symbol.path, symbol.symbol) for symbol in case.scored.pool.symbols}
    return sum((each.path, each.symbol) in known for each in case.wanted) / len(case.wanted)


def main() -> None:
    """Read the command line, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repo", type=Path, action="append", required=True, help="a git directory; may be repeated")
    parser.add_argument("--commits", type=int, default=40, help="of each repository")
    parser.add_argument("--cache", type=Path, help="a folder that keeps what was collected; trusted like code")
    parser.add_argument("--search", type=int, default=80, help="commits that the packing is searched with")
    parser.add_argument("--write", type=Path, default=Path(fitted_model.__file__).with_name("weights.toml"))
    arguments = parser.parse_args()
    everything = []
    for git in arguments.repo:
        found, contents = collect(git, arguments.commits, arguments.cache)
        reach = np.mean([_reach(case) for case in found])
        print(f"{git.parent.name}: {len(found)} commits, {reach:.2f} of their functions are candidates", flush=True)
        everything += [(case, contents) for case in found]
    weights = regress([case for case, _ in everything])
    model = Model(weights, 0.5, 30.0, 0.5, 0.0)
    sample = random.Random(0).sample(everything, min(arguments.search, len(everything)))
    for name, values in SEARCH.items():
        tried = [(mean_recall(sample, dataclasses.replace(model, **{name: value})), value) for value in values]
        print(name, ", ".join(f"{value}: {score:.4f}" for score, value in tried), flush=True)
        model = dataclasses.replace(model, **{name: max(tried, key=lambda each: each[0])[1]})
    write(model, arguments.write)
    print(f"mean recall on the fitted commits: {mean_recall(everything, model):.3f}")


def write(model: Model, path: Path) -> None:
    """Write weights.toml."""
    lines = ["# Written by scripts/lab/fit_weights.py: do not edit by hand.", "", "[packing]"]
    lines += [f"{name} = {getattr(model, name)}" for name in SEARCH]
    lines += ["", "[weights]"]
    for name, weight in zip(FEATURES, model.weights, strict=True):
        lines.append(f"{name} = {SET[name]}  # set, not fitted" if name in SET else f"{name} = {weight:.4f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
