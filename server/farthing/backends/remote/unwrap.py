"""An answer as if it had been begun for the model: no two servers agree on how that is asked for. Pure."""

import re

from farthing.backends.chat import Hints

_TICKS = re.compile(r"`{3,}")


class Unwrap:
    """Takes off what a model says before the code that it was asked for, and what it says behind it.

    Args:
        hints: what would have been said for the model, and where it would have been stopped.
    """

    def __init__(self, hints: Hints) -> None:
        ticks = _TICKS.match(hints.start)
        self._fence = re.compile(rf"^[ \t]*{ticks[0]}[^\n`]*\n", re.MULTILINE) if ticks else None
        self._stops = hints.stop
        self._held = ""
        self.done = False
        """What follows is none of the answer."""

    def feed(self, text: str) -> str:
        """As much of the text as is sure to belong to the answer."""
        if self.done:
            return ""
        text, self._held = self._held + text, ""
        if self._fence is not None:
            opened = self._fence.search(text)
            if opened is None:
                self._held = text
                return ""
            self._fence, text = None, text[opened.end() :]
        found = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:
            self.done = True
            return text[: min(found)]
        kept = max(
            (size for stop in self._stops for size in range(1, len(stop)) if text.endswith(stop[:size])), default=0
        )
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]

    def end(self) -> str:
        """What was held back and turned out to be text: all of it, where the model has used no fence."""
        held, self._held = self._held, ""
        return held
