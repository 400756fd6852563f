"""Who does a task: the matrix as a table, and what never happens as properties."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.airgap import Policy
from farthing.routing import matrix
from farthing.routing.model import TIERS, CloudTier, Features, Offer, Rules, TaskKind, Tier
from farthing.routing.route import LARGE_CHANGE, Offers, fallbacks, route

CENT = 10_000_000
OFFERS: Offers = {
    "small": (Offer("work", "small-1", 2000, CENT // 10),),
    "medium": (Offer("work", "medium-1", 4000, CENT),),
    "frontier": (Offer("work", "frontier-1", 8000, 10 * CENT),),
}
RULES = Rules("ask", 2 * CENT, matrix.DEFAULT)
AUTO = replace(RULES, policy="auto")
PLENTY = Features("edit", remaining=50_000, needed=2000)
MANY = replace(PLENTY, kind="refactor", files=3)


@pytest.mark.parametrize(
    ("kind", "tier", "decision"),
    [
        ("complete", "local", "go"),
        ("explain", "local", "go"),
        ("edit", "local", "go"),
        ("docs", "local", "go"),
        ("debug", "local", "go"),
        ("test", "small", "ask"),
        ("review", "small", "ask"),
        ("refactor", "medium", "ask"),
        ("design", "frontier", "ask"),
    ],
)
def test_the_matrix_as_it_is_delivered(kind: TaskKind, tier: Tier, decision: str) -> None:
    found = route(replace(MANY, kind=kind), RULES, OFFERS)
    assert (found.tier, found.decision) == (tier, decision)
    assert found.reason


@pytest.mark.parametrize(
    ("features", "rules", "tier", "decision", "reason"),
    [
        (MANY, AUTO, "medium", "go", "a refactoring goes to medium by your rules"),
        (replace(MANY, files=1), AUTO, "local", "go", "a refactoring of one function is an edit"),
        (replace(MANY, files=1, symbols=2), AUTO, "medium", "go", "refactoring"),
        (replace(PLENTY, kind="design"), AUTO, "frontier", "ask", "only asked on your word"),
        (replace(PLENTY, kind="design", tier="frontier"), AUTO, "frontier", "go", "you chose the tier frontier"),
        (replace(PLENTY, kind="design", tier="local"), AUTO, "local", "go", "you chose it"),
        (MANY, replace(AUTO, ceiling=CENT - 1), "medium", "ask", "$0.0100 is above your ceiling of $0.0100"),
        (MANY, replace(AUTO, ceiling=CENT), "medium", "go", ""),
        (MANY, replace(RULES, policy="never"), "local", "go", "nothing may leave"),
        (replace(MANY, tier="medium"), replace(RULES, policy="never"), "medium", "refuse", "nothing may leave"),
        (replace(MANY, privacy="local-only", private="keys/ is kept"), AUTO, "local", "go", "keys/ is kept"),
        (replace(MANY, privacy="local-only", tier="small"), AUTO, "small", "refuse", "is local-only"),
        (replace(MANY, remaining=100), AUTO, "local", "go", "only 100 tokens left, and it needs 2,000"),
        (replace(PLENTY, failed=("it does not apply",)), AUTO, "small", "go", "failed: it does not apply"),
        (replace(PLENTY, failed=("a", "b")), RULES, "small", "ask", "failed 2 times: b"),
        (replace(PLENTY, failed=("a",), privacy="local-only"), AUTO, "local", "refuse", "local-only"),
        (replace(PLENTY, context_tokens=9000), RULES, "small", "ask", "9,000 tokens are to be read"),
        (replace(PLENTY, expected_lines=LARGE_CHANGE + 1), RULES, "small", "ask", "lines are to be written"),
        (replace(PLENTY, confidence=-3.0), RULES, "small", "ask", "not sure"),
        (replace(PLENTY, confidence=-0.1), RULES, "local", "go", ""),
        (replace(PLENTY, local_window=0), RULES, "small", "ask", "no model on this machine"),
        (replace(PLENTY, local_window=0), replace(RULES, policy="never"), "local", "refuse", "nothing may leave"),
    ],
)
def test_what_decides(features: Features, rules: Rules, tier: Tier, decision: str, reason: str) -> None:
    found = route(features, rules, OFFERS)
    assert (found.tier, found.decision) == (tier, decision), found.reason
    assert reason in found.reason


def test_the_matrix_is_the_users() -> None:
    rules = replace(RULES, matrix={**matrix.DEFAULT, "test": "local", "explain": "medium"})
    assert route(replace(PLENTY, kind="test"), rules, OFFERS).tier == "local"
    assert route(replace(PLENTY, kind="explain"), rules, OFFERS).tier == "medium"


def test_a_tier_that_nobody_has_is_replaced_by_a_cheaper_one_and_never_by_a_dearer() -> None:
    some: Offers = {"small": OFFERS["small"], "frontier": OFFERS["frontier"]}
    found = route(MANY, AUTO, some)
    assert (found.tier, found.decision) == ("small", "go")
    assert "small is the best that you have" in found.reason
    dear: Offers = {"frontier": OFFERS["frontier"]}
    assert route(MANY, AUTO, dear).tier == "local"
    assert route(replace(PLENTY, failed=("x",)), AUTO, dear).decision == "ask"
    assert route(MANY, AUTO, {}).tier == "local"
    assert route(replace(MANY, tier="medium"), AUTO, dear).decision == "refuse"


def test_of_several_the_cheapest_one_or_the_one_that_is_warm() -> None:
    three: Offers = {
        "medium": (Offer("a", "m", 1, 3 * CENT), Offer("b", "m", 1, CENT), Offer("c", "m", 1, None)),
    }
    rules = replace(AUTO, ceiling=5 * CENT)
    assert route(MANY, rules, three).backend == "b"
    assert route(replace(MANY, warm="a"), rules, three).backend == "b"
    cheaper: Offers = {"medium": (Offer("a", "m", 1, 2 * CENT), *three["medium"][1:])}
    assert route(replace(MANY, warm="a"), rules, cheaper).backend == "a"
    unknown: Offers = {"medium": three["medium"][2:]}
    found = route(MANY, rules, unknown)
    assert (found.decision, found.price_ceiling) == ("ask", None)


TEXTS = st.sampled_from(["", "work", "home"])
FEATURES = st.builds(
    Features,
    st.sampled_from(get_args(TaskKind)),
    st.none() | st.sampled_from(TIERS),
    *[st.integers(0, 50)] * 2,
    *[st.integers(0, 20_000)] * 2,
    st.integers(0, 500),
    st.none() | st.floats(-5, 0),
    st.lists(st.just("it does not apply"), max_size=3).map(tuple),
    *[st.integers(0, 20_000)] * 2,
    TEXTS,
    st.sampled_from(["open", "local-only"]),
    st.just("here"),
)
OFFER = st.builds(Offer, TEXTS.filter(bool), st.just("m"), st.just(1), st.none() | st.integers(0, 10 * CENT))
SEVERAL = st.dictionaries(st.sampled_from(get_args(CloudTier)), st.lists(OFFER, max_size=3).map(tuple))
SOME_RULES = st.builds(
    Rules,
    st.sampled_from(get_args(Policy)),
    st.integers(0, 5 * CENT),
    st.dictionaries(st.sampled_from(get_args(TaskKind)), st.sampled_from(TIERS)),
)


@given(FEATURES, SOME_RULES, SEVERAL)
def test_what_never_happens(features: Features, rules: Rules, offers: Offers) -> None:
    found = route(features, rules, offers)
    assert found == route(features, rules, offers)
    assert found.reason
    leaves = found.tier != "local" and found.decision != "refuse"
    if leaves:
        assert features.kind != "complete"
        assert rules.policy != "never"
        assert features.privacy == "open"
        assert any((each.backend, each.price) == (found.backend, found.price_ceiling) for each in offers[found.tier])  # type: ignore[index]
    if leaves and found.decision == "go" and features.tier is None:
        assert rules.policy == "auto"
        assert found.tier != "frontier"
        assert found.price_ceiling is not None
        assert found.price_ceiling <= rules.ceiling
        assert features.needed <= features.remaining
    if features.tier is not None and features.kind != "complete":
        assert found.tier == features.tier
        assert found.decision in ("go", "refuse")
    if features.tier == "local":
        assert (found.tier, found.decision) == ("local", "go")


@given(FEATURES, SOME_RULES, SEVERAL)
def test_what_replaces_a_provider_is_never_dearer_or_of_a_higher_tier(
    features: Features, rules: Rules, offers: Offers
) -> None:
    found = route(features, rules, offers)
    prices = []
    for other in fallbacks(found, offers):
        assert found.price_ceiling is not None
        assert other.price_ceiling is not None
        assert other.price_ceiling <= found.price_ceiling
        assert TIERS.index(other.tier) <= TIERS.index(found.tier)
        assert (other.backend, other.model) != (found.backend, found.model)
        prices.append(other.price_ceiling)
    assert prices == sorted(prices, reverse=True)
