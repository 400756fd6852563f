"""The router: from what is known of a task to who does it, and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from farthing.ledger.model import NANO
from farthing.routing.model import TIERS, CloudTier, Features, Offer, Route, Rules, TaskKind, Tier

Offers = Mapping[CloudTier, Sequence[Offer]]
"""What the user's providers have, by tier."""

LOCAL = Offer("", "", 0)

SMALL_REFACTOR = 1
"""Files and symbols up to which a refactoring is an edit like another."""

LARGE_CHANGE = 120
"""Lines. The 1.5B writes a function of 40 in five seconds, as most of it is a copy; a change of this size is none."""

UNSURE = -0.7
"""Mean log-probability of an answer beneath which it is taken for a guess: a token in two was no better than a coin's
throw."""

WARM = 2.0
"""Times the cheapest one's price that a provider with a warm cache may ask. What it reads there costs a tenth, so it is
the cheaper one where the prompt is more than 56 % of its bill."""

NAMES: Mapping[TaskKind, str] = {
    "complete": "completion",
    "explain": "a question",
    "edit": "an edit",
    "docs": "documentation",
    "test": "a test",
    "review": "a review",
    "debug": "a bug",
    "refactor": "a refactoring",
    "design": "a design",
}
"""For people."""


def route(features: Features, rules: Rules, offers: Offers, local: Offer = LOCAL) -> Route:
    """Who does a task.

    ``go`` with a tier that costs comes of the user's word, or of the policy ``auto`` and a price under its ceiling;
    else the user is asked. Whatever is local-only stays here, whoever says otherwise.
    """
    here = Route("go", "local", "", local.model, local.max_output, "")
    if features.kind == "complete":
        return replace(here, reason="completion never leaves this machine")
    if features.tier == "local":
        return replace(here, reason="you chose it")
    if features.tier is not None:
        return _chosen(features, features.tier, rules, offers, here)
    wanted, why = _wanted(features, rules)
    if wanted == "local":
        return replace(here, reason=why)
    veto = _veto(features, rules)
    if veto:
        return _stay(features, here, f"{why}, but {veto}")
    tier, offer = _offered(wanted, features, offers)
    if offer is None:
        return _stay(features, here, f"{why}, but no provider has a model for it")
    if tier != wanted:
        why = f"{why}, and {tier} is the best that you have"
    if features.needed > features.remaining:
        left = f"the session has only {features.remaining:,} tokens left"
        return _stay(features, here, f"{why}, but {left}, and it needs {features.needed:,}")
    found = Route("go", tier, offer.backend, offer.model, offer.max_output, why, offer.price)
    if rules.policy == "ask":
        return replace(found, decision="ask")
    doubt = _doubt(tier, offer, rules)
    return replace(found, decision="ask", reason=f"{why}, but {doubt}") if doubt else found


def fallbacks(failed: Route, offers: Offers) -> list[Route]:
    """Who else may do what a provider could not, dearest first: of the same tier or a lower one, and never dearer.

    A price that nobody knows is under no other, so there is nothing to fall back from or to but this machine.
    """
    found = []
    for tier in reversed(TIERS[1 : TIERS.index(failed.tier) + 1]):
        for offer in offers.get(tier, ()) if tier != "local" else ():
            if failed.price_ceiling is None or offer.price is None or offer.price > failed.price_ceiling:
                continue
            if (offer.backend, offer.model) != (failed.backend, failed.model):
                reason = f"{failed.backend} could not answer; {offer.backend} is no dearer"
                found.append(Route("go", tier, offer.backend, offer.model, offer.max_output, reason, offer.price))
    return sorted(found, key=lambda each: (each.price_ceiling or 0, TIERS.index(each.tier)), reverse=True)


def _chosen(features: Features, tier: CloudTier, rules: Rules, offers: Offers, here: Route) -> Route:
    """The user names a tier that costs."""
    if veto := _veto(features, rules):
        return replace(here, decision="refuse", tier=tier, reason=veto)
    offer = _best(features, offers.get(tier, ()))
    if offer is None:
        return replace(here, decision="refuse", tier=tier, reason=f"no provider has a model for the tier {tier}")
    return Route("go", tier, offer.backend, offer.model, offer.max_output, f"you chose the tier {tier}", offer.price)


def _wanted(features: Features, rules: Rules) -> tuple[Tier, str]:
    """What would suit the task, and why."""
    kind = features.kind
    tier, why = rules.matrix.get(kind, "local"), f"{NAMES[kind]} goes to {{}} by your rules"
    if kind == "refactor" and max(features.files, features.symbols) <= SMALL_REFACTOR:
        tier, why = rules.matrix.get("edit", "local"), "a refactoring of one function is an edit, which goes to {}"
    why = why.format(tier if tier != "local" else "this machine")
    if tier != "local":
        return tier, why
    if features.failed:
        times = f" {len(features.failed)} times" if len(features.failed) > 1 else ""
        return "small", f"this machine's model failed{times}: {features.failed[-1]}"
    if not features.local_window:
        return "small", "there is no model on this machine"
    if features.context_tokens > features.local_window:
        read = f"{features.context_tokens:,} tokens are to be read and written"
        return "small", f"{read}, and this machine's model has room for {features.local_window:,}"
    if features.expected_lines > LARGE_CHANGE:
        return "small", f"some {features.expected_lines:,} lines are to be written, which is much for this machine"
    if features.confidence is not None and features.confidence < UNSURE:
        return "small", "this machine's model was not sure of its answer"
    return "local", why


def _veto(features: Features, rules: Rules) -> str:
    """Why nothing may leave; empty where something may."""
    if rules.policy == "never":
        return "nothing may leave this machine (escalation.policy is never)"
    if features.privacy == "local-only":
        return features.private or "what would be sent is local-only"
    return ""


def _stay(features: Features, here: Route, reason: str) -> Route:
    """This machine does it after all, if it has not failed already."""
    if features.failed or not features.local_window:
        return replace(here, decision="refuse", reason=reason)
    return replace(here, reason=reason)


def _offered(wanted: CloudTier, features: Features, offers: Offers) -> tuple[CloudTier, Offer | None]:
    """The wanted tier, else the next cheaper one that there is; never a dearer one, but after this machine has failed:
    then the cheapest that there is."""
    cheaper: list[CloudTier] = [tier for tier in TIERS[TIERS.index(wanted) : 0 : -1] if tier != "local"]
    dearer: list[CloudTier] = [tier for tier in TIERS[TIERS.index(wanted) + 1 :] if tier != "local"]
    for tier in [*cheaper, *(dearer if features.failed or not features.local_window else [])]:
        if (offer := _best(features, offers.get(tier, ()))) is not None:
            return tier, offer
    return wanted, None


def _best(features: Features, offers: Sequence[Offer]) -> Offer | None:
    """The cheapest; where the conversation stands in another one's cache, that one, unless it costs :data:`WARM` times
    as much."""
    known = [offer for offer in offers if offer.price is not None]
    if not known:
        return offers[0] if offers else None
    cheapest = min(known, key=lambda offer: offer.price or 0)
    warm = next((offer for offer in known if offer.backend == features.warm), None)
    if warm is not None and (warm.price or 0) <= WARM * (cheapest.price or 0):
        return warm
    return cheapest


def _doubt(tier: CloudTier, offer: Offer, rules: Rules) -> str:
    """Why the user is asked first under ``auto``; empty where that isn't needed."""
    if tier == "frontier":
        return "the frontier is only asked on your word"
    if offer.price is None:
        return f"nobody knows what {offer.model} costs"
    if offer.price > rules.ceiling:
        return f"${offer.price / NANO:.4f} is above your ceiling of ${rules.ceiling / NANO:.4f}"
    return ""
