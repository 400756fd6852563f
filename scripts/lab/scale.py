#!/usr/bin/env python3
"""Measures questions to the index of a large source tree, made from a given one: copies of its files in which most of
the defined names differ, some of one word and some of another, and the most common ones stay. Beside the time of the
clock stands the processor's, which tells less of what else the machine does."""

import argparse
import functools
import multiprocessing
import os
import random
import re
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from farthing.index import incremental, indexer, rows
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store

COMMON = 20
"""A name with more definitions than this is the same in all copies."""

KEPT = 0.25
"""Share of the other names that are."""

EACH = 100
"""Questions of one sort."""

_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")


@dataclass(frozen=True)
class Source:
    """The tree to be copied."""

    root: Path
    definitions: dict[str, int]
    """Path -> how many the file has."""
    varied: tuple[str, ...]
    """Names that differ from copy to copy."""
    words: tuple[str, ...]
    """What names are made of."""


def read_source(root: Path, folder: Path) -> Source:
    """Look a tree over."""
    store = Store(folder / "source.sqlite")
    indexer.update(root, store)
    counts = dict(
        store.db.execute(
            "SELECT f.path, count(*) FROM files f JOIN definitions d ON d.content = f.content GROUP BY f.path"
        )
    )
    # Names of files stay, or nothing would be imported any more.
    of_paths = {part.partition(".")[0] for path in counts for part in path.split("/")}
    names = [
        name
        for name, count in store.db.execute("SELECT name, count(*) FROM definitions GROUP BY name ORDER BY name")
        if count <= COMMON and name not in of_paths and _IDENTIFIER.fullmatch(name) and not name.startswith("__")
    ]
    store.close()
    words = sorted({word.lower() for name in names for word in split(name) if len(word) > 2})
    dice = random.Random(1)
    return Source(root, counts, tuple(name for name in names if dice.random() > KEPT), tuple(words))


def split(name: str) -> list[str]:
    """The words of a name."""
    return re.findall(r"[^\W\d_]+|[\d_]+", rows.split_name(name).split(" ", 1)[-1])


def variation(source: Source, number: int) -> dict[str, str]:
    """What names become in a copy: one of their words is another one."""
    dice = random.Random(number)
    found = {}
    for name in source.varied:
        words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^A-Za-z]+", name)
        at = dice.choice([i for i, word in enumerate(words) if word.isalpha()] or [0])
        new = dice.choice(source.words)
        old = words[at]
        words[at] = new.upper() if old.isupper() and len(old) > 1 else new.title() if old[:1].isupper() else new
        found[name] = "".join(words)
    return found


def renamed(names: dict[str, str], found: re.Match[str]) -> str:
    """What stands in a copy for an identifier."""
    return names.get(found[0], found[0])


def make_tree(source: Source, target: Path, symbols: int) -> None:
    """Write copies until they hold about so many definitions."""
    left, number = symbols, 0
    while left > 0:
        names = variation(source, number) if number else {}
        for path, count in sorted(source.definitions.items()):
            if left <= 0:
                break
            text = (source.root / path).read_bytes().decode("utf-8", "surrogateescape")
            varied = _IDENTIFIER.sub(functools.partial(renamed, names), text)
            copy = target / f"part_{number:02}" / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(varied.encode("utf-8", "surrogateescape"))
            left -= count
        number += 1


Times = list[tuple[float, float]]
"""Seconds by the clock and of the processor."""


def timed(ask: Callable[..., object], *asked: object) -> tuple[float, float]:
    """How long a question takes."""
    clock, processor = time.perf_counter(), time.thread_time()
    ask(*asked)
    return time.perf_counter() - clock, time.thread_time() - processor


def row(name: str, times: Times) -> None:
    """One row of the table."""
    clock, processor = (sorted(1000 * each[i] for each in times) for i in (0, 1))
    late = int(0.95 * (len(times) - 1))
    print(
        f"{name:34} {statistics.median(clock):8.2f} {clock[late]:8.2f} {clock[-1]:8.2f}"
        f" {statistics.median(processor):10.2f} {processor[late]:8.2f} {processor[-1]:8.2f} {len(times):6}",
        flush=True,
    )


def queries(retrieval: Retrieval, dice: random.Random) -> dict[str, list[str]]:
    """What is typed into a search for symbols, by sort."""
    names = [name for (name,) in retrieval.db.execute("SELECT name FROM names ORDER BY name") if len(name) > 4]
    last = retrieval.db.execute("SELECT max(id) FROM definitions").fetchone()[0]
    owned: list[str] = []
    while len(owned) < EACH:
        found = retrieval.db.execute("SELECT qualified FROM definitions WHERE id = ?", (dice.randint(1, last),))
        owned += [qualified for (qualified,) in found if "." in qualified]

    def some(change: Callable[[str], str]) -> list[str]:
        return [change(name) for name in dice.choices(names, k=EACH)]

    def mistype(name: str) -> str:
        at = dice.randint(1, len(name) - 3)
        return dice.choice([name[:at] + name[at + 1 :], name[:at] + name[at + 1] + name[at] + name[at + 2 :]])

    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        "exact name": some(str),
        "beginning": some(lambda name: name[: dice.randint(3, len(name))]),
        "word inside": some(lambda name: dice.choice([word for word in split(name) if len(word) > 2] or [name])),
        "letters inside": some(lambda name: name[(at := dice.randint(1, len(name) - 4)) : at + dice.randint(3, 6)]),
        "mistyped": some(mistype),
        "Owner.name": [".".join(qualified.split(".")[-2:]) for qualified in owned],
        "one or two letters": ["".join(dice.choices(letters, k=dice.randint(1, 2))) for _ in range(EACH)],
        "nonsense": ["".join(dice.choices(letters, k=dice.randint(3, 12))) for _ in range(EACH)],
    }


def places(retrieval: Retrieval, dice: random.Random) -> Iterator[tuple[str, int, str]]:
    """Path, line and text of files where somebody may type."""
    paths = [path for (path,) in retrieval.db.execute("SELECT path FROM files ORDER BY path")]
    for path in dice.sample(paths, min(3 * EACH, len(paths))):
        text = (retrieval.root / path).read_text(errors="replace")
        yield path, dice.randint(1, text.count("\n") + 1), text


def ask_warm(retrieval: Retrieval, dice: random.Random) -> None:
    """Every sort of question, after a few that don't count."""
    asked = queries(retrieval, dice)
    for sort in asked.values():
        for query in sort[:5]:
            retrieval.symbols(query + "e")
    every: Times = []
    for name, sort in asked.items():
        times = [timed(retrieval.symbols, query) for query in sort]
        row(f"symbols: {name}", times)
        every += times
    row("symbols: all", every)
    spots = list(places(retrieval, dice))
    row("signatures_near", [timed(retrieval.signatures_near, *spot) for spot in spots])
    names = [(dice.choice(_IDENTIFIER.findall(text) or ["none"]), path) for path, _, text in spots]
    row("definition_of", [timed(retrieval.definition_of, *each) for each in names])
    known = [found[0] for name, path in names if (found := retrieval.definition_of(name, path, 1))]
    row("references_to", [timed(retrieval.references_to, each) for each in known])


def ask_after_changes(retrieval: Retrieval, dice: random.Random) -> None:
    """Save a file, and ask: what was kept from earlier questions has to be brought up to date."""
    saved, near, found = [], [], []
    for number, (path, line, text) in enumerate(list(places(retrieval, dice))[:20]):
        with (retrieval.root / path).open("a") as file:
            file.write(f"\n# saved {number} {time.time_ns()}\n")
        update = timed(incremental.update_paths, retrieval.root, retrieval.store, [path])
        saved.append(update)
        near.append(timed(retrieval.signatures_near, path, line, text))
        found.append(timed(retrieval.symbols, f"saved_{number}"))
    row("one saved file", saved)
    row("signatures_near after it", near)
    row("symbols after it", found)


def ask_cold(root: Path, path: Path, sort: Iterable[str], forget: bool) -> tuple[Times, Times]:
    """The first questions to a newly opened store; with ``forget``, which isn't in the system's memory either."""
    found: Times = []
    near: Times = []
    dice = random.Random(5)
    for query in sort:
        store = Store(path)
        retrieval = Retrieval(root, store)
        spot = next(places(retrieval, dice))
        if forget:
            forget_file(path)
        found.append(timed(retrieval.symbols, query))
        if forget:
            forget_file(path)
        near.append(timed(retrieval.signatures_near, *spot))
        store.close()
    return found, near


def forget_file(path: Path) -> None:
    """Let the system drop what it keeps of a file in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ask(root: Path, path: Path) -> None:
    """All questions, in a process of their own: its memory is what they need."""
    store = Store(path)
    retrieval = Retrieval(root, store)
    print(f"{'':34} {'clock, ms':^26} {'processor, ms':^28}")
    print(f"{'':34} {'p50':>8} {'p95':>8} {'max':>8} {'p50':>10} {'p95':>8} {'max':>8} {'times':>6}")
    dice = random.Random(7)
    ask_warm(retrieval, dice)
    ask_after_changes(retrieval, dice)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    firsts = [dice.choice(sort) for sort in queries(retrieval, dice).values() for _ in range(3)]
    store.close()
    for forget, what in ((False, "newly opened"), (True, "read from disk")):
        found, near = ask_cold(root, path, firsts, forget)
        row(f"symbols, {what}", found)
        row(f"signatures_near, {what}", near)
    print(f"{'store':34} {path.stat().st_size / 1e6:.0f} MB")
    print(f"{'resident memory, at most':34} {memory:.0f} MB")


def measure(root: Path, symbols: int, folder: Path) -> None:
    """Make the tree and its index, where they are not there already, and ask."""
    tree, path = folder / "tree", folder / "index.sqlite"
    if not tree.exists():
        make_tree(read_source(root, folder), tree, symbols)
    store = Store(path)
    done = indexer.update(tree, store)
    store.close()
    print(f"{done.files} files, {done.bytes / 1e6:.1f} MB, {done.symbols} symbols, {done.references} references")
    print(f"{'indexed in':34} {done.seconds:.1f} s ({done.parsed} files parsed)", flush=True)
    asking = multiprocessing.get_context("spawn").Process(target=ask, args=(tree, path))
    asking.start()
    asking.join()


def main() -> int:
    """Measure in a temporary folder, or in one that is kept."""
    arguments = argparse.ArgumentParser(prog="scripts/bench scale", description=__doc__)
    arguments.add_argument("--root", type=Path, required=True, help="source tree to make copies of")
    arguments.add_argument("--symbols", type=int, default=100_000, help="definitions to make (default 100,000)")
    arguments.add_argument("--folder", type=Path, help="keep the tree and the index here, and use what is here")
    options = arguments.parse_args()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        measure(options.root, options.symbols, options.folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(options.root, options.symbols, Path(folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
