"""A runtime without a model: tokens are bytes, and it works only as far as a test lets it."""

import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from farthing.engine import scheduler
from farthing.engine.fim import FimTokens
from farthing.engine.kv import BATCH, KvCache, Prepared, Work
from farthing.engine.kv_plan import Prompt
from farthing.engine.kv_room import Cells
from farthing.engine.threads import Threads
from tests.support.fake_memory import FakeMemory

END = 256
FIM = FimTokens(257, 258, 259)
OPEN, CLOSE = 260, 261
"""Of a role in a conversation."""
WAIT_S = 10.0
"""How long a test waits for what must happen before it fails."""


class Script:
    """What all fake runtimes of a test do.

    ``answer`` is what they generate. While ``held``, every batch but the next ``allowed`` ones blocks until the abort
    flag is raised or the test lets go. ``error`` is raised by computing, ``load_error`` by loading.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.answer = "answer"
        self.others: dict[str, float] = {}
        """Other answers that were possible, and by how much the logit of the first byte in which each of them differs
        from ``answer`` is lower."""
        self.held = False
        self.allowed = 0
        self.blocked = False
        """Whether a batch is held now."""
        self.waiting = 0
        """Batches that were held."""
        self.error: Exception | None = None
        self.load_error: Exception | None = None
        self.load_held = False
        self.can_shift = True
        self.loading: list[str] = []
        self.loaded: list[str] = []
        self.closed: list[str] = []
        self.prompts: list[str] = []
        """The text of every prompt that was begun."""
        self.batches: list[int] = []
        """Tokens of every batch that was computed, whose it was aside."""
        self.aborted = 0
        self.failed = 0
        self.tuned = 0
        """Runtimes whose threads were measured."""
        self.memories: list[FakeMemory] = []

    def let_go(self) -> None:
        """Let work go on, now and from now on."""
        with self.changed:
            self.held = self.load_held = self.blocked = False
            self.changed.notify_all()

    def hold(self, allowed: int = 0) -> None:
        """Hold work again, after so many batches; what is held now goes on with them."""
        with self.changed:
            self.held, self.allowed = True, allowed
            self.blocked = self.blocked and not allowed
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
            self.raised, self.script.blocked = True, False
            self.script.changed.notify_all()

    def lower(self) -> None:
        self.raised = False


class ScriptedMemory(FakeMemory):
    """Computes as far as the script lets it."""

    def __init__(self, script: Script, abort: FakeFlag, size: int) -> None:
        super().__init__(size, script.can_shift, script.can_shift)
        self._script, self._abort = script, abort

    def decode(self, sequence: int, tokens: Sequence[int], position: int, logits: int) -> bool:
        script = self._script
        with script.changed:
            if script.held and not script.allowed:
                script.waiting += 1
                script.blocked = not self._abort.raised
                script.changed.notify_all()
                free = script.changed.wait_for(lambda: self._abort.raised or not script.held or script.allowed, WAIT_S)
                assert free, "nobody let the work go on"
            if script.error:
                script.failed += 1
                script.changed.notify_all()
                raise script.error
            if self._abort.raised:
                script.aborted += 1
                script.changed.notify_all()
                return False
            script.allowed -= bool(script.held)
            done = super().decode(sequence, tokens, position, logits)
            script.batches.append(len(tokens))
            script.changed.notify_all()
            return done


class ScriptedCache(KvCache):
    """Remembers what it was asked for."""

    def __init__(self, script: Script, memory: FakeMemory) -> None:
        super().__init__(memory, memory.size)
        self._script = script
        self._prepared: list[tuple[Cells, int]] = []

    def answering(self, sequence: int) -> tuple[Cells, int]:
        """Whose sequence it is, which may have been another's when the prompt was read, and where the answer begins."""
        return next((cells, start) for cells, start in reversed(self._prepared) if cells.sequence == sequence)

    def prepare(
        self, document: str, prompt: Prompt, reserve: int = 0, batch: int = BATCH
    ) -> Generator[None, None, Prepared]:
        with self._script.changed:
            whole = (*prompt.tokens, *prompt.closing)
            self._script.prompts.append(bytes(token for token in whole if token < END).decode())
            self._script.changed.notify_all()
        prepared = yield from super().prepare(document, prompt, reserve, batch)
        self._prepared.append((prepared.cells, len(prepared.cells.tokens)))
        return prepared


class FakeRuntime:
    """See :class:`farthing.engine.runtime.Runtime`."""

    script: Script

    def __init__(self, path: Path, n_ctx: int, threads: int, abort: FakeFlag) -> None:
        self._name = path.name
        self.n_ctx, self.bos, self.fim = n_ctx, None, FIM
        self.threads = Threads(threads or 1, threads or 1)
        self._measures = not threads
        self.memory = ScriptedMemory(self.script, abort, n_ctx)
        self.script.memories.append(self.memory)
        self.cache = ScriptedCache(self.script, self.memory)
        self._healed: dict[Cells, int] = {}
        """Tokens of each answer that spell what was taken back."""
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

    def make_room(self, wanted: int) -> int:
        """It grows to four times its size at most."""
        if self.memory.size < min(wanted, 4 * self.n_ctx):
            self.cache.exchange(lambda: self.memory.exchange(min(wanted, 4 * self.n_ctx)))
        return self.memory.size

    def tune(self) -> Work:
        """As if two counts of threads were tried."""
        for count in (1, 2) if self._measures else ():
            yield
            if not self.cache.compute_aside(count):
                return
        if self._measures:
            with self.script.changed:
                self._measures = False
                self.threads = Threads(2, 2, True)
                self.script.tuned += 1
                self.script.changed.notify_all()

    def markup(self, roles: Sequence[str]) -> tuple[str, ...]:
        """Each message begins with its role in brackets and ends with a line break."""
        return (f"[{roles[0]}]", *(f"\n[{role}]" for role in [*roles[1:], "assistant"]))

    def tokenize(self, text: str, special: bool = False) -> list[int]:
        """Bytes; the brackets of markup are tokens of their own, that spell nothing."""
        marks = {ord("["): OPEN, ord("]"): CLOSE} if special else {}
        return [marks.get(byte, byte) for byte in text.encode()]

    def piece(self, token: int) -> bytes:
        return bytes([token]) if token < END else b""

    def ends(self, token: int) -> bool:
        return token >= END

    def choose(self, back: int = 0, required: bytes = b"") -> tuple[int, float]:
        """What follows in the answer that the script wants, as far as the cells hold it; END where they hold another.

        That makes a mistake in the cells one in the answer.
        """
        memory, sequence = self.memory, self.memory.last
        assert 0 <= back < memory.outputs, "these logits were not computed"
        tokens = memory.tokens(sequence)
        cells, start = self.cache.answering(sequence)
        written = tokens[start : len(tokens) - back]
        if required:
            self._healed[cells] = len(written) + 1
            return required[0], 0.0
        if not written:
            self._healed[cells] = 0
        said = bytes(written[self._healed[cells] :])
        for answer in map(str.encode, (self.script.answer, *self.script.others)):
            if answer.startswith(said):
                return (answer[len(said)], -0.5) if len(said) < len(answer) else (END, 0.0)
        return END, 0.0

    def others(self, count: int, back: int = 0, required: bytes = b"") -> list[tuple[int, float]]:
        """What could follow as well."""
        chosen, _ = self.choose(back, required)
        tokens = self.memory.tokens(self.memory.last)
        cells, start = self.cache.answering(self.memory.last)
        said = bytes(tokens[start : len(tokens) - back][self._healed[cells] :])
        found = [
            (other.encode()[len(said)], behind)
            for other, behind in self.script.others.items()
            if not required and other.encode().startswith(said) and len(other.encode()) > len(said)
        ]
        return sorted((pair for pair in found if pair[0] != chosen), key=lambda pair: pair[1])[:count]


def follow(monkeypatch: pytest.MonkeyPatch, script: Script) -> Script:
    """Every scheduler works with fake runtimes that follow this script from now on."""
    monkeypatch.setattr(FakeRuntime, "script", script, raising=False)
    monkeypatch.setattr(FakeFlag, "script", script, raising=False)
    monkeypatch.setattr(scheduler, "Runtime", FakeRuntime)
    monkeypatch.setattr(scheduler, "AbortFlag", FakeFlag)
    return script


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """A script that every scheduler of this test follows."""
    return follow(monkeypatch, Script())
