"""Why a provider did not have what it was thought to have kept. Pure."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from farthing.backends.caching.plan import layout
from farthing.backends.caching.rules import SECONDS, Rules
from farthing.backends.chat import NO_CACHING, Caching, Keep, Prompt
from farthing.ledger.model import Usage

Cause = Literal["changed", "rested", "moved", "manner", "left out", "short", "unknown", "dropped"]
"""``changed``: the prompt begins differently. ``rested``: longer than it is kept. ``moved``: another model was asked
before. ``manner``: questions and edits begin differently. ``left out``: what was said last failed, and is not part of
the conversation. ``short``: too little to be kept. ``unknown``: the provider never says what it reads. ``dropped``:
nothing explains it but the provider."""

AVOIDABLE: frozenset[Cause] = frozenset({"changed", "rested", "moved"})
"""What users or we could have done otherwise."""

ENOUGH = 0.7
"""Of what was expected to be read. Providers read in steps, and our shares of a prompt are by its bytes."""

KEPT_UNASKED: Keep = "5m"
"""What is kept without being marked is kept for 5 to 10 minutes, OpenAI says; nobody else says more."""


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt as it is remembered: no text of it."""

    provider: str
    model: str
    prints: tuple[bytes, ...]
    """Of each message."""
    kinds: tuple[str, ...]
    """What each message begins with, see :class:`farthing.backends.chat.Part`."""
    ends: tuple[int, ...]
    """Tokens up to the end of each message, estimated: only shares of them are used."""
    said: int
    """Index of the last message before what is said now."""
    when: float
    """Seconds since 1970."""
    caching: Caching = NO_CACHING
    kept: int = 0
    """Messages that the provider keeps of it, from the first on, …"""
    worth: bool = False
    """… if they are long enough."""

    def same(self, other: "Request") -> int:
        """How many messages both begin with."""
        pairs = enumerate(zip(self.prints, other.prints, strict=False))
        return next((at for at, (ours, theirs) in pairs if ours != theirs), min(len(self.prints), len(other.prints)))


@dataclass(frozen=True, slots=True)
class Miss:
    """Something was not read that had been kept."""

    cause: Cause
    text: str
    """For people, to stand behind a colon."""
    tokens: int
    """That could have been read, about."""

    @property
    def avoidable(self) -> bool:
        """Whether anybody but the provider could have done otherwise."""
        return self.cause in AVOIDABLE


def remembered(provider: str, model: str, prompt: Prompt, when: float) -> Request:
    """What is kept of a prompt."""
    found = layout(prompt)
    prints = tuple(
        blake2b(f"{each.role}\0{each.text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        for each in prompt.messages()
    )
    kinds: list[str] = []
    role = ""
    for part in prompt.parts:
        if part.role != role:
            kinds.append(part.kind)
        role = part.role
    return Request(provider, model, prints, tuple(kinds), found.ends, found.said, when)


def judge(now: Request, before: Request | None, other: Request | None, rules: Rules, usage: Usage) -> Miss | None:
    """What was missed; None where all was read that could be, or where nothing was kept on purpose.

    Args:
        before: the latest request of the conversation to the same model.
        other: where there is none, the latest one to another model or in another manner.
        usage: what the provider has counted.
    """
    if before is None:
        return _elsewhere(now, other, usage)
    had = before.kept
    if not had or not usage.input:
        return None
    same = now.same(before)
    # Shares of what was counted, as the provider's tokens are not ours.
    scale = usage.input / now.ends[-1]
    lost = round(before.ends[had - 1] * scale)
    there = _there(before, same, rules)
    expected = (now.ends[there - 1] if there else 0) * scale
    if usage.cached >= ENOUGH * expected and there == had:
        return None
    if lost < rules.minimum:
        return Miss("short", f"{lost:,} tokens are less than the {rules.minimum:,} that {now.model} keeps", lost)
    if not (rules.reports or usage.cached):
        return Miss("unknown", f"{now.provider} does not say what it reads from its cache", lost)
    keep = before.caching.keep if rules.marked else KEPT_UNASKED
    rested = now.when - before.when
    if same < min(had, before.said + 1):
        return Miss("changed", _changed(now, before, same), lost)
    if rested > SECONDS[keep]:
        minutes = f"{rested / 60:.0f} min" if rested < 5400 else f"{rested / 3600:.0f} h"
        text = f"the conversation rested {minutes}, and {now.provider} keeps it for {SECONDS[keep] / 60:.0f}"
        return Miss("rested", text, lost)
    if there < had and usage.cached >= ENOUGH * expected:
        return Miss("left out", "the last turn failed, and is no part of the conversation", lost)
    return Miss("dropped", f"{now.provider} did not have it any more", lost)


def _there(before: Request, same: int, rules: Rules) -> int:
    """How many messages can be read of a request that begins with so many of the same."""
    if not rules.marked:
        return same
    return max((at + 1 for at in before.caching.breakpoints if at < same), default=0)


def _elsewhere(now: Request, other: Request | None, usage: Usage) -> Miss | None:
    """This model has read nothing of the conversation, and another has, or it has in another manner."""
    if other is None or not other.worth or now.when - other.when > SECONDS[other.caching.keep]:
        return None
    if usage.cached * 2 > usage.input:  # two providers may have one cache behind them
        return None
    tokens = other.ends[other.kept - 1]
    if (other.provider, other.model) == (now.provider, now.model):
        return Miss("manner", "questions and edits begin differently, so each is read on its own", tokens)
    return Miss("moved", f"{other.model} was asked before, and what that has read {now.model} has not", tokens)


def _changed(now: Request, before: Request, same: int) -> str:
    if same == 0:
        return "what the model is told about its work is not the same as before"
    if len(now.prints) <= before.said + 1:
        return "the conversation began anew, as it had become too long for the model"
    return f"message {same + 1} of {len(now.prints)}, {_KINDS.get(now.kinds[same], 'what is said now')}, is new"


_KINDS = {"history": "which was said before", "files": "which shows the repository"}


def note(miss: Miss | None) -> tuple[str, ...]:
    """What users should know of it, in a line."""
    return (f"the cache was missed: {miss.text}",) if miss and miss.avoidable else ()
