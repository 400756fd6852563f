"""With how many threads a model computes fastest on this machine: measured in idle time, and kept for later engines.

One token at a time is bound by the memory, and many at once by the cores, so the two have counts of their own. Only a
measurement can tell them: hyper-threads, cores of two kinds and the share of a container all look alike from here.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import llama_cpp as native

SIZES = {1: 3, 8: 2, 64: 1}
"""Tokens of the batches that are timed, and how often; the fastest counts."""

BUDGET_S = 2.0
"""Seconds of measuring. What would take longer is left out, but for one token with each count of threads."""

GROWTH = 5
"""By so much do the batches of the next size take longer, at most: a guess that keeps to the budget."""

AS_GOOD = 1.05
"""Fewer threads that take so much longer at most are preferred: the editor needs some too."""

OTHERS = 0.1
"""The share of the processors' time that other processes may take while it is measured."""

KEPT = 32
"""Measurements in the file."""


@dataclass(frozen=True)
class Threads:
    """Compute threads of llama.cpp."""

    decode: int
    """For one token at a time."""
    batch: int
    """For several at once."""
    measured: bool = False
    """Whether they were found fastest on this machine."""


@dataclass(frozen=True)
class Cores:
    """What this process may use."""

    physical: int
    logical: int


def usable_cores() -> Cores:
    """The cores of this process; they can change while it runs."""
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        doubled = Path("/sys/devices/system/cpu/smt/active").read_text().strip() == "1"
    except OSError:
        doubled = False
    return Cores(max(1, logical // 2 if doubled else logical), logical)


def physical_cores() -> int:
    """Usable cores, hyper-threads not counted: what is taken until something was measured."""
    return usable_cores().physical


def candidates(cores: Cores) -> list[int]:
    """Counts worth a measurement, ascending."""
    counts = {1, 2, cores.physical // 2, cores.physical, cores.logical}
    return sorted(count for count in counts if 1 <= count <= cores.logical)


class Others:
    """Other processes on this machine, since this was made. Beside a compiler one thread looks as fast as two, and what
    was measured then would be kept for the quiet times."""

    def __init__(self) -> None:
        self._wall, self._own, self._all = time.monotonic(), time.process_time(), busy_seconds()

    @property
    def disturb(self) -> bool:
        """Whether they compute too much for a measurement; not where the system doesn't tell."""
        now = busy_seconds()
        if now is None or self._all is None:
            return False
        others = now - self._all - (time.process_time() - self._own)
        # The system counts in steps of 10 ms for each core.
        return others > 0.1 + OTHERS * (time.monotonic() - self._wall) * (os.cpu_count() or 1)


def busy_seconds() -> float | None:
    """Processor time that all processes have taken since the system was started; None where it doesn't tell."""
    try:
        user, nice, kernel, _idle, _waiting, irq, softirq, steal, *_ = (
            int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        )
    except (OSError, ValueError):
        return None
    return (user + nice + kernel + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def measure(compute: Callable[[int, int], bool], counts: Sequence[int]) -> Generator[None, None, Threads | None]:
    """Time batches with each count of threads. Yields before each batch, where more urgent work may end it.

    Args:
        compute: computes a batch with so many threads and so many tokens; False when it was stopped.

    Returns:
        None when it was stopped.
    """
    seconds: dict[int, dict[int, float]] = {}
    spent = 0.0
    for size, times in SIZES.items():
        if spent + GROWTH * sum(seconds[max(seconds)].values() if seconds else ()) > BUDGET_S:
            break
        for turn in range(times):
            if turn and spent + sum(seconds[size].values()) > BUDGET_S:
                break
            for count in counts:
                yield
                begun = time.monotonic()
                if not compute(count, size):
                    return None
                took = time.monotonic() - begun
                spent += took
                found = seconds.setdefault(size, {})
                found[count] = min(took, found.get(count, took))
    return fastest(seconds)


def fastest(seconds: Mapping[int, Mapping[int, float]]) -> Threads:
    """The best counts of what was measured.

    Args:
        seconds: of each size of a batch, by threads; of single tokens at least, and for each size with the same counts.
    """
    decode = _fewest(seconds[1])
    several = [found for size, found in seconds.items() if size > 1]
    if not several:
        return Threads(decode, decode, True)
    # In proportion to the best of each size: prompts of a few tokens come often, those of many take long.
    shares = [{count: took / min(found.values()) for count, took in found.items()} for found in several]
    return Threads(decode, _fewest({count: sum(share[count] for share in shares) for count in shares[0]}), True)


def _fewest(costs: Mapping[int, float]) -> int:
    least = min(costs.values())
    return min(count for count, cost in costs.items() if cost <= least * AS_GOOD)


class ThreadFile:
    """What was measured, by model file, cores and build of llama.cpp.

    Args:
        path: of a JSON file; made when something is saved. A damaged one counts as empty.
        model: the GGUF file.
    """

    def __init__(self, path: Path, model: Path) -> None:
        info = model.stat()
        build = f"{native.__version__}\n{native.llama_print_system_info().decode(errors='replace')}"
        self._path = path
        self._name = f"{model.resolve()}\n{info.st_size}\n{info.st_mtime_ns}\n{build}"

    def load(self, cores: Cores) -> Threads | None:
        """What is known for these cores."""
        found = self._read().get(self._key(cores))
        if not isinstance(found, list) or len(found) != 2:
            return None
        if not all(type(count) is int and 1 <= count <= cores.logical for count in found):
            return None
        return Threads(found[0], found[1], True)

    def save(self, cores: Cores, threads: Threads) -> None:
        """Remember it; nothing happens where the file can't be written."""
        known = self._read()
        known.pop(self._key(cores), None)
        known[self._key(cores)] = [threads.decode, threads.batch]
        beside = self._path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.write_text(json.dumps(dict(list(known.items())[-KEPT:])))
            beside.replace(self._path)

    def _read(self) -> dict[str, object]:
        try:
            known = json.loads(self._path.read_text())
        except (OSError, ValueError, RecursionError):
            return {}
        return known if isinstance(known, dict) else {}

    def _key(self, cores: Cores) -> str:
        text = f"{self._name}\n{cores.physical}\n{cores.logical}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
