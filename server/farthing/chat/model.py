"""A turn of a conversation: what the user says, and what happens then."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from farthing.chat_protocol import Task
from farthing.context.model import Context, Diagnostic, Pin
from farthing.edit.model import FileChange, Result
from farthing.ledger.model import Usage

Ending = Literal["done", "failed", "repeated", "length", "asks"]
"""``asks``: only the user is asked. ``failed``: hunks are left that could not be mended. ``repeated``: the model says
the same again, so it was stopped. ``length``: it was cut off."""


@dataclass(frozen=True)
class Instruction:
    """What the user says, and where."""

    task: Task
    text: str
    path: str = ""
    """The open file, relative to the root; empty where none is."""
    lines: tuple[int, int] | None = None
    """What is selected in it, from 1 and inclusive; both the same for a cursor."""
    diagnostics: tuple[Diagnostic, ...] = ()
    pins: tuple[Pin, ...] = ()
    drops: frozenset[str] = frozenset()
    tier: str = ""
    """The user's word; empty for what suits the task."""


@dataclass(frozen=True)
class Started:
    """The first event: who will be asked, and what is sent."""

    tier: str
    model: str
    """Its id, for people."""
    reason: str
    """Why this tier."""
    context: Context


@dataclass(frozen=True)
class Said:
    """Some text of an answer in words."""

    text: str


@dataclass(frozen=True)
class Proposed:
    """The hunks so far, as the applier sees them: each event replaces the one before."""

    result: Result
    """Of documents as they were when the turn began."""
    writing: bool
    """The model is still at it: the last hunk may grow."""


@dataclass(frozen=True)
class Retrying:
    """A reply was not good enough, and the model is asked again for what is left."""

    attempt: int
    """Of the one that begins now; the first is 1."""
    reason: str


@dataclass(frozen=True)
class Checking:
    """The hunks are good, and the user's tests run on a copy with them."""


@dataclass(frozen=True)
class Checked:
    """What tests came to."""

    passed: bool
    message: str
    """In one line for people."""
    repair: str = ""
    """What the model is told of it, where they failed."""


@dataclass(frozen=True)
class Finished:
    """The last event of every turn that was not given up."""

    ending: Ending
    message: str
    """What became of it, in one line for people."""
    answer: str
    """In words; empty for edits."""
    result: Result | None
    """None for words."""
    usage: Usage
    """Of all attempts together."""
    cost: int | None
    """Nano-dollars; None where the price is unknown, 0 on this machine."""
    attempts: int
    escalation: str = ""
    """A tier that may do better; empty where it is done, or there is none."""
    escalation_note: str = ""
    """Why, and what that would send, where to, and cost at most; in one line."""
    model: str = ""
    """That answered last."""
    reason: str = "stop"
    """Why the last reply ended: ``stop``, ``length``, or the provider's own word."""
    settled: bool = True
    """Whether usage and cost are what was counted; else all that was reserved is charged."""
    notes: tuple[str, ...] = ()
    """What else the user should know, one line each."""
    checked: Checked | None = None
    """None where no tests were run."""


Event = Started | Said | Proposed | Retrying | Checking | Finished

Check = Callable[[Sequence[FileChange]], Awaitable[Checked | None]]
"""Runs the tests of a workspace with changes; None where there are none to run."""


@dataclass(frozen=True)
class Reply:
    """A model's reply to an instruction to edit, and what was made of it."""

    text: str
    format: str
    model: str
    path: str
    """The file of hunks that name none."""
    lines: tuple[int, int] | None
    """That were to be rewritten, from 1 and inclusive."""
    files: Mapping[str, str | None]
    """Texts of the files that the applier looked at, by their paths; None for one that was not there."""
    result: Result
