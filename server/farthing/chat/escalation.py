"""What the user is told where a model that costs is proposed, or was asked after this machine's failed. Pure."""

from dataclasses import replace

from farthing.chat.model import Finished
from farthing.chat.preparing import Prepared
from farthing.ledger.model import Usage
from farthing.ledger.room import dollars


def failed(finished: Finished) -> bool:
    """Whether a mechanical check says that the answer is not good enough: it does not parse or apply, or tests fail."""
    if finished.result is None and finished.ending == "length":
        return False  # an answer in words that was cut off
    return finished.ending != "done" or (finished.checked is not None and not finished.checked.passed)


def why(finished: Finished) -> str:
    """That it is not, in one line."""
    if finished.ending != "done":
        return finished.message
    return finished.checked.message if finished.checked else ""


def question(prepared: Prepared) -> Finished:
    """The end of a turn in which nobody was asked but the user."""
    reason = prepared.choice.reason
    tier = prepared.choice.answerer.tier
    return Finished(
        "asks", reason, "", None, Usage(0, 0), 0, 0, escalation=tier, escalation_note=note(prepared),
        model=prepared.choice.answerer.model,
    )  # fmt: skip


def proposal(finished: Finished, prepared: Prepared) -> Finished:
    """The end of a turn that has failed, with a tier that may do better."""
    spent = f"this machine's {tries(finished)}"
    return replace(
        finished, escalation=prepared.choice.answerer.tier, escalation_note=f"{note(prepared)}; {spent}"
    )  # fmt: skip


def with_first_try(finished: Finished, first: Finished) -> Finished:
    """The end of a turn that this machine's model began and could not end."""
    return replace(
        finished, notes=(f"{why(first)}; {tries(first)}, then a model that costs was asked", *finished.notes)
    )


def tries(finished: Finished) -> str:
    """What a failed answer took."""
    attempts = f"{finished.attempts} tries" if finished.attempts != 1 else "one try"
    return f"{attempts} took {finished.usage.total:,} tokens"


def note(prepared: Prepared) -> str:
    """What would be sent where, and cost at most."""
    route = prepared.choice.route
    assert route is not None
    price = "nobody knows its price" if route.price_ceiling is None else f"at most {dollars(route.price_ceiling)}"
    return f"about {prepared.tokens:,} tokens would be sent to {route.backend} ({route.model}), {price}"
