"""Whether the model is sure enough of an answer for it to be shown to somebody who has not asked for it."""

LEAST_MEAN = -0.6
"""The mean of the logarithms of the probabilities of the first line's tokens below which an answer is withheld. Of the
rests of 35 lines of six repositories, told by the 0.5B with a third typed, 8 were right and none of these was below
-0.55; five of the 27 wrong ones were below -0.6."""


class Confidence:
    """How sure the model is of the first line of an answer, as that grows."""

    def __init__(self) -> None:
        self._text = ""
        self._tokens = 0
        self._logprob = 0.0

    def add(self, text: str, tokens: int, logprob: float) -> None:
        """Take some more of the answer.

        Args:
            text: what is new.
            tokens: of the answer so far.
            logprob: sum of the logarithms of their probabilities; 0 where nobody knows.
        """
        if not self.line_ended:
            self._text += text
            self._tokens, self._logprob = tokens, logprob

    @property
    def line_ended(self) -> bool:
        """Whether the first line that says something is complete; the token that ends it is one of its own."""
        return "\n" in self._text.lstrip()

    @property
    def mean(self) -> float:
        """Of the line so far, at most 0."""
        return self._logprob / self._tokens if self._tokens else 0.0

    def enough(self, least: float = LEAST_MEAN) -> bool:
        """Whether it may be shown. Where the backend does not say how sure it is, everything may."""
        return self.mean >= least
