"""Where an answer ends: nothing of what ends it is ever said."""

from collections.abc import Sequence


class Stops:
    """Holds back text that may be the beginning of what ends the answer.

    Args:
        strings: the answer ends before the one of these that is complete first.
    """

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = [string for string in strings if string]
        self._held = ""
        self.stopped = False
        """Whether one of them has come."""

    def add(self, text: str) -> str:
        """Take some text; returns what of it, and of what was held back, can be said now."""
        if self.stopped:
            return ""
        text = self._held + text
        found = [(at + len(string), at) for string in self._strings if (at := text.find(string)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            # The one that is complete first: wherever the text is cut, it ends at the same place.
            return text[: min(found)[1]]
        keep = max((_overlap(text, string) for string in self._strings), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def end(self) -> str:
        """The answer is over: what was held back is text."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, string: str) -> int:
    """How much of the end of a text is the beginning of a string, of which there is less than all."""
    return next((size for size in range(min(len(text), len(string) - 1), 0, -1) if text.endswith(string[:size])), 0)
