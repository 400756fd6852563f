"""Another process that spends in the cloud, as the ledger sees it: it reserves, sends and settles on command."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farthing.ledger.ledger import Ledger
from farthing.ledger.model import Ask, LocalWork, Price, PromptParts, Reservation, Usage
from farthing.ledger.places import canonical

PRICE = Price(3_000_000_000, 15_000_000_000, 300_000_000, 3_750_000_000, "2025-06-01", "test")
"""Three dollars for a million tokens of input, fifteen for output."""


class Spender:
    """The other process, and what it is told to do."""

    def __init__(self, workspace: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ledger_user", str(workspace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self._tell("ready")

    def reserve(self, input: int, output: int, model: str = "big-1", task: str = "ask") -> float:
        """Reserve and send; returns ``time.time()`` when it was written."""
        return self._tell("reserve", input, output, model, task)

    def settle(self, input: int, output: int, cached: int = 0, reasoning: int = 0) -> float:
        """Settle what was reserved last; returns as above."""
        return self._tell("settle", input, output, cached, reasoning)

    def spend(self, input: int, output: int, **what: str) -> float:
        """All of it at once."""
        self.reserve(input, output, **what)
        return self.settle(input, output)

    def local(self, task: str) -> float:
        """An answer of a model on this machine."""
        return self._tell("local", task)

    def _tell(self, *words: str | int) -> float:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the spender died of {words}"
        return float(answer)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@contextmanager
def spender(workspace: Path) -> Iterator[Spender]:
    """One that is gone afterwards."""
    it = Spender(workspace)
    try:
        yield it
    finally:
        it.close()


class _Work:
    def __init__(self, workspace: Path) -> None:
        self._ledger = Ledger()
        self._workspace, self._project = canonical(workspace), workspace.name
        self._open: list[Reservation] = []

    def ready(self) -> None:
        pass

    def reserve(self, input: int, output: int, model: str, task: str) -> None:
        prompt = PromptParts(instruction=input)
        ask = Ask(self._workspace, self._project, task, "work", model, "frontier", prompt, output, output, price=PRICE)
        self._open.append(self._ledger.reserve(ask))
        self._ledger.sent(self._open[-1])

    def settle(self, input: int, output: int, cached: int, reasoning: int) -> None:
        usage = Usage(input, output, cached=cached, reasoning=reasoning)
        self._ledger.settle(self._open.pop(), usage)

    def local(self, task: str) -> None:
        self._ledger.record_local(LocalWork(self._workspace, self._project, task, "small", Usage(100, 10), 50.0, 90.0))


def _main(workspace: str) -> None:
    work = _Work(Path(workspace))
    for line in sys.stdin:
        words: list[Any] = json.loads(line)
        getattr(work, words[0])(*words[1:])
        sys.stdout.write(f"{time.time()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main(sys.argv[1])
