"""The one line of the status bar."""

from pathlib import Path

import pytest

from farthing.backends.base import Activity
from farthing.engine.models import store
from farthing.errors import EngineUnavailable, FarthingError, ModelNotInstalled, ModelUnusable
from farthing.protocol import Status
from farthing.settings import CompletionSettings
from farthing.status import NEVER_READY, StatusBoard

MODEL = Path("/models/small.gguf")


class Board:
    """A status board with what it published, and a model on disk that can be taken away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[Status] = []
        self.problem: FarthingError | None = None
        self.board = StatusBoard(self.seen.append)
        monkeypatch.setattr(store, "resolve", self._resolve)

    def _resolve(self, wanted: str = "", use: str = "completion") -> Path:
        if self.problem:
            raise self.problem
        return MODEL


@pytest.fixture
def it(monkeypatch: pytest.MonkeyPatch) -> Board:
    return Board(monkeypatch)


def test_with_a_model_it_is_ready_before_anything_runs(it: Board) -> None:
    it.board.configure(CompletionSettings())
    assert it.seen == [Status("ready", "small.gguf", NEVER_READY.detail)]


def test_only_what_differs_is_published(it: Board) -> None:
    it.board.configure(CompletionSettings())
    it.board.configure(CompletionSettings(max_lines=3))
    it.board.show_activity(Activity("generating", "small.gguf"))
    it.board.show_activity(Activity("generating", "small.gguf"))
    it.board.show_activity(Activity("ready"))
    assert [status.state for status in it.seen] == ["ready", "generating", "ready"]


def test_off_hides_what_the_engine_does(it: Board) -> None:
    it.board.configure(CompletionSettings(enabled=False))
    it.board.show_activity(Activity("generating"))
    it.problem = ModelNotInstalled("gone")
    it.board.show_error(EngineUnavailable("broken"))
    assert it.seen == [Status("off", detail="completion is switched off")]


def test_a_missing_model_shows_itself_and_goes_when_it_comes(it: Board) -> None:
    it.problem = ModelNotInstalled("the model x is not installed", "Pull it")
    it.board.configure(CompletionSettings(model="x"))
    it.board.show_error(it.problem)
    it.problem = None
    it.board.configure(CompletionSettings(model="x"))
    assert it.seen == [
        Status("missing", "x", "the model x is not installed", "Pull it"),
        Status("ready", "small.gguf", NEVER_READY.detail),
    ]


def test_the_missing_default_is_named(it: Board) -> None:
    it.problem = ModelNotInstalled("not here")
    assert it.board.current.model == store.active()


def test_a_model_that_is_none_is_an_error(it: Board) -> None:
    it.problem = ModelUnusable("it is cut off", "Pull it again")
    it.board.configure(CompletionSettings(model="~/models/broken.gguf"))
    assert it.seen == [Status("error", "broken.gguf", "it is cut off", "Pull it again")]


def test_an_error_stays_until_the_engine_does_something_else(it: Board) -> None:
    it.board.show_error(EngineUnavailable("it died", "Run the doctor"))
    it.board.show_activity(Activity("loading", "small.gguf"))
    assert it.seen == [
        Status("error", "small.gguf", "it died", "Run the doctor"),
        Status("loading", "small.gguf", "small.gguf"),
    ]
