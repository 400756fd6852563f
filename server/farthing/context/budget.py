"""How many tokens of a repository are worth sending, by who reads them."""

from farthing.errors import UsageError

PATIENCE_SECONDS = 6.0
"""What a user waits for the first word of a model on this machine, of which the repository's part is most."""

FIXED_TOKENS = 200
"""Of a prompt without any context: rules, format, instruction."""

LEAST = 300
"""With less a function and what it calls hardly fit: the user waits longer instead."""

UNKNOWN = 600
"""Where it is not known how fast the machine reads: as much as at some 130 tokens a second."""

_TIERS = {
    # Of what a commit changed, the choice of context shows 70 % within 4,000 tokens, 76 % within 8,000 and 84 % within
    # 16,000 (README of farthing.index). A dearer model is asked for harder work, where a missing piece costs a turn.
    "small": 4000,
    "medium": 8000,
    "frontier": 16000,
}


def local_budget(prefill_rate: float | None, context_tokens: int, patience_s: float = PATIENCE_SECONDS) -> int:
    """Tokens that a model on this machine reads within the user's patience.

    Args:
        prefill_rate: tokens that it reads in a second; None where it is not known.
        context_tokens: of its window. No more than half of it is filled: the instruction, the answer and the turns
            before need room.
        patience_s: seconds.
    """
    room = max(1, context_tokens // 2)
    wanted = UNKNOWN if prefill_rate is None else max(LEAST, int(prefill_rate * patience_s) - FIXED_TOKENS)
    return min(room, wanted)


def cloud_budget(tier: str) -> int:
    """Tokens for a model that bills.

    Raises:
        UsageError: there is no such tier.
    """
    if tier not in _TIERS:
        raise UsageError(f"there is no tier {tier}", f"Name one of {', '.join(_TIERS)}")
    return _TIERS[tier]
