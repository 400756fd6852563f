"""Guesses of what comes next: they are computed together with the token before them, which costs less than one after
the other, and are kept as far as the model would have said the same.

(Saxena, "Prompt Lookup Decoding", 2023; llama.cpp's `lookup`.)

On 2 cores, behind 1,000 other tokens, so many tokens at once take the 1.5B (``scripts/bench drafts --batches``):

======  ===  ===  ===  ===  ===  ===  ===  ===  ===  ===
tokens    1    2    3    4    8   12   16   32   48   64
ms       92  140  171  204  304  321  327  490  675  919
======  ===  ===  ===  ===  ===  ===  ===  ===  ===  ===

A function of 40 lines that it rewrites, 336 to 364 tokens, takes these seconds, with so many tokens guessed at once
(``scripts/bench drafts``); the text is the same each time:

=====================================  ========  ======  ============
guessed                                one line  rename  no docstring
=====================================  ========  ======  ============
none                                       31.6    31.8          34.5
3 or 15                                     7.2    10.1          12.0
15 or 31                                    5.2     8.8          11.1
3, 15 or 31                                 5.0     8.5          10.1
3, 15 or 31, and what was changed           5.2     6.6          10.3
3, 15, 31 or 63, and what was changed       4.6     6.5           9.8
=====================================  ========  ======  ============
"""

from collections.abc import Sequence

ORDER = 3
"""Tokens that have to be the same."""

LEVELS = (3, 15, 31, 63)
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

    A token that stands in place of another one is taken to do so from then on, as with a name that is changed.

    Args:
        text: its tokens; the answer is taken to begin with the first.
    """

    def __init__(self, text: Sequence[int]) -> None:
        self._text = list(text)
        self._at: int | None = 0
        """Where the answer is in the text; None where it has left it."""
        self._reached = 0
        """The last place where it was for certain."""
        self._doubt: tuple[int, int] | None = None
        """A token of the text and the one that came instead of it, until the next one tells more."""
        self._changed: dict[int, int] = {}
        self._last: list[int] = []
        self._level = 1
        self._guessed = self._right = 0

    def add(self, token: int) -> None:
        """The answer goes on with this."""
        self._last = [*self._last[1 - ORDER :], token]
        wanted = None if self._at is None or self._at >= len(self._text) else self._text[self._at]
        if self._at is not None and wanted is not None and token == self._changed.get(wanted, wanted):
            if self._doubt:
                self._changed[self._doubt[0]] = self._doubt[1]
            self._at, self._doubt = self._at + 1, None
            self._reached = self._at
            self._right += 1
        elif (found := self._find()) is not None:
            self._at, self._doubt, self._reached = found, None, found
        elif self._at is not None and wanted is not None and self._doubt is None:
            self._at, self._doubt = self._at + 1, (wanted, token)
        else:
            self._at = self._doubt = None

    def guess(self) -> list[int]:
        """What comes next, if it is known where the answer is."""
        if self._guessed:
            if self._right >= self._guessed:
                self._level = min(self._level + 1, len(LEVELS) - 1)
            elif self._right * 2 < self._guessed:
                self._level = max(self._level - 1, 0)
        count = 0 if self._doubt else LEVELS[self._level]
        found = [] if self._at is None else self._text[self._at : self._at + count]
        self._guessed, self._right = len(found), 0
        return [self._changed.get(token, token) for token in found]

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
