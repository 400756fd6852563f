"""Guesses of what comes next: they are computed together with the token before them, which costs less than one after
the other, and are kept as far as the model would have said the same.

(Saxena, "Prompt Lookup Decoding", 2023; llama.cpp's `lookup`.)
"""

from collections.abc import Sequence

ORDER = 3
"""Tokens that have to be the same."""

LEVELS = (3, 15, 31)
"""Tokens that are guessed at once of a text that is mostly repeated: more after a guess that was right to its end."""


class Lookup:
    """What followed the same few tokens before is likely to follow them again.

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


class Repetition:
    """Follows a text that an answer repeats, with changes here and there.

    Args:
        text: its tokens; the answer is taken to begin with the first.
    """

    def __init__(self, text: Sequence[int]) -> None:
        self._text = list(text)
        self._at: int | None = 0
        """Where the answer is in the text; None where it has left it."""
        self._reached = 0
        self._last: list[int] = []
        self._level = 1
        self._guessed = self._right = 0

    def add(self, token: int) -> None:
        """The answer goes on with this."""
        self._last = [*self._last[1 - ORDER :], token]
        if self._at is not None and self._at < len(self._text) and self._text[self._at] == token:
            self._at += 1
            self._right += 1
        else:
            self._at = self._find()
        if self._at is not None:
            self._reached = self._at

    def guess(self) -> list[int]:
        """What comes next, if it is known where the answer is."""
        if self._guessed:
            if self._right >= self._guessed:
                self._level = min(self._level + 1, len(LEVELS) - 1)
            elif self._right * 2 < self._guessed:
                self._level = max(self._level - 1, 0)
        found = [] if self._at is None else self._text[self._at : self._at + LEVELS[self._level]]
        self._guessed, self._right = len(found), 0
        return found

    def _find(self) -> int | None:
        """Behind the last few tokens of the answer: the first place from where it was, else the last one before."""
        for order in (ORDER, ORDER - 1):
            if len(self._last) < order:
                continue
            ends = range(order, len(self._text) + 1)
            found = [end for end in ends if self._text[end - order : end] == self._last[-order:]]
            if found:
                return next((end for end in found if end >= self._reached), found[-1])
        return None
