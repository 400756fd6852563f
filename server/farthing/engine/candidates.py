"""Several answers to one prompt: the most likely one, and others that leave it where the model was least sure."""

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

MAX_CANDIDATES = 5
"""Answers to one prompt at most."""

MAX_OTHER = 48
"""Tokens of each answer but the first: who asked for several waits for all of them."""


@dataclass(frozen=True)
class Fork:
    """Another token at a place of an answer."""

    place: int
    """Index of the token that it stands in for."""
    token: int
    behind: float
    """By how much its logit is lower."""


@dataclass
class Answer:
    """What was generated."""

    required: bytes
    """What has to be spelled first: the cursor is behind it."""
    tokens: list[int] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)
    """Sum of the logarithms of the probabilities up to each token."""
    forks: list[Fork] = field(default_factory=list)
    """Where it could have gone elsewhere, as far as that was noted."""
    said: bytes = b""
    """Without what was required."""
    _text: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )

    @property
    def logprob(self) -> float:
        """Of all of it."""
        return self.sums[-1] if self.sums else 0.0

    @property
    def in_first_line(self) -> bool:
        """Whether the first line that says something has not ended yet."""
        return b"\n" not in self.said.lstrip()

    def add(self, token: int, piece: bytes, logprob: float) -> str:
        """Take a token; returns the text that it completes."""
        self.tokens.append(token)
        self.sums.append(self.logprob + logprob)
        self.required, piece = self.required[len(piece) :], piece[len(self.required) :]
        self.said += piece
        return self._text.decode(piece)

    def note(self, chosen: bytes, others: Iterable[tuple[int, float]], piece: Callable[[int], bytes]) -> None:
        """Take note of tokens that could stand in for the next one.

        Args:
            chosen: the bytes of the one that is taken.
            others: tokens, and by how much each is less likely.
            piece: bytes of a token; none for one that ends an answer.
        """
        for token, behind in others:
            spelled = piece(token)
            # Half of the same word, or the same with other white space, most often says the same in the end.
            if len(spelled) > len(self.required) and not chosen.strip().startswith(spelled.strip()):
                self.forks.append(Fork(len(self.tokens), token, behind))

    def forked(self, required: bytes, fork: Fork, piece: Callable[[int], bytes]) -> "tuple[Answer, str]":
        """The beginning of another answer, and its text: all that stands before a fork, and then its token.

        Args:
            required: what this answer had to spell first.
            piece: bytes of a token.
        """
        other, text, last = Answer(required), "", 0.0
        for token, total in zip(self.tokens[: fork.place], self.sums, strict=False):
            text += other.add(token, piece(token), total - last)
            last = total
        taken = self.sums[fork.place] - last
        text += other.add(fork.token, piece(fork.token), taken - fork.behind)
        return other, text


def best_forks(answer: Answer, count: int) -> list[Fork]:
    """The forks that are least unlikely, wherever they are.

    At 30 places of real files, of two that leave an answer of the 0.5B model at its first token, 1.63 said something
    new; of two that leave it where it was least sure, 1.93. The best of the three came as close to what stood there
    (0.69 and 0.68 by difflib's ratio; the first answer alone 0.58), and was just that 7 and 6 times (5).
    """
    return sorted(answer.forks, key=lambda fork: fork.behind)[:count]
