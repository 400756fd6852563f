"""An answer as if it had been begun for the model: no two servers agree on how that is asked for. Pure."""

import re

from farthing.backends.chat import Hints
from farthing.engine.stops import Stops

_TICKS = re.compile(r"`{3,}")


class Unwrap:
    """Takes off what a model says before the code that it was asked for, and what it says behind it.

    Args:
        hints: what would have been said for the model, and where it would have been stopped.
    """

    def __init__(self, hints: Hints) -> None:
        ticks = _TICKS.match(hints.start)
        self._fence = re.compile(rf"^[ \t]*{ticks[0]}[^\n`]*\n", re.MULTILINE) if ticks else None
        self._stops = Stops(hints.stop)
        self._held = ""
        """What came before a fence was opened."""

    @property
    def done(self) -> bool:
        """Whether what follows is none of the answer."""
        return self._stops.stopped

    def feed(self, text: str) -> str:
        """As much of the text as is sure to belong to the answer."""
        if self._fence is None:
            return self._stops.add(text)
        self._held += text
        opened = self._fence.search(self._held)
        if opened is None:
            return ""
        text, self._held, self._fence = self._held[opened.end() :], "", None
        return self._stops.add(text)

    def end(self) -> str:
        """What was held back and turned out to be text: all of it, where the model has used no fence."""
        return self._held + self._stops.end()
