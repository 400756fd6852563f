"""What Farthing adds to the Language Server Protocol: methods, commands and their payloads.

``extension/src/protocol.ts`` mirrors this file; a test compares the two. Notifications are named
``farthing/nounDidChange``, requests ``farthing/verbNoun``, commands ``farthing.verbNoun``.
"""

from dataclasses import dataclass, field
from typing import Literal

STATUS_DID_CHANGE = "farthing/statusDidChange"
"""Server -> client notification with :class:`Status`, whenever it changes and once after ``initialized``."""

COMPLETION_DID_GROW = "farthing/completionDidGrow"
"""Server -> client notification with :class:`CompletionGrowth`: who asks again at the same place gets more than before.
Only to clients that say ``completionDidGrow: true`` in their initialization options; others get every answer whole."""

CURSOR_DID_MOVE = "farthing/cursorDidMove"
"""Client -> server notification with ``TextDocumentPositionParams``: where the user is, so that the model can read the
place before the first keystroke. Sent when it has stood still for a moment."""

LIST_MODELS = "farthing/listModels"
"""Request without parameters -> list of :class:`ModelInfo`."""

PULL_MODEL = "farthing/pullModel"
"""Request :class:`PullModelParams` -> :class:`PullModelResult`, once the model is on disk. Progress is reported by
``$/progress`` with the token that the client gave; cancelling the request stops the download, which resumes the next
time."""

RESTART_ENGINE = "farthing/restartEngine"
"""Request without parameters -> null, once the old engine is gone. The next completion starts a new one."""

COMPLETION_STATISTICS = "farthing/completionStatistics"
"""Request without parameters -> :class:`CompletionStatistics`."""

ACCEPT_COMPLETION = "farthing.acceptCompletion"
"""Command, registered in the server, put on every inline completion item. Argument: the completion's id. That a word or
a line was accepted is recognised by its edit, of clients that say ``changesByKeystroke: true`` in their initialization
options: they never send several keystrokes as one change."""

EngineState = Literal["off", "missing", "loading", "ready", "generating", "error"]


@dataclass(frozen=True)
class Status:
    """What the status bar shows. The client shows it and adds nothing."""

    state: EngineState
    """``off``: switched off in the settings. ``missing``: the model is not on this machine (offer to pull it).
    ``loading``: the engine starts or the model loads. ``ready``: it can answer, or will load on the first keystroke.
    ``generating``: it is working on a request. ``error``: see ``detail``."""

    model: str = ""
    """Catalogue id or file name of the model in use."""

    detail: str = ""
    """One line for the tooltip."""

    fix: str = ""
    """What the user can do about an error, one line."""


@dataclass(frozen=True)
class CompletionGrowth:
    """There is more to a completion."""

    uri: str


@dataclass(frozen=True)
class CompletionStatistics:
    """What completion did today, in all windows."""

    shown: int
    """Suggestions."""
    accepted: int
    """Suggestions, as a whole or in part."""
    firstTokenMs: float | None
    """Median; null where the model has not answered yet."""


@dataclass(frozen=True)
class ModelInfo:
    """One model of the catalogue, or a file of the user's own."""

    id: str
    params: str
    quant: str
    bytes: int
    license: str
    use: tuple[str, ...] = field(default=())
    """``completion``, ``edit``."""
    installed: bool = False
    active: bool = False


@dataclass(frozen=True)
class PullModelParams:
    """Which model to fetch."""

    id: str
    workDoneToken: str | int | None = None  # LSP's own spelling


@dataclass(frozen=True)
class PullModelResult:
    """Where it is now."""

    path: str
