"""Something that happens often, told of less often."""

import asyncio
from collections.abc import Callable

INTERVAL_S = 0.05
"""A screen is looked at no oftener than so: twenty times a second."""


class Pulse:
    """Calls a function soon after it is wanted, and never twice within :data:`INTERVAL_S`.

    Args:
        beat: what to call.
    """

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = beat
        self._last = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def want(self) -> None:
        """Have it called, at once where it was not called lately."""
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._last + INTERVAL_S - loop.time()
        if wait <= 0:
            self.now()
        else:
            self._timer = loop.call_later(wait, self.now)

    def now(self) -> None:
        """Call it at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._last = asyncio.get_running_loop().time()
        self._beat()
