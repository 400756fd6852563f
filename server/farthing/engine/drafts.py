"""Prompt look-up: what followed the same few tokens before is likely to follow them again.

Guessed tokens are computed together with the one before them, which costs little more than that one alone, and are kept
as far as the model would have said the same. (Saxena, "Prompt Lookup Decoding", 2023; llama.cpp's `lookup`.)
"""

from collections.abc import Sequence

ORDER = 3
"""Tokens that have to be the same."""


class Lookup:
    """Finds drafts.

    Args:
        texts: tokens to look in; what comes later counts more.
    """

    def __init__(self, *texts: Sequence[int]) -> None:
        self._places: dict[tuple[int, ...], tuple[Sequence[int], int]] = {}
        for text in texts:
            for i in range(len(text) - ORDER):
                self._places[tuple(text[i : i + ORDER])] = text, i + ORDER

    def draft(self, last: Sequence[int], count: int) -> list[int]:
        """At most so many tokens that may follow.

        Args:
            last: the tokens before; only the last few matter.
        """
        found = self._places.get(tuple(last[-ORDER:]))
        return list(found[0][found[1] : found[1] + count]) if found else []
