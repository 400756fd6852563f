"""A runtime without a model: tokens are bytes, and it works only as far as a test lets it."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from farthing.engine import scheduler
from farthing.engine.fim import FimTokens
from farthing.errors import Cancelled

END = 256
FIM = FimTokens(257, 258, 259)
WAIT_S = 10.0
"""How long a test waits for what must happen before it fails."""


class Script:
    """What all fake runtimes of a test do.

    ``answer`` is what they generate. While ``held``, evaluation blocks until the abort flag is raised or the test
    lets go. ``error`` is raised by evaluation, ``load_error`` by loading.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.answer = "answer"
        self.held = False
        self.error: Exception | None = None
        self.load_error: Exception | None = None
        self.load_held = False
        self.loading: list[str] = []
        self.loaded: list[str] = []
        self.closed: list[str] = []
        self.prompts: list[str] = []
        self.aborted = 0

    def let_go(self) -> None:
        """Let work go on, now and from now on."""
        with self.changed:
            self.held = self.load_held = False
            self.changed.notify_all()

    def wait(self, what: str, count: int) -> None:
        """Until a list or number of this object has come to ``count``."""
        with self.changed:
            seen = self.changed.wait_for(lambda: self._size(what) >= count, WAIT_S)
        assert seen, f"{what} did not come to {count}"

    def _size(self, what: str) -> int:
        value = getattr(self, what)
        return value if isinstance(value, int) else len(value)


class FakeFlag:
    """An abort flag that wakes who is held."""

    script: Script

    def __init__(self) -> None:
        self.raised = False

    def raise_(self) -> None:
        with self.script.changed:
            self.raised = True
            self.script.changed.notify_all()

    def lower(self) -> None:
        self.raised = False


class FakeRuntime:
    """See :class:`farthing.engine.runtime.Runtime`."""

    script: Script

    def __init__(self, path: Path, n_ctx: int, threads: int, abort: FakeFlag) -> None:
        self._name, self._abort, self._left = path.name, abort, b""
        self.n_ctx, self.bos, self.fim = n_ctx, None, FIM
        with self.script.changed:
            self.script.loading.append(self._name)
            self.script.changed.notify_all()
            assert self.script.changed.wait_for(lambda: not self.script.load_held, WAIT_S)
            if self.script.load_error:
                raise self.script.load_error
            self.script.loaded.append(self._name)

    def close(self) -> None:
        with self.script.changed:
            self.script.closed.append(self._name)
            self.script.changed.notify_all()

    def tokenize(self, text: str) -> list[int]:
        return list(text.encode())

    def piece(self, token: int) -> bytes:
        return bytes([token]) if token < END else b""

    def ends(self, token: int) -> bool:
        return token >= END

    def prefill(self, prompt: Sequence[int]) -> int:
        script = self.script
        with script.changed:
            script.prompts.append(bytes(token for token in prompt if token < END).decode())
            script.changed.notify_all()
            assert script.changed.wait_for(lambda: self._abort.raised or not script.held, WAIT_S)
            self._left = script.answer.encode()
        self.evaluate(prompt)
        return 1

    def evaluate(self, tokens: Sequence[int]) -> None:
        if self.script.error:
            raise self.script.error
        if self._abort.raised:
            with self.script.changed:
                self.script.aborted += 1
                self.script.changed.notify_all()
            raise Cancelled("the work was given up")

    def most_likely(self, required: bytes = b"") -> int:
        if required:
            return required[0]
        token, self._left = (self._left[0], self._left[1:]) if self._left else (END, b"")
        return token


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Every scheduler of this test works with fake runtimes that follow this script."""
    script = Script()
    monkeypatch.setattr(FakeRuntime, "script", script, raising=False)
    monkeypatch.setattr(FakeFlag, "script", script, raising=False)
    monkeypatch.setattr(scheduler, "Runtime", FakeRuntime)
    monkeypatch.setattr(scheduler, "AbortFlag", FakeFlag)
    return script
