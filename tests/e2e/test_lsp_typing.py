"""Typing, as a server meets it: in long files, fast, from right to left, and where nothing is saved."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import lsp
from tests.support.fake_engine import FakeEngine, fake_engine
from tests.unit.engine.models import tiny_gguf

URI, OTHER = "file:///project/a.py", "file:///project/b.py"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is a model by its looks."""
    return tiny_gguf.write(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture(scope="module")
def pair(model: Path) -> Iterator[tuple[lsp.Client, FakeEngine]]:
    """Starting a server takes longer than all the rest of a test."""
    with tempfile.TemporaryDirectory(prefix="fh-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FARTHING_HOME", folder)
        with fake_engine(Path(folder)) as engine, lsp.server() as client:
            client.initialize({"completion": {"model": str(model)}})
            yield client, engine


@pytest.fixture
def engine(pair: tuple[lsp.Client, FakeEngine], monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """An engine that answers at once; servers that the test starts find it."""
    engine = pair[1]
    monkeypatch.setenv("FARTHING_HOME", str(engine.home))
    engine.requests.clear()
    yield engine
    engine.held, engine.text = False, "done()"
    engine.release()


@pytest.fixture
def editor(pair: tuple[lsp.Client, FakeEngine], engine: FakeEngine) -> Iterator[lsp.Client]:
    """A server that found the engine."""
    yield pair[0]
    for uri in (URI, OTHER):
        pair[0].notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def complete(editor: lsp.Client, uri: str, line: int, character: int) -> str:
    """As an editor asks while one types."""
    return editor.complete(uri, line, character, lsp.AUTOMATIC)


def erase(editor: lsp.Client, uri: str, version: int, line: int, start: int, end: int) -> None:
    editor.edit(uri, version, (line, start), (line, end), "")


def test_what_is_taken_back_and_undone_needs_no_engine(editor: lsp.Client, engine: FakeEngine) -> None:
    editor.open(URI, "x = \n")
    assert complete(editor, URI, 0, 4) == "done()"
    editor.insert(URI, 2, 0, 4, "do")
    assert complete(editor, URI, 0, 6) == "ne()"
    erase(editor, URI, 3, 0, 5, 6)
    assert complete(editor, URI, 0, 5) == "one()"
    assert len(engine.requests) == 1
    engine.text = "(1)"
    editor.insert(URI, 4, 0, 5, "ut")
    assert complete(editor, URI, 0, 7) == "(1)"
    erase(editor, URI, 5, 0, 4, 7)  # all of it at once, as by undo
    assert complete(editor, URI, 0, 4) == "done()"
    assert len(engine.requests) == 2


def test_another_file_costs_the_first_one_nothing(editor: lsp.Client, engine: FakeEngine) -> None:
    for uri in (URI, OTHER):
        editor.open(uri, "x = \n")
        assert complete(editor, uri, 0, 4) == "done()"
    editor.insert(OTHER, 2, 0, 4, "do")
    assert complete(editor, OTHER, 0, 6) == "ne()"
    assert complete(editor, URI, 0, 4) == "done()"
    editor.insert(URI, 2, 0, 4, "d")
    assert complete(editor, URI, 0, 5) == "one()"
    assert [each["document"] for each in engine.requests] == [URI, OTHER]


def test_a_text_that_was_never_saved(editor: lsp.Client, engine: FakeEngine) -> None:
    uri = "untitled:Untitled-1"
    editor.open(uri, "")
    for count, letter in enumerate("x = "):
        editor.insert(uri, count + 2, 0, count, letter)
    assert complete(editor, uri, 0, 4) == "done()"
    editor.insert(uri, 6, 0, 4, "done")
    assert complete(editor, uri, 0, 8) == "()"
    assert [each["prefix"] for each in engine.requests] == ["x = "]
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


BEFORE_THE_CURSOR = [
    "\u05e9\u05dc\u05d5\u05dd",  # Hebrew
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",  # with points
    "\u0645\u0631\u062d\u0628\u0627 \u064e\u0651 x",  # Arabic, with marks and a Latin letter
    "e\u0301 n\u0303 \u0915\u094d\u0937",  # combining marks
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1ee",  # several code points to one picture
    "\u202eabc\u202c \u2066x\u2069",  # marks of direction
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_cursor_behind_any_script(engine: FakeEngine, model: Path, encoding: str) -> None:
    def column(text: str) -> int:
        name, unit = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
        return len(text.encode(name)) // unit

    with lsp.server() as client:
        client.initialize({"completion": {"model": str(model)}}, encoding)
        client.open(URI, "\n")
        for version, script in enumerate(BEFORE_THE_CURSOR):
            before = f"x = '{script}' + "
            client.edit(URI, 3 * version + 2, (0, 0), (1, 0), before + f"  # {script}\n")
            assert client.complete(URI, 0, column(before)) == "done()"
            assert (engine.requests[-1]["prefix"], engine.requests[-1]["suffix"]) == (before, f"  # {script}\n")
            client.insert(URI, 3 * version + 3, 0, column(before), "do")
            assert client.complete(URI, 0, column(before + "do")) == "ne()"
            inner = f"x = '{script}"
            client.insert(URI, 3 * version + 4, 0, column(inner), script)
            client.complete(URI, 0, column(inner + script))
            assert engine.requests[-1]["prefix"] == inner + script


TYPED = "total = compute(first, second) + offset[3] * scale"
BLOCK = "def f(a, b):\n    total = a + b  # the sum\n    return total\n\n\n"


def cpu_ms(client: lsp.Client) -> float:
    """What all threads of the server have computed since they began."""
    tasks = Path(f"/proc/{client.process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def ms_for_a_keystroke(editor: lsp.Client, lines: int) -> float:
    """What the server computes for each one in the middle of a file of so many lines."""
    half = BLOCK * (lines // 10)
    line = half.count("\n") + 1
    editor.open(URI, f"{half}def g(a, b):\n    \n    return total\n\n\n{half}")
    complete(editor, URI, line, 4)
    begun = cpu_ms(editor)
    for count, letter in enumerate(TYPED):
        editor.insert(URI, count + 2, line, 4 + count, letter)
        complete(editor, URI, line, 5 + count)
    spent = cpu_ms(editor) - begun
    editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    return spent / len(TYPED)


def test_a_keystroke_in_50_000_lines(
    editor: lsp.Client, engine: FakeEngine, record_property: Callable[[str, object], None]
) -> None:
    short = ms_for_a_keystroke(editor, 500)
    tries = (ms_for_a_keystroke(editor, 50_000) for _ in range(3))  # what else the machine does may spoil one
    long = next((each for each in tries if each <= 3 * short), None)
    record_property("ms of the server for a keystroke in 500 and in 50,000 lines", f"{short:.2f}, {long}")
    assert long is not None
