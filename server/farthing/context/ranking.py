"""The ranking of one instruction, made once and asked for twice: for the place to change, and for what is shown."""

import functools

from farthing.context.model import Wanted
from farthing.context.source import Place
from farthing.index import features
from farthing.index.model import fitted
from farthing.index.pack import Item
from farthing.index.rank import Ranker, Scored
from farthing.index.retrieval import Retrieval

_EVIDENCE = [features.FEATURES.index(name) for name in ("words", "name_code", "name_word", "name_part")]


class Ranking:
    """What the index takes for likely.

    Args:
        wanted: the instruction and the editor's place.
    """

    def __init__(self, wanted: Wanted, retrieval: Retrieval) -> None:
        self._wanted = wanted
        self._ranker = _ranker(retrieval)

    @functools.cached_property
    def _scored(self) -> Scored:
        focus = [self._wanted.path] if self._wanted.path else []
        return self._ranker.score(self._wanted.instruction, focus, self._wanted.selection)

    def items(self, budget: int) -> list[Item]:
        """Pieces of the repository within a budget of tokens, best first."""
        return self._ranker.choose(self._scored, fitted(), budget) if budget > 0 else []

    def best(self, path: str, units: list[Place]) -> Place | None:
        """The most likely of the definitions of a file, if the instruction has anything to do with it."""
        by_name: dict[str, list[Place]] = {}
        for each in units:
            by_name.setdefault(each.symbol, []).append(each)
        scored = self._scored
        logits = scored.matrix @ fitted().weights
        for i in sorted(range(len(scored.pool.symbols)), key=lambda i: -logits[i]):
            symbol = scored.pool.symbols[i]
            if symbol.path == path and symbol.symbol in by_name and scored.matrix[i, _EVIDENCE].any():
                # The index may be older than the text.
                return min(by_name[symbol.symbol], key=lambda each: abs(each.definition.start_line - symbol.start_line))
        return None


@functools.lru_cache(maxsize=2)
def _ranker(retrieval: Retrieval) -> Ranker:
    """Kept, as it remembers which files import which as long as the index stays: a third of a choice's time."""
    return Ranker(retrieval)
