#!/usr/bin/env python3
"""Makes the tasks of the router's laboratory: finds functions that tests cover, breaks them, and keeps what tests see.

A task is kept only where its tests pass with the function as published and fail with it as the model meets it.
"""

import argparse
import ast
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from router_mutants import OPERATORS, Function, MutantError, code, find, locals_of, mutants, span
from router_packages import Bench, Package, PackageError, fetch, packages
from router_tasks import Kind, Task, Way, branches, gaps, prepare, save

WANTED: dict[Way, tuple[Kind, int]] = {
    "line": ("complete", 18),
    "block": ("complete", 14),
    "mutant": ("debug", 32),
    "described": ("edit", 16),
    "body": ("edit", 16),
    "rename": ("refactor", 14),
    "invert": ("refactor", 12),
    "test": ("test", 15),
    "docs": ("docs", 20),
}
"""How many of each."""

LINES = (4, 40)
"""Of a function."""

MOST_TESTS = 8
"""That judge one task."""

TRIES = 6
"""Mutants of a function that are tried for one task."""

USES = 2
"""Tasks with one function."""


@dataclass(frozen=True)
class Place:
    """A function that tests cover."""

    package: str
    file: str
    symbol: str
    tests: tuple[str, ...]


def functions(text: str) -> Iterator[tuple[str, Function]]:
    """Those of a module and of its classes, by their names; of several with one name none."""
    tree = ast.parse(text)
    found: list[tuple[str, Function]] = []
    for node in tree.body:
        if isinstance(node, Function):
            found.append((node.name, node))
        elif isinstance(node, ast.ClassDef):
            found += [(f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, Function)]
    counts = Counter(name for name, _ in found)
    yield from ((name, node) for name, node in found if counts[name] == 1)


def places(package: Package, bench: Bench) -> list[Place]:
    """The functions of a package that tests call, with those tests that are about them most."""
    trace = bench.top / "trace.json"
    os.environ["FARTHING_ROUTER_TRACE"] = str(trace)
    bench.run({}, package.tests, "-p", "router_trace", "--maxfail=9999")
    calls: dict[str, list[tuple[str, int]]] = json.loads(trace.read_text(encoding="utf-8"))
    breadth = {name: len(each) for name, each in calls.items()}
    by_code: dict[tuple[str, int], list[str]] = {}
    for name, each in calls.items():
        for file, line in each:
            by_code.setdefault((file, line), []).append(name)
    found = []
    inner = bench.root / package.folder
    for path in sorted(inner.rglob("*.py")) if inner.is_dir() else [inner]:
        if {"tests", "test"} & set(path.relative_to(bench.root).parts):
            continue
        text = path.read_bytes().decode()
        for symbol, node in functions(text):
            first, last = span(node)
            names = by_code.get((str(path), first), [])
            own = symbol.rpartition(".")[2].strip("_").lower()
            names.sort(key=lambda name: (own not in name.partition("::")[2].lower(), breadth[name], name))
            tests = list(dict.fromkeys(name.partition("[")[0] for name in names))[:MOST_TESTS]
            if tests and LINES[0] <= last - first + 1 <= LINES[1]:
                found.append(Place(package.name, str(path.relative_to(bench.root)), symbol, tuple(tests)))
    return found


def candidates(way: Way, text: str, symbol: str, chance: random.Random) -> list[tuple[str, int]]:
    """Operators and sites to try."""
    function = find(text, symbol)
    documented = ast.get_docstring(function) is not None
    match way:
        case "line" | "block":
            sites = list(range(len(gaps(text, symbol, way))))
            return [("", site) for site in chance.sample(sites, len(sites))]
        case "mutant" | "described" | "test":
            known = Counter(each.operator for each in mutants(text, symbol))
            operators = [name for name in chance.sample(list(OPERATORS), len(OPERATORS)) if known[name]]
            return [(name, chance.randrange(known[name])) for name in operators]
        case "body":
            good = documented and len(ast.get_docstring(function) or "") >= 60 and len(code(function)) >= 2
            return [("", 0)] if good else []
        case "rename":
            return [(name, 0) for name in _renamable(function)][:1]
        case "invert":
            return [("", 0)] if branches(function) else []
        case "docs":
            return [("", 0)] if documented and len(code(function)) >= 2 else []


def _renamable(function: Function) -> list[str]:
    arguments = function.args
    fixed = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    inner = any(isinstance(each, (Function, ast.Lambda)) for each in ast.walk(function) if each is not function)
    used = Counter(each.id for each in ast.walk(function) if isinstance(each, ast.Name))
    return (
        [] if inner else [name for name in dict.fromkeys(locals_of(function)) if name not in fixed and used[name] >= 3]
    )


def made(way: Way, place: Place, bench: Bench, number: int, chance: random.Random) -> Task | None:
    """A task at a place; None where none is good."""
    text = bench.read(place.file)
    kind = WANTED[way][0]
    for operator, site in candidates(way, text, place.symbol, chance)[:TRIES]:
        task = Task(
            f"{way}-{number:02}", kind, way, place.package, place.file, place.symbol, operator, site, place.tests
        )
        try:
            work = prepare(task, text)
        except (MutantError, StopIteration):
            continue
        if way in ("rename", "invert", "docs"):
            return replace(task, tests=()) if way == "docs" else task
        broken = work.mutant or work.before
        if way in ("line", "block"):
            broken = work.before[: work.offset] + "pass" + work.before[work.offset :]
        found = bench.run({place.file: broken}, place.tests)
        if not found.passed and not found.timed_out and "ERROR" not in found.complaint:
            return replace(task, tests=()) if way == "test" else task
    return None


def make(benches: dict[str, Bench], covered: Sequence[Place], seed: int) -> list[Task]:
    """All tasks, packages in turn."""
    chance = random.Random(seed)
    turns: dict[str, list[Place]] = {}
    for place in covered:
        turns.setdefault(place.package, []).append(place)
    for each in turns.values():
        chance.shuffle(each)
    uses: Counter[Place] = Counter()
    tasks = []
    for way, (_, count) in WANTED.items():
        queues = {name: sorted(each, key=lambda place: uses[place]) for name, each in turns.items()}
        found = 0
        while found < count and any(queues.values()):
            for name in chance.sample(sorted(queues), len(queues)):
                task = None
                while queues[name] and task is None and found < count:
                    place = queues[name].pop(0)
                    if uses[place] < USES:
                        task = made(way, place, benches[name], found + 1, chance)
                if task is not None:
                    tasks.append(task)
                    uses[place] += 1
                    found += 1
        sys.stderr.write(f"{way}: {found}\n")
    return tasks


def main() -> int:
    """Write ``tasks.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="where packages are kept")
    parser.add_argument("--seed", type=int, default=7, help="chooses functions and faults (default 7)")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="fr-") as temporary:
            benches, covered = {}, []
            for name, package in packages().items():
                folder = Path(temporary, name)
                folder.mkdir()
                benches[name] = Bench(package, fetch(package, options.cache), folder)
                covered += _sound(places(package, benches[name]), benches[name])
                sys.stderr.write(f"{name}: {sum(each.package == name for each in covered)} functions\n")
            save(make(benches, covered, options.seed))
    except PackageError as exc:
        sys.stderr.write(f"bench: {exc}\n")
        return 1
    return 0


def _sound(covered: Sequence[Place], bench: Bench) -> list[Place]:
    """Those whose tests pass when they are run alone."""
    bad = {test for test in {test for place in covered for test in place.tests} if "::" not in test}
    if not bench.run({}, sorted({test for place in covered for test in place.tests})).passed:
        every = sorted({test for place in covered for test in place.tests})
        bad |= {test for test in every if not bench.run({}, [test]).passed}
    kept = [replace(place, tests=tuple(test for test in place.tests if test not in bad)) for place in covered]
    return [place for place in kept if place.tests]


if __name__ == "__main__":
    raise SystemExit(main())
