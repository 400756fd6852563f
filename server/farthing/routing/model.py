"""The values of the router: what is to be done, what is known of it, and who does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from farthing.airgap import Policy

TaskKind = Literal["complete", "explain", "edit", "docs", "test", "review", "debug", "refactor", "design"]
"""Of everything that a model is asked for."""

Tier = Literal["local", "small", "medium", "frontier"]
"""From what is free to what is dearest."""

CloudTier = Literal["small", "medium", "frontier"]

TIERS: tuple[Tier, ...] = ("local", "small", "medium", "frontier")
"""In the order of their price."""

Privacy = Literal["open", "local-only"]
"""``local-only``: something that would be sent is marked so; no word of anybody overrules it."""

Decision = Literal["go", "ask", "refuse"]
"""``ask``: the user is asked, and told ``reason``, tokens and price."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that could be asked."""

    backend: str
    """The provider's name in the settings; empty for the engine on this machine."""
    model: str
    max_output: int
    """Tokens of answer that it would be sent as its limit."""
    price: int | None = 0
    """Nano-dollars that the request costs at most; None where the price is unknown."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a task before it is answered, or after an answer failed."""

    kind: TaskKind
    tier: Tier | None = None
    """The user's word; None where they leave it to the router."""
    files: int = 1
    """That the task touches."""
    symbols: int = 1
    """That the task touches."""
    context_tokens: int = 0
    """That would be shown to the model."""
    local_window: int = 4096
    """Tokens that the local model can read and write; 0 where there is none."""
    expected_lines: int = 0
    """Of the change; 0 where nobody can tell."""
    confidence: float | None = None
    """Mean log-probability of the tokens of a local answer, at most 0; None where there is none."""
    failed: tuple[str, ...] = ()
    """Why local answers were not good enough, one line each: the replies that failed to parse, apply or pass tests."""
    remaining: int = 0
    """Cloud tokens that the session has left."""
    needed: int = 0
    """Cloud tokens that the request would reserve at least."""
    warm: str = ""
    """The provider in whose cache the conversation's beginning stands; empty where in none."""
    privacy: Privacy = "open"
    private: str = ""
    """Why, in one line: which file, and who says so."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The user's word on routing; :mod:`farthing.routing.matrix` has the defaults. A repository has none."""

    policy: Policy = "ask"
    ceiling: int = 0
    """Nano-dollars that one request may cost at most under ``auto``."""
    matrix: Mapping[TaskKind, Tier] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers, and why."""

    decision: Decision
    tier: Tier
    backend: str
    """The provider's name in the settings; empty for the engine on this machine."""
    model: str
    """Empty where the engine chooses."""
    max_output: int
    reason: str
    """In one line, for people and for the ledger."""
    price_ceiling: int | None = 0
    """Nano-dollars; None where the price is unknown."""
