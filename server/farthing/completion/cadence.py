"""When to begin with an answer: at once, or only when the user pauses. What was measured decides, and no guess.

Where the first token comes before the next key is pressed, waiting would only cost time. Where it does not, almost all
that is begun at a key is given up at the next one; there it pays to wait for a little longer than from key to key.
"""

from collections import deque
from statistics import median

from farthing.settings import Trigger

SAMPLES = 20
"""So many of the last generations and keystrokes count."""

PAUSE_S = 2.0
"""Longer than this between two keystrokes is no typing."""

FACTOR = 1.25
"""Of the time from key to key: so long is waited where the machine is slower than that."""

SHORTEST_S, LONGEST_S = 0.05, 0.4
"""Limits of that wait."""

IDLE_S = 0.5
"""The pause after which an answer is begun where the user wants it only then."""


class Cadence:
    """How fast the user types, and how fast the machine answers. All times are seconds."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._intervals: deque[float] = deque(maxlen=SAMPLES)
        self._latencies: deque[float] = deque(maxlen=SAMPLES)

    def keystroke(self, now: float) -> None:
        """A key was pressed.

        Args:
            now: of a clock that never goes back.
        """
        if self._last is not None and now - self._last <= PAUSE_S:
            self._intervals.append(now - self._last)
        self._last = now

    def answered(self, latency: float) -> None:
        """A generation came to its first token after so long; infinity where it was given up before."""
        self._latencies.append(latency)

    def wait(self, trigger: Trigger) -> float | None:
        """How long to wait for another keystroke before an answer is begun that nobody asked for; None: for ever."""
        match trigger:
            case "manual":
                return None
            case "idle":
                return IDLE_S
            case "automatic":
                return self._typing_pause()

    def _typing_pause(self) -> float:
        if not self._intervals or not self._latencies:
            return 0.0
        cadence = median(self._intervals)
        if median(self._latencies) < cadence:
            return 0.0
        return min(max(FACTOR * cadence, SHORTEST_S), LONGEST_S)
