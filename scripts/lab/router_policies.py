"""Policies over outcomes that were measured: who is asked, what comes of it, what it costs. Pure arithmetic.

What a model in the cloud would make of a task was not measured: each of its answers is right with a probability that
is assumed, so everything here is an expectation.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from router_run import Outcome

from farthing.ledger.model import NANO, Price, Usage
from farthing.routing.matrix import CEILING_USD, DEFAULT
from farthing.routing.model import CloudTier, Features, Offer, Rules
from farthing.routing.route import route

MODELS: Mapping[CloudTier, str] = {
    "small": "claude-haiku-4-5",
    "medium": "claude-sonnet-4-5",
    "frontier": "claude-opus-4-5",
}
"""Whose prices are taken."""

WINDOW = 4096
"""Tokens of the local model."""

UNSAID = -9.0
"""Mean log-probability of an answer that has none, as nothing was said."""

PLENTY = 10**9
"""Tokens that the session has left."""

Prices = Mapping[CloudTier, Price]

Tests = Literal["none", "half", "all"]
"""That the user has named as a command: every second one of those that judge, or all of them, which nobody has."""


@dataclass(frozen=True)
class Step:
    """What a policy does with one task."""

    outcome: Outcome
    cloud: float
    """Probability that a model in the cloud has the last word."""
    tier: CloudTier = "small"
    tried: bool = True
    """Whether the model on this machine is asked at all."""

    @property
    def usage(self) -> Usage:
        """Of the request to the cloud."""
        return Usage(self.outcome.cloud_tokens, self.outcome.reference_tokens)

    def money(self, prices: Prices) -> float:
        """Expected dollars."""
        return self.cloud * prices[self.tier].cost(self.usage) / NANO

    def passes(self, success: float) -> float:
        """Expected passes, where a model in the cloud is right with this probability."""
        return self.cloud * success + (1 - self.cloud) * self.outcome.passed


Policy = Callable[[Sequence[Outcome]], list[Step]]


@dataclass(frozen=True)
class Result:
    """What a policy comes to, over tasks of the same weight."""

    rate: float
    """Expected share of tasks that are right."""
    share: float
    """Expected share of tasks that a model in the cloud has the last word in."""
    cost: float
    """Expected dollars of a task."""
    precision: float | None
    """Of the tasks that are escalated, the share which the local model fails; None where none is."""
    recall: float | None
    """Of the tasks that the local model fails, the share which is escalated; None where it fails none."""

    @property
    def cost_per_pass(self) -> float | None:
        """Dollars; None where nothing passes."""
        return self.cost / self.rate if self.rate else None


def result(steps: Sequence[Step], prices: Prices, success: float) -> Result:
    """What a policy comes to.

    Args:
        success: the probability that a model in the cloud is right; an assumption.
    """
    count, sent = len(steps), sum(step.cloud for step in steps)
    caught = sum(step.cloud for step in steps if not step.outcome.passed)
    failing = sum(not step.outcome.passed for step in steps)
    return Result(
        sum(step.passes(success) for step in steps) / count,
        sent / count,
        sum(step.money(prices) for step in steps) / count,
        caught / sent if sent else None,
        caught / failing if failing else None,
    )


def always_local(outcomes: Sequence[Outcome]) -> list[Step]:
    """Nothing is escalated."""
    return [Step(each, 0.0) for each in outcomes]


def always_cloud(tier: CloudTier) -> Policy:
    """Everything is, to one tier."""
    return lambda outcomes: [Step(each, 1.0, tier, tried=False) for each in outcomes]


def at_random(share: float) -> Policy:
    """So much of everything, whatever it is, to the cheapest tier."""
    return lambda outcomes: [Step(each, share, tried=False) for each in outcomes]


def by_length(share: float) -> Policy:
    """The longest functions, so many that they are this share, to the cheapest tier."""
    return lambda outcomes: _highest(outcomes, [each.lines for each in outcomes], share, tried=False)


def by_doubt(share: float) -> Policy:
    """The answers that the local model was least sure of, so many that they are this share, to the cheapest tier."""
    return lambda outcomes: _highest(outcomes, [-(each.confidence or UNSAID) for each in outcomes], share, tried=True)


def _highest(outcomes: Sequence[Outcome], scores: Sequence[float], share: float, tried: bool) -> list[Step]:
    wanted, left = {}, share * len(outcomes)
    # Of those with the same score an equal part each.
    for score in sorted(set(scores), reverse=True):
        same = sum(each == score for each in scores)
        wanted[score] = min(1.0, max(0.0, left / same))
        left -= same
    return [Step(each, wanted[score], tried=tried) for each, score in zip(outcomes, scores, strict=True)]


def oracle(outcomes: Sequence[Outcome]) -> list[Step]:
    """What nobody can do: exactly what the local model fails is escalated."""
    return [Step(each, float(not each.passed)) for each in outcomes]


def router(prices: Prices, tests: Tests) -> Policy:
    """:func:`farthing.routing.route.route` under ``auto``, and again after a mechanical check has failed."""

    def policy(outcomes: Sequence[Outcome]) -> list[Step]:
        return [_routed(each, prices, tests) for each in outcomes]

    return policy


def complaint(outcome: Outcome, tests: Tests) -> str:
    """What a mechanical check says of the local answer; empty where it finds nothing."""
    if not outcome.applied:
        return outcome.failed[-1] if outcome.failed else "it does not apply"
    passed = {"none": True, "half": outcome.half, "all": outcome.tests}
    return "" if passed[tests] else "the tests fail"


def _routed(outcome: Outcome, prices: Prices, tests: Tests) -> Step:
    first = _tier(outcome, prices, ())
    if first is not None:
        return Step(outcome, 1.0, first, tried=False)
    why = complaint(outcome, tests)
    second = _tier(outcome, prices, (why,)) if why else None
    return Step(outcome, 0.0) if second is None else Step(outcome, 1.0, second)


def _tier(outcome: Outcome, prices: Prices, failed: tuple[str, ...]) -> CloudTier | None:
    """Where the product's router sends it; None for this machine."""
    output = outcome.reference_tokens
    features = Features(
        outcome.routed, files=outcome.files, context_tokens=outcome.room, local_window=WINDOW,
        expected_lines=outcome.lines, failed=failed, remaining=PLENTY, needed=outcome.cloud_tokens,
    )  # fmt: skip
    offers = {
        tier: (Offer("cloud", MODELS[tier], output, price.bound(outcome.cloud_tokens, output)),)
        for tier, price in prices.items()
    }
    found = route(features, Rules("auto", int(CEILING_USD * NANO), DEFAULT), offers)
    return found.tier if found.decision == "go" and found.tier != "local" else None


def interval(
    measure: Callable[[Sequence[int]], float], count: int, rounds: int = 1000, seed: int = 1
) -> tuple[float, float]:
    """The middle 95 % of a figure over tasks that are drawn again and again, with replacement.

    Args:
        measure: the figure of some tasks, which are named by their numbers.
    """
    chance = random.Random(seed)
    found = sorted(measure([chance.randrange(count) for _ in range(count)]) for _ in range(rounds))
    return found[int(0.025 * rounds)], found[int(0.975 * rounds)]


def auc(scores: Sequence[tuple[float, bool]]) -> float | None:
    """The probability that what passed has a higher score than what failed; None where there is only one of them."""
    good = [score for score, passed in scores if passed]
    bad = [score for score, passed in scores if not passed]
    if not good or not bad:
        return None
    won = sum((one > other) + 0.5 * (one == other) for one in good for other in bad)
    return won / (len(good) * len(bad))
