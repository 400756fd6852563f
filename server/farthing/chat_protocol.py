"""What Farthing adds to the Language Server Protocol for chat and for the review of edits.

``extension/src/chatProtocol.ts`` mirrors this file; a test compares the two. Lines are counted from 1 in receipts and
turns, and from 0, as in LSP, in reviews. :mod:`farthing.protocol` has the rules of names.
"""

from dataclasses import dataclass
from typing import Literal

SEND_CHAT = "farthing/sendChat"
"""Request :class:`SendChatParams` -> :class:`ChatTurnId` at once; the answer comes as notifications."""

PREVIEW_CONTEXT = "farthing/previewContext"
"""Request :class:`SendChatParams` -> :class:`Receipt`: what would be sent, before anything is."""

STOP_CHAT = "farthing/stopChat"
"""Request :class:`ConversationParams` -> null: the turn under way is given up, with what it has so far."""

CLOSE_CONVERSATION = "farthing/closeConversation"
"""Request :class:`ConversationParams` -> null: what it was about is forgotten. Its hunks stay for review."""

CHAT_TURN_DID_CHANGE = "farthing/chatTurnDidChange"
"""Server -> client notification with :class:`ChatTurn`: all of it, whenever something but its text changed."""

CHAT_TEXT_DID_GROW = "farthing/chatTextDidGrow"
"""Server -> client notification with :class:`ChatText`: a turn's text has more."""

REVIEW_DID_CHANGE = "farthing/reviewDidChange"
"""Server -> client notification with :class:`Review`: all that is to be reviewed, whenever it changes: also while hunks
are written, and when an edit moves them. Only to clients that say ``review: true`` in their initialization options."""

DECIDE_HUNKS = "farthing/decideHunks"
"""Request :class:`DecideHunksParams` -> :class:`DecideHunksResult`. Edits come as ``workspace/applyEdit``, one for all
the hunks of a request, bound to the documents' versions: one undo step a file."""

PROPOSED_TEXT = "farthing/proposedText"
"""Request :class:`ProposedTextParams` -> :class:`ProposedTextResult`, for an editor that compares two texts."""

EDIT = "farthing.edit"
FIX = "farthing.fix"
TEST = "farthing.test"
DOCUMENT = "farthing.document"
EXPLAIN = "farthing.explain"
"""Commands, registered in the server: :class:`CommandParams` -> :class:`CommandResult`, when it is done. Hunks are for
review with ``review: true``; for others ``workspace/applyEdit`` has them, annotated where the client knows that."""

Task = Literal["edit", "ask", "explain", "test", "document", "fix"]
"""``edit``, ``test``, ``document`` and ``fix`` are answered with hunks, ``ask`` and ``explain`` with text."""


@dataclass(frozen=True)
class Position:
    """As in LSP."""

    line: int
    character: int


@dataclass(frozen=True)
class Range:
    """As in LSP."""

    start: Position
    end: Position


@dataclass(frozen=True)
class ContextPin:
    """A piece of the repository that the user wants to be sent in any case."""

    path: str
    """Relative to the workspace's folder."""
    startLine: int = 0
    """From 1 and inclusive; 0 for the whole file."""
    endLine: int = 0


@dataclass(frozen=True)
class SendChatParams:
    """What the user says, and where."""

    conversation: str
    """Chosen by the client."""
    task: Task
    text: str
    """The instruction or the question; may be empty but for ``edit`` and ``ask``."""
    uri: str | None = None
    """The document that is open."""
    range: Range | None = None
    """What is selected in it; empty for a cursor."""
    tier: str = ""
    """``local``, ``small``, ``medium`` or ``frontier``; empty for what suits the task. A cloud tier may cost."""
    pins: tuple[ContextPin, ...] = ()
    drops: tuple[str, ...] = ()  # keys of receipt items that are not to be sent
    diagnostics: tuple[str, ...] = ()
    """What other tools complain of in ``range``: their messages."""


@dataclass(frozen=True)
class ChatTurnId:
    """Which turn it became."""

    turn: int
    """Counts from 1 in a conversation."""


@dataclass(frozen=True)
class ConversationParams:
    """Which one."""

    conversation: str


@dataclass(frozen=True)
class ReceiptItem:
    """A piece of context that is sent."""

    key: str
    """Names it in ``drops``."""
    path: str
    symbol: str
    kind: str
    startLine: int
    endLine: int
    tokens: int
    reason: str
    pinned: bool = False
    sentBefore: bool = False
    """It was sent in an earlier turn and stands there unchanged: nothing is sent again."""


@dataclass(frozen=True)
class Receipt:
    """What is sent, and where to."""

    tier: str = ""
    model: str = ""
    reason: str = ""
    """Why this tier."""
    items: tuple[ReceiptItem, ...] = ()
    tokens: int = 0
    """Of all items that are sent now."""
    budget: int = 0


ChatState = Literal["waiting", "reading", "writing", "checking", "asking", "done", "stopped", "failed"]
"""``asking``: no model was asked yet. Sent again with the tier of ``escalation``, or with ``local``, it goes on."""


@dataclass(frozen=True)
class TurnHunk:
    """A hunk of a turn, as the applier sees it."""

    path: str
    status: str
    """Of the applier, see the command line's contract."""
    reason: str = ""
    startLine: int = 0
    """From 1; 0 where it has no place."""
    diff: str = ""
    review: str = ""
    """Its id in the review, where it is there."""


@dataclass(frozen=True)
class ChatTurn:
    """One question or instruction, and what became of it."""

    conversation: str
    turn: int
    task: Task
    instruction: str
    state: ChatState
    text: str = ""
    """The answer so far, in Markdown; with hunks a sentence on what became of them."""
    detail: str = ""
    """What is done now, or why it failed, in one line."""
    fix: str = ""
    receipt: Receipt = Receipt()
    hunks: tuple[TurnHunk, ...] = ()
    attempts: int = 0
    inputTokens: int = 0
    cachedTokens: int = 0
    outputTokens: int = 0
    money: str = ""
    """Ready to show; empty for what costs nothing."""
    escalation: str = ""
    """A tier that may do better, and costs; empty where there is none."""
    escalationNote: str = ""
    """What that would send and cost at most, in one line."""
    tests: str = ""
    """What the user's tests said of the hunks; empty where none were run."""
    repair: str = ""
    """An instruction that tells the model of tests that failed."""


@dataclass(frozen=True)
class ChatText:
    """More text of a turn."""

    conversation: str
    turn: int
    text: str
    """What is new."""


ReviewState = Literal["writing", "proposed", "accepted", "stale"]


@dataclass(frozen=True)
class ReviewHunk:
    """A change to decide on, or one that was accepted and can be reverted."""

    id: str
    state: ReviewState
    """``stale``: its lines were edited meanwhile, so it can't be accepted. What is rejected or reverted is gone."""
    startLine: int
    """First line in the document that it replaces, or has replaced, from 0."""
    endLine: int
    """Behind the last one; equal to ``startLine`` where lines are only added before it."""
    before: str
    """Text of the lines that it replaces."""
    after: str
    note: str = ""
    """Why it is stale, or other things to know."""


@dataclass(frozen=True)
class ReviewFile:
    """The hunks of one document."""

    uri: str
    path: str
    """Relative to the workspace's folder, for people."""
    isNew: bool
    version: int | None
    """Of the document that the lines are of; null where it is not open."""
    hunks: tuple[ReviewHunk, ...]


@dataclass(frozen=True)
class Review:
    """Everything that is to be reviewed, in all conversations."""

    files: tuple[ReviewFile, ...]


@dataclass(frozen=True)
class DecideHunksParams:
    """What the user wants with some hunks."""

    action: Literal["accept", "reject", "revert"]
    ids: tuple[str, ...]


@dataclass(frozen=True)
class DecideHunksResult:
    """What became of that."""

    done: tuple[str, ...]
    """Ids of those where it was done."""
    message: str = ""
    """Why not of the others, in one line."""


@dataclass(frozen=True)
class ProposedTextParams:
    """Which document."""

    uri: str


@dataclass(frozen=True)
class ProposedTextResult:
    """A document with all hunks that are proposed."""

    text: str


@dataclass(frozen=True)
class CommandParams:
    """Argument of the commands that edit and explain."""

    uri: str
    range: Range | None = None
    instruction: str = ""
    """What is to be done; ``farthing.edit`` needs one."""
    tier: str = ""
    conversation: str = ""
    diagnostics: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommandResult:
    """What a command came to."""

    applied: bool
    """Whether the editor has applied the hunks; false where they are for review."""
    text: str
    hunks: tuple[TurnHunk, ...] = ()
