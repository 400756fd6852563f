"""What the benchmark needs of a system that completes code. A rival is added by another class of this shape."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from completion_document import Document


class BenchError(Exception):
    """One line for the user: what is wrong, and the way out."""


@dataclass(frozen=True)
class Answer:
    """What a system said to one request."""

    text: str
    """To be inserted at the cursor; empty for no suggestion."""
    cached: bool | None = None
    """Whether it came without asking a model; None where the system does not tell."""
    prefilled: int | None = None
    """Tokens of the prompt that were computed for it; None where the system does not tell."""
    id: object = None
    """Whatever the system needs when it is accepted."""


class Token:
    """Tells a system that the editor has given a request up."""

    def __init__(self) -> None:
        self.cancelled = False
        self._on_cancel: list[Callable[[], None]] = []

    def on_cancel(self, call: Callable[[], None]) -> None:
        """Have something done when, or if it is so already, since the request was given up."""
        if self.cancelled:
            call()
        else:
            self._on_cancel.append(call)

    def cancel(self) -> None:
        """Give it up."""
        if not self.cancelled:
            self.cancelled = True
            for call in self._on_cancel:
                call()


class Assistant(Protocol):
    """A system that completes code, with a process or several of its own."""

    name: str
    grew: Callable[[], None]
    """Set by the editor: the system calls it when it has more than it answered last."""

    async def start(self) -> None:
        """Until it is ready, its model loaded.

        Raises:
            BenchError: it does not start.
        """

    async def open(self, document: Document) -> None:
        """The user opened a file."""

    def change(self, before: Document, text: str) -> None:
        """The user inserted something at the cursor of the document."""

    async def ask(self, document: Document, token: Token) -> Answer | None:
        """What an editor would be answered; None for no answer."""

    async def finish(self, document: Document) -> Answer:
        """The finished answer, however long it takes."""

    def accept(self, answer: Answer) -> None:
        """The user accepted one; the change of the document is told besides."""

    async def close(self, document: Document) -> None:
        """The user closed the file. Returns when nothing is asked any more."""

    async def pids(self) -> list[int]:
        """Its processes, those that compute among them."""

    async def stop(self) -> dict[str, object]:
        """End it; returns what it says about itself, for the record."""


def pause(pids: list[int]) -> None:
    """Have processes wait, so that they take nothing from others that are measured."""
    _signal(pids, signal.SIGSTOP)


def resume(pids: list[int]) -> None:
    """Have paused processes go on."""
    _signal(pids, signal.SIGCONT)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError as exc:
            raise BenchError(f"process {pid} of a measured system has ended; look into its log") from exc


def resident(pids: list[int]) -> int:
    """Bytes of memory that processes hold together, the model's file included where it is mapped."""
    command = ["ps", "-o", "rss=", "-p", ",".join(map(str, pids))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return sum(map(int, done.stdout.split())) * 1024
