#!/usr/bin/env python3
"""Measures the index of a source tree: cold, warm, one changed file, questions, memory; beside it, in the same run,
what tree-sitter alone takes for the same files on one core, and ctags and aider's map where they are installed."""

import argparse
import multiprocessing
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tree_sitter

from farthing.index import incremental, indexer, languages, trees
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store

RUNS = 3
"""Cold indexes, and as many times tree-sitter alone; the least of each counts, as the machine has other work too."""


def processor() -> float:
    """Processor time of this process and of those that it started, once they have ended."""
    for each in multiprocessing.active_children():
        each.join()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def raw(root: Path, paths: list[str]) -> tuple[float, float]:
    """Processor time of tree-sitter's parsers and of our queries over files, one after the other."""
    parsing = querying = 0.0
    for path in paths:
        id = languages.language_id(path)
        query = languages.query(id)
        if query is None:
            continue
        data = (root / path).read_bytes()
        start = time.process_time()
        node = trees.root(data, id)
        parsed = time.process_time()
        if node is not None:
            tree_sitter.QueryCursor(query).captures(node)
        parsing += parsed - start
        querying += time.process_time() - parsed
    return parsing, querying


def spread(name: str, times: list[float]) -> None:
    """One row for many small measurements."""
    ordered = sorted(times)
    middle, late = statistics.median(ordered) * 1000, ordered[int(0.95 * (len(ordered) - 1))] * 1000
    print(f"{name:34} p50 {middle:8.2f} ms   p95 {late:8.2f} ms   ({len(times)} times)")


def one_file(root: Path, store: Store, paths: list[str], dice: random.Random) -> list[float]:
    """Processor time of bringing the store up to date with a function that is added to one file after another."""
    times = []
    for number, path in enumerate(dice.sample(paths, min(40, len(paths)))):
        with (root / path).open("a") as file:
            file.write(f"\n\ndef added_by_bench_{number}():\n    return {number}\n")
        start = time.process_time()
        incremental.update_paths(root, store, [path])
        times.append(time.process_time() - start)
    return times


def ask(retrieval: Retrieval, paths: list[str], dice: random.Random) -> None:
    """Questions as completion and chat ask them."""
    names = [name for (name,) in retrieval.db.execute("SELECT name FROM names")]
    queries = [dice.choice([name, name[:5], name[1:7], name[:3] + name[4:]]) for name in dice.choices(names, k=400)]
    spread("symbols(query)", [seconds(lambda query=query: retrieval.symbols(query)) for query in queries])
    times = []
    for path in dice.sample(paths, min(60, len(paths))):
        text = (retrieval.root / path).read_text(errors="replace")
        for _ in range(3):
            line = dice.randint(1, text.count("\n") + 1)
            times.append(seconds(lambda path=path, line=line, text=text: retrieval.signatures_near(path, line, text)))
    spread("signatures_near(file, line)", times)


def main() -> int:
    """Copy the tree, as files of it are changed, and measure."""
    import aider_map
    import served  # here, as the worker processes import this file again, and their start is measured

    arguments = argparse.ArgumentParser(description=__doc__)
    which = arguments.add_mutually_exclusive_group(required=True)
    which.add_argument("--root", type=Path, help="source tree")
    which.add_argument("--switch", action="store_true", help="completions while a branch of 10,000 files is switched")
    arguments.add_argument("--files", type=int, default=served.FILES, help="so many files for --switch instead")
    arguments.add_argument("--aider", type=Path, help="Python of an environment with aider-chat, to time its map too")
    options = arguments.parse_args()
    if options.switch:
        served.switch(options.files)
        return 0
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        shutil.copytree(options.root, root, symlinks=True)
        runs = []
        for number in range(RUNS):
            store = Store(Path(folder, f"index{number}.sqlite"))
            before = processor()
            cold = indexer.update(root, store)
            used = processor() - before
            paths = [path for path in store.files() if languages.language_id(path) in languages.BY_ID]
            runs.append((cold.seconds, used, *raw(root, paths)))
            if number + 1 < RUNS:
                store.close()
        warm = min(seconds(lambda: indexer.update(root, store)) for _ in range(3))
        elapsed, used, parsing, querying = (min(each) for each in zip(*runs, strict=True))
        alone = parsing + querying
        print(f"{cold.files} files, {cold.bytes / 1e6:.1f} MB, {cold.symbols} symbols, {cold.references} references")
        print(f"{'tree-sitter alone, one core':34} {parsing:.2f} s parse + {querying:.2f} s query")
        print(f"{'cold':34} {elapsed:.2f} s, {elapsed / alone:.2f} x tree-sitter alone")
        print(f"{'  processor time, all processes':34} {used:.2f} s, {used / alone:.2f} x tree-sitter alone")
        print(f"{'warm':34} {warm:.3f} s")
        if ctags := shutil.which("ctags"):
            command = [ctags, "-R", "-f", "/dev/null", str(root)]
            print(f"{'ctags -R':34} {seconds(lambda: subprocess.run(command, check=True)):.2f} s")
        if options.aider:
            times = aider_map.measure(options.aider.absolute(), root, paths)
            print(f"{f'aider {times.version}, its map':34} cold {times.cold:.2f} s, warm {times.warm:.2f} s")
        source = [path for path in paths if path.endswith(".py")] or paths
        spread("one saved file", one_file(root, store, source, dice))
        ask(Retrieval(root, store), source, dice)
        store.close()
        served.memory(root, cold.files)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
