"""Tables of the router's laboratory."""

from collections.abc import Iterator, Mapping, Sequence

from router_policies import (
    MODELS,
    Policy,
    Prices,
    Step,
    always_cloud,
    always_local,
    at_random,
    auc,
    by_doubt,
    by_length,
    interval,
    oracle,
    result,
    router,
)
from router_run import Outcome
from router_tasks import KINDS

SWEEP = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""What is assumed of a model in the cloud: the probability that its answer is right."""

MIDDLE = 0.8
"""Of these, the one for which intervals are given."""

CENT = 100
"""Dollars to cents."""


def of_kinds(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What the local models do, by kind."""
    models = sorted({each.model for each in outcomes})
    yield "| kind | model | tasks | right | 95 % | not applied | wrong, tests see it | wrong, tests do not |"
    yield "|---|---|--:|--:|---|--:|--:|--:|"
    for kind in (*KINDS, "all"):
        for model in models:
            some = [each for each in outcomes if each.model == model and kind in (each.kind, "all")]
            if not some:
                continue
            low, high = _interval([float(each.passed) for each in some])
            seen = sum(each.applied and not each.passed and not each.tests for each in some)
            hidden = sum(each.applied and not each.passed and each.tests for each in some)
            share = sum(each.passed for each in some) / len(some)
            yield (
                f"| {kind} | {model} | {len(some)} | {share:.0%} | {low:.0%} to {high:.0%} "
                f"| {sum(not each.applied for each in some)} | {seen} | {hidden} |"
            )


def _interval(values: Sequence[float]) -> tuple[float, float]:
    return interval(lambda chosen: sum(values[number] for number in chosen) / len(chosen), len(values))


def of_confidence(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Whether the probability of a reply says anything about it."""
    yield "| kind | model | replies | area under the curve, all | of those that no check of ours sees to be wrong |"
    yield "|---|---|--:|--:|--:|"
    for kind in (*KINDS, "all"):
        for model in sorted({each.model for each in outcomes}):
            some = [
                each
                for each in outcomes
                if each.model == model and kind in (each.kind, "all") and each.confidence is not None
            ]
            every = auc([(each.confidence or 0.0, each.passed) for each in some])
            kept = auc([(each.confidence or 0.0, each.passed) for each in some if each.applied])
            if some:
                yield f"| {kind} | {model} | {len(some)} | {_number(every)} | {_number(kept)} |"


def policies(outcomes: Sequence[Outcome], prices: Prices) -> dict[str, list[Step]]:
    """All that are compared; those that need a share have the one of the router with half of the tests."""
    own = {
        "router": router(prices, "none")(outcomes),
        "router with half of the tests": router(prices, "half")(outcomes),
        "router with all tests": router(prices, "all")(outcomes),
    }
    share = sum(step.cloud for step in own["router with half of the tests"]) / len(outcomes)
    known: dict[str, Policy] = {
        "always local": always_local,
        "always cloud, small": always_cloud("small"),
        "always cloud, medium": always_cloud("medium"),
        "random": at_random(share),
        "longest functions": by_length(share),
        "least sure answers": by_doubt(share),
    }
    found = {name: policy(outcomes) for name, policy in known.items()}
    return {**found, **own, "oracle": oracle(outcomes)}


def of_policies(found: Mapping[str, Sequence[Step]], prices: Prices, success: float) -> Iterator[str]:
    """One line a policy."""
    yield f"Where a model in the cloud is right in {success:.0%} of tasks:\n"
    yield "| policy | right | 95 % | to the cloud | cents a task | cents a pass | precision | recall |"
    yield "|---|--:|---|--:|--:|--:|--:|--:|"
    for name, steps in found.items():
        each = result(steps, prices, success)
        low, high = _interval([step.passes(success) for step in steps])
        per = each.cost_per_pass
        yield (
            f"| {name} | {each.rate:.1%} | {low:.0%} to {high:.0%} | {each.share:.0%} | {each.cost * CENT:.3f} "
            f"| {'' if per is None else f'{per * CENT:.3f}'} | {_percent(each.precision)} | {_percent(each.recall)} |"
        )


def of_differences(found: Mapping[str, Sequence[Step]], prices: Prices, success: float) -> Iterator[str]:
    """The router against each other policy, signed: what is better for the router is above zero for passes, and below
    zero for money."""
    yield f"The router less each other policy, at {success:.0%}; points of tasks that are right, and cents a task:\n"
    yield "| less | router: right | 95 % | cents | with half of the tests: right | 95 % | cents |"
    yield "|---|--:|---|--:|--:|---|--:|"
    for name, steps in found.items():
        if name.startswith("router"):
            continue
        cells = []
        for own in (found["router"], found["router with half of the tests"]):
            one, other = result(own, prices, success), result(steps, prices, success)
            low, high = _interval(
                [step.passes(success) - each.passes(success) for step, each in zip(own, steps, strict=True)]
            )
            cells += [f"{100 * (one.rate - other.rate):+.1f}", f"{100 * low:+.0f} to {100 * high:+.0f}",
                      f"{(one.cost - other.cost) * CENT:+.3f}"]  # fmt: skip
        yield f"| {name} | {' | '.join(cells)} |"


def of_curve(found: Mapping[str, Sequence[Step]], prices: Prices, cost: bool) -> Iterator[str]:
    """The sweep: one line a policy, one column an assumption."""
    yield f"| {'cents a pass' if cost else 'right'} | {' | '.join(f'{success:.0%}' for success in SWEEP)} |"
    yield "|---" + "|--:" * len(SWEEP) + "|"
    for name, steps in found.items():
        each = [result(steps, prices, success) for success in SWEEP]
        cells = [f"{(one.cost_per_pass or 0.0) * CENT:.3f}" if cost else f"{one.rate:.1%}" for one in each]
        yield f"| {name} | {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def report(outcomes: Sequence[Outcome], prices: Prices, model: str) -> str:
    """All tables.

    Args:
        model: the local one that policies have.
    """
    found = policies([each for each in outcomes if each.model == model and each.kind != "complete"], prices)
    named = ", ".join(f"{tier} {name} (${_usd(prices, tier)})" for tier, name in MODELS.items() if tier in prices)
    parts = [
        ["## What the models on this machine do", "", *of_kinds(outcomes)],
        ["## Whether the mean log-probability of a reply tells", "", *of_confidence(outcomes)],
        [f"## Policies, local model {model}", "", "Completions never leave this machine, so they are left out.",
         f"Prices in dollars for a million tokens of input and of output: {named}.", "",
         *of_policies(found, prices, MIDDLE)],
        [*of_differences(found, prices, MIDDLE)],
        ["## The same for every assumption about the cloud", "", *of_curve(found, prices, cost=False)],
        [*of_curve(found, prices, cost=True)],
    ]  # fmt: skip
    return "\n\n".join("\n".join(part) for part in parts)


def _usd(prices: Prices, tier: str) -> str:
    price = next(each for name, each in prices.items() if name == tier)
    return f"{price.input / 1e9:g} and {price.output / 1e9:g}"
