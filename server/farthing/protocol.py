"""What Farthing adds to the Language Server Protocol: methods, commands and their payloads.

``extension/src/protocol.ts`` mirrors this file; a test compares the two. Notifications are named
``farthing/nounDidChange``, requests ``farthing/verbNoun``, commands ``farthing.verbNoun``.
"""

from dataclasses import dataclass, field
from typing import Literal

STATUS_DID_CHANGE = "farthing/statusDidChange"
"""Server -> client notification with :class:`Status`, whenever it changes and once after ``initialized``."""

LEDGER_DID_CHANGE = "farthing/ledgerDidChange"
"""Server -> client notification with :class:`LedgerStatus`, whenever it changes and once after ``initialized``: within
100 ms of an event in this process, and within 1 s of one in another."""

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

RAISE_CAP = "farthing/raiseCap"
"""Request :class:`RaiseCapParams` -> null: the session may spend more. An error's message is for people, as in all of
the requests on the session; each is an act of the user and is recorded."""

NEW_SESSION = "farthing/newSession"
"""Request without parameters -> null: the session ends and another begins, with nothing spent."""

PAUSE_CLOUD = "farthing/pauseCloud"
"""Request :class:`PauseCloudParams` -> null: nothing is sent to the cloud in this session, or it goes on."""

USAGE_REPORT = "farthing/usageReport"
"""Request without parameters -> :class:`UsageReport`."""

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


LedgerLevel = Literal["ok", "warning75", "warning90", "blocked"]


@dataclass(frozen=True)
class UsageLine:
    """A row of a table: sums over requests that came to an end."""

    name: str
    """Of a model, a task, a day, …; written by others, so it is shown as plain text."""
    local: bool
    """Done on this machine."""
    requests: int
    input: int
    """Tokens, ``cached`` included; of ``output`` likewise ``reasoning``."""
    cached: int
    output: int
    reasoning: int
    money: str
    """Ready to show, with "?" where a price is unknown; empty for what costs nothing."""


@dataclass(frozen=True)
class LedgerStatus:
    """How the cloud session of the workspace stands. The client shows it and works nothing out. Tokens are the cloud's,
    unless they are said to be local."""

    problem: str = ""
    """Why nothing is known, and the way out, in one line: the ledger can't be used. Then nothing is sent."""
    workspace: str = ""
    """Name of its first folder; empty where none is open, and then there is no session to show."""
    session: int | None = None
    """Another number is another session; null where none has begun."""
    shown: bool = False
    """Whether there is anything to show: a cloud is configured, or something was spent."""
    level: LedgerLevel = "ok"
    """Of attention. ``warning75``, ``warning90``: so many percent of the cap are spent. ``blocked``: nothing can be
    sent until somebody does something, see ``blockedReason``."""
    paused: bool = False
    """The user has paused the cloud."""
    capReached: bool = False
    """It is blocked by the session's cap: the user may begin another session, raise it, or go on locally."""
    blockedReason: str = ""
    localShare: int | None = None
    """Percent of ``localAnswers + cloudAnswers``; null before the first."""
    localAnswers: int = 0
    """Asks and edits that were answered on this machine."""
    cloudAnswers: int = 0
    completions: int = 0
    """Inline completions, all of them local."""
    spent: int = 0
    reserved: int = 0
    """Of requests that are under way; what they don't need comes back."""
    unsettled: int = 0
    """Of ``spent``: charged in full, as the provider never said how much it was."""
    overshoot: int = 0
    """Of ``spent``: what providers charged beyond the limit that they were sent."""
    cap: int = 0
    remaining: int = 0
    suggestedCap: int = 0
    """What a user might raise the cap to."""
    money: str = ""
    """Ready to show, with "?" where a price is unknown; empty while nothing has cost anything."""
    cachedShare: int | None = None
    """Percent of the cloud's input that was read from providers' caches; null before the first request."""
    saved: str = ""
    """What that saved against no cache, less what writing has cost, ready to show and with a minus where it has cost
    more; empty for nothing, and where a price is unknown."""
    cloud: UsageLine = UsageLine("", False, 0, 0, 0, 0, 0, "")
    """All of the session's cloud requests."""
    byModel: tuple[UsageLine, ...] = ()
    """The same by model."""
    byTask: tuple[UsageLine, ...] = ()
    """Local and cloud requests by task, without completions."""
    burnRate: int = 0
    """Tokens in a minute, over the last ten."""
    minutesLeft: int | None = None
    """How long ``remaining`` lasts at that rate; null while nothing burns."""
    lastCloudMs: int | None = None
    """Unix time of the last cloud request, in milliseconds."""
    notes: tuple[str, ...] = ()
    """What else is to be known, one line each."""


@dataclass(frozen=True)
class RaiseCapParams:
    """A higher cap."""

    tokens: int
    """What the session may spend in all."""


@dataclass(frozen=True)
class PauseCloudParams:
    """Whether to pause or to go on."""

    paused: bool


@dataclass(frozen=True)
class UsageSection:
    """One table of a report."""

    title: str
    """What the rows are: ``Day``, ``Model``, …"""
    rows: tuple[UsageLine, ...]


@dataclass(frozen=True)
class UsageReport:
    """What was used, in all workspaces."""

    since: str
    """First day, ``2025-06-01``."""
    sections: tuple[UsageSection, ...]
