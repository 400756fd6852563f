"""Tables of a replayed day. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from farthing.ledger.model import NANO
from farthing.routing.model import TaskKind, Tier

SUCCESS = (0.6, 0.8, 0.95)
"""What is assumed of a model in the cloud."""

BASELINES = ("all cloud, small", "all cloud, medium")


@dataclass(frozen=True)
class Spent:
    """One task in one scenario."""

    kind: TaskKind
    tier: Tier
    """That had the last word."""
    local: int = 0
    """Tokens that were read and written on this machine."""
    input: int = 0
    """Tokens that the cloud read."""
    output: int = 0
    """Tokens that the cloud wrote."""
    cost: int = 0
    """Nano-dollars."""
    passed: bool | None = None
    """Whether the local answer is right, had it the last word or not; None where nobody can tell."""

    @property
    def tokens(self) -> int:
        """In the cloud."""
        return self.input + self.output


@dataclass(frozen=True)
class Sum:
    """A scenario, over some tasks."""

    tasks: int
    local: int
    """Tasks that were answered on this machine."""
    local_tokens: int
    """Tokens that the baseline sends for these."""
    whole: int
    """Tokens that the baseline sends for all."""
    requests: int
    """To the cloud."""
    tokens: int
    money: int
    """Nano-dollars."""
    wasted: int
    """Tokens of local answers that were not good enough."""


def added(spent: Sequence[Spent], baseline: Sequence[Spent]) -> Sum:
    """The sums.

    Args:
        baseline: the same tasks, all in the cloud.
    """
    pairs = list(zip(spent, baseline, strict=True))
    return Sum(
        len(spent),
        sum(each.tier == "local" for each in spent),
        sum(other.tokens for each, other in pairs if each.tier == "local"),
        sum(other.tokens for _, other in pairs),
        sum(each.tier != "local" for each in spent),
        sum(each.tokens for each in spent),
        sum(each.cost for each in spent),
        sum(each.local for each in spent if each.tier != "local"),
    )


def right(spent: Sequence[Spent], success: float) -> float:
    """Expected share of right answers among the tasks that can be judged."""
    judged = [each for each in spent if each.passed is not None]
    return sum(success if each.tier != "local" else float(bool(each.passed)) for each in judged) / len(judged)


def report(found: Mapping[str, Sequence[Spent]]) -> str:
    """All tables.

    Args:
        found: tasks by scenario, the same in each.
    """
    parts = []
    for title, wanted in (("Without completions", False), ("With completions", True)):
        some = {name: [each for each in spent if wanted or each.kind != "complete"] for name, spent in found.items()}
        parts += [f"## {title}\n\n" + "\n".join(_sums(some)), "\n".join(_rights(some))]
    parts.append("## By kind\n\n" + "\n".join(_kinds(found)))
    return "\n\n".join(parts)


def _sums(found: Mapping[str, Sequence[Spent]]) -> Iterator[str]:
    yield (
        "| scenario | tasks | answered here | by tokens | to the cloud | cloud tokens | dollars "
        "| local tokens in vain | " + " | ".join(f"tokens, money less {name}" for name in BASELINES) + " |"
    )
    yield "|---" + "|--:" * (7 + len(BASELINES)) + "|"
    for name, spent in found.items():
        own = added(spent, found[BASELINES[0]])
        cells = []
        for baseline in BASELINES:
            other = added(found[baseline], found[baseline])
            cells.append(f"{_signed(own.tokens, other.tokens)}, {_signed(own.money, other.money)}")
        yield (
            f"| {name} | {own.tasks} | {own.local / own.tasks:.1%} | {own.local_tokens / own.whole:.1%} "
            f"| {own.requests} | {own.tokens:,} | {own.money / NANO:.4f} | {own.wasted:,} | {' | '.join(cells)} |"
        )


def _signed(own: int, other: int) -> str:
    return f"{100 * (own - other) / other:+.1f} %" if other else ""


def _rights(found: Mapping[str, Sequence[Spent]]) -> Iterator[str]:
    yield f"| right, if the cloud is in | {' | '.join(f'{each:.0%}' for each in SUCCESS)} |"
    yield "|---" + "|--:" * len(SUCCESS) + "|"
    for name, spent in found.items():
        yield f"| {name} | {' | '.join(f'{right(spent, each):.1%}' for each in SUCCESS)} |"


def _kinds(found: Mapping[str, Sequence[Spent]]) -> Iterator[str]:
    kinds = list(dict.fromkeys(each.kind for spent in found.values() for each in spent))
    routed = [name for name in found if name not in BASELINES]
    yield "| kind | tasks | " + " | ".join(f"{name}: here, cloud tokens" for name in routed) + " |"
    yield "|---|--:" + "|--:" * len(routed) + "|"
    for kind in kinds:
        cells = []
        for name in routed:
            some = [each for each in found[name] if each.kind == kind]
            cells.append(f"{sum(each.tier == 'local' for each in some)}, {sum(each.tokens for each in some):,}")
        yield f"| {kind} | {len(some)} | {' | '.join(cells)} |"
