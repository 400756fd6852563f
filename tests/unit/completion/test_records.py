"""Completions in the ledger."""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.workspace import Workspace

from farthing.backends.base import Usage
from farthing.completion.generation import Completion, CompletionRequest, Generation, Outcome
from farthing.completion.records import MOST, Records
from farthing.errors import FarthingError, LedgerUnavailable
from farthing.handlers import folder_of
from farthing.ledger import report
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import MAX_TOKENS
from farthing.ledger.state import SessionState

DONE = Outcome(Completion("1", "x", Usage(100, 90, 7), 20.0, 55.0))


def generation(model: str = "/models/tiny.gguf", **values: Any) -> Generation:
    request = CompletionRequest("file:///w/a.py", "", 0, "python", model)
    return Generation(request, asyncio.get_running_loop().create_future(), first_ms=20.0, **values)


def records(folder: Path, **values: Any) -> Records:
    found = Records(**values)
    found.folder_of = lambda document: str(folder)
    return found


def state(folder: Path) -> SessionState:
    with contextlib.closing(Ledger()) as ledger:
        return ledger.state(str(folder.resolve()))


def models() -> list[str]:
    with contextlib.closing(Ledger()) as ledger:
        return [row.key for row in report.usage(ledger.store, "model")]


async def test_every_completion_is_one_request_that_cost_nothing(tmp_path: Path) -> None:
    taking = records(tmp_path)
    for _ in range(3):
        taking.generated(generation(), DONE)
    await taking.aclose()
    found = state(tmp_path)
    assert (found.completions, found.money, found.spent) == (3, 0, 0)
    (row,) = found.by_task
    totals = row.totals
    assert (row.key, row.local, totals.input, totals.cached, totals.output) == ("completion", True, 300, 270, 21)
    assert models() == ["tiny.gguf"]
    assert found.local_share is None  # completions are told apart


async def test_what_was_given_up_has_been_computed_too(tmp_path: Path) -> None:
    taking = records(tmp_path)
    taking.generated(generation(usage=Usage(50, 0, 3)), Outcome(given_up=True))
    taking.generated(generation(), Outcome(given_up=True))  # before anything was computed
    taking.generated(generation(usage=Usage(50, 0, 3)), Outcome(error=FarthingError("it broke")))
    await taking.aclose()
    assert state(tmp_path).by_task[0].totals.output == 3


async def test_nothing_is_written_before_its_time_and_then_all_at_once(tmp_path: Path) -> None:
    opened = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ledger() -> Ledger:
        loop.call_soon_threadsafe(opened.set)
        return Ledger()

    taking = records(tmp_path, ledger=ledger, every=0.01)
    taking.generated(generation(), DONE)
    taking.generated(generation(), DONE)
    assert not opened.is_set()
    await asyncio.wait_for(opened.wait(), 20)
    await taking.aclose()
    assert state(tmp_path).completions == 2


async def test_a_ledger_that_can_not_be_used_holds_nothing_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = [True, True]

    def ledger() -> Ledger:
        if broken:
            broken.pop()
            raise LedgerUnavailable("the disk is full")
        return Ledger()

    caplog.set_level(logging.WARNING)
    taking = records(tmp_path, ledger=ledger)
    taking.generated(generation(), DONE)
    await taking.aclose()
    await taking.aclose()
    assert caplog.text.count("the disk is full") == 1
    taking.generated(generation(), DONE)
    await taking.aclose()
    assert state(tmp_path).completions == 2


async def test_no_more_is_kept_than_is_good(tmp_path: Path) -> None:
    taking = records(tmp_path)
    for _ in range(MOST + 5):
        taking.generated(generation(), DONE)
    await taking.aclose()
    assert state(tmp_path).completions == MOST


async def test_a_servers_strange_numbers_are_bounded(tmp_path: Path) -> None:
    taking = records(tmp_path)
    taking.generated(generation("http://10.0.0.7:8080#m", usage=Usage(5, 99, MAX_TOKENS * 2)), Outcome(given_up=True))
    await taking.aclose()
    found = state(tmp_path)
    assert (found.by_task[0].totals.cached, found.by_task[0].totals.output) == (5, MAX_TOKENS)
    assert models() == ["http://10.0.0.7:8080#m"]


def workspace(*folders: str) -> Workspace:
    return Workspace(None, workspace_folders=[types.WorkspaceFolder(f"file://{folder}", "") for folder in folders])


@pytest.mark.parametrize(
    ("folders", "uri", "found"),
    [
        (("/a", "/a/b", "/c"), "file:///a/b/x.py", "/a/b"),
        (("/a", "/a/b", "/c"), "file:///a/bc/x.py", "/a"),
        (("/a", "/c"), "file:///d/x.py", "/a"),
        (("/a",), "untitled:Untitled-1", "/a"),
        ((), "file:///d/x.py", str(Path.home())),
    ],
)
def test_the_folder_of_a_document(folders: tuple[str, ...], uri: str, found: str) -> None:
    assert folder_of(workspace(*folders), uri) == found
