"""How good a choice of context was, against what the commit needed."""

import re
from collections.abc import Sequence

import numpy as np
from baselines import Shown
from commits import Case, Wanted

ENOUGH = 0.8
"""The recall that tokens are counted up to."""


def recall(case: Case, shown: Shown) -> float:
    """Share of the edit set whose changed lines are all shown."""
    bodies = [piece for piece in shown if piece.body]
    return sum(_found(each, bodies) for each in case.wanted) / len(case.wanted)


def need_recall(case: Case, shown: Shown, signatures: bool = True) -> float:
    """The same of the need set: the edit set, and what the added lines call.

    Args:
        signatures: whether the signature of what is only called is enough.
    """
    bodies = [piece for piece in shown if piece.body]
    found = [_found(each, bodies) for each in case.wanted]
    found += [_found(each, shown if signatures else bodies) for each in case.called]
    return sum(found) / len(found)


def _found(wanted: Wanted, shown: Shown) -> bool:
    spans = [(piece.first, piece.last) for piece in shown if piece.path == wanted.path]
    return all(
        all(any(a <= line <= b for a, b in spans) for line in range(first, last + 1)) for first, last in wanted.lines
    )


def tokens_to_enough(case: Case, shown: Shown) -> float:
    """Tokens of the best pieces that together reach a recall of :data:`ENOUGH`; infinite where all don't."""
    used, so_far, paths = 0, [], {each.path for each in case.wanted}
    for piece in shown:
        so_far.append(piece)
        used += piece.tokens
        if piece.path in paths and recall(case, so_far) >= ENOUGH:
            return used
    return float("inf")


def names_a_change(message: str, wanted: Sequence[Wanted]) -> bool:
    """Whether a message holds the name of a changed function, as a word of its own."""
    words = set(re.findall(r"\w+", message))
    return any(re.split(r"\W+", each.symbol)[-1] in words for each in wanted)


def interval(differences: "np.typing.NDArray[np.float64]") -> tuple[float, float]:
    """95 % bootstrap interval of a mean."""
    draws = np.random.default_rng(0).integers(0, len(differences), (10_000, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
