"""What the ledger tells: sums, and the state of a session."""

from dataclasses import dataclass

ANSWERING_TASKS = ("ask", "edit")
"""Kinds of task of which the share that was answered locally is told."""

COMPLETION = "completion"
"""The kind of task of an inline completion."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over requests that came to an end."""

    requests: int = 0
    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    money: int = 0
    """Nano-dollars, of what has a price."""
    unpriced: int = 0
    """Requests whose price is unknown: where there are any, the money is not all of it."""
    unsettled: int = 0
    """Requests whose provider never said what it charged; they count in full."""
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    saved: int = 0
    """Nano-dollars that reading from providers' caches has saved, less what writing to them has cost, by the prices of
    the requests; negative where it has cost more."""

    @property
    def cached_share(self) -> float | None:
        """Of the input, what was read from a cache, 0 to 1; None before the first request. What is charged in full
        counts as not read."""
        return self.cached / self.input if self.input else None


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A line of a report."""

    key: str
    local: bool
    totals: Totals


@dataclass(frozen=True, slots=True)
class SessionState:
    """All that a status bar or ``farthing cap`` shows of a session. Nobody needs to add anything up."""

    session: int | None
    """None where no session has begun yet, or the last one has ended."""
    workspace: str
    cap: int
    """Tokens."""
    spent: int
    """Tokens, ``unsettled`` and ``overshoot`` included."""
    reserved: int
    """Tokens of requests that are open."""
    unsettled: int
    """Of ``spent``, what is charged in full as the provider never said how much it was."""
    overshoot: int
    """Of ``spent``, what providers charged beyond the limit that they were sent."""
    remaining: int
    """``cap - spent - reserved``, and never below 0."""
    money: int
    """Nano-dollars of settled cloud requests; see ``unpriced``."""
    unpriced: int
    """Cloud requests without a price: where there are any, "?" belongs beside the money."""
    local_answers: int
    """Requests of :data:`ANSWERING_TASKS` that were answered locally and didn't fail."""
    cloud_answers: int
    completions: int
    """Inline completions, all of them local."""
    cloud: Totals
    by_model: tuple[UsageRow, ...]
    by_task: tuple[UsageRow, ...]
    recent_tokens: int
    """Cloud tokens of the last ten minutes, for a burn rate."""
    last_cloud_ms: int | None
    """Unix time of the last cloud request, in milliseconds."""
    paused: bool
    blocked: tuple[str, ...]
    """Providers that get nothing until the user says so."""
    blocked_reason: str
    """Why nothing at all can be sent now, for people; empty where something can."""

    @property
    def local_share(self) -> float | None:
        """Of asks and edits, 0 to 1; None before the first."""
        answers = self.local_answers + self.cloud_answers
        return self.local_answers / answers if answers else None
