"""Why a piece of context was chosen, in a few words for the user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from farthing.index import features

if TYPE_CHECKING:
    from farthing.index.rank import Scored

_COLUMN = {name: i for i, name in enumerate(features.FEATURES)}


def reason(scored: Scored, i: int, taken: Sequence[int]) -> str:
    """Why candidate ``i`` is shown beside those already taken; the most telling ground first."""
    row = scored.matrix[i]
    symbol = scored.pool.symbols[i]
    if row[_COLUMN["selected"]]:
        return "selected"
    if row[_COLUMN["name_code"]]:
        return f"names `{symbol.name}`"
    if found := _linked(scored, symbol.id, sorted(scored.selected), "the selection"):
        return found
    if row[_COLUMN["path_named"]]:
        return f"in {symbol.path}, which is named"
    if row[_COLUMN["name_word"]]:
        return f"named like `{symbol.name}` in the instruction"
    if row[_COLUMN["words_rank"]] > 0.25 or row[_COLUMN["words"]] > 0.5:
        return "its text is close to the instruction"
    for other in taken[:5]:
        one = scored.pool.symbols[other]
        if found := _linked(scored, symbol.id, [one.id], one.symbol):
            return found
        if features.is_test(symbol.path) and _pair(symbol.path, one.path):
            return f"test of {one.path}"
    if row[_COLUMN["name_part"]] >= 0.5:
        return "its name has words of the instruction"
    if row[_COLUMN["focus"]]:
        return "in an open file"
    if row[_COLUMN["file"]] > 0.5:
        return "its file is close to the instruction"
    if row[_COLUMN["recent"]] > 0.5:
        return "in a file that changed lately"
    return "its text has words of the instruction" if row[_COLUMN["words"]] else "near what the instruction is about"


def _pair(test: str, code: str) -> bool:
    return not features.is_test(code) and features.subject(test) == features.subject(code)


def _linked(scored: Scored, id: int, others: Sequence[int], name: str) -> str:
    for other in others:
        if (other, id) in scored.pairs:
            return f"called by {name}"
        if (id, other) in scored.pairs:
            return f"calls {name}"
    return ""
