"""Counting an answer while it streams, to notice a provider that does not keep to the limit that it was sent."""

import asyncio

from farthing import tokens

KNOWN_ROOM, UNKNOWN_ROOM = 1.1, 1.5
"""An answer may count so many times its limit before the provider is taken for one that doesn't honour it. Where the
model's tokenizer isn't public we count with another one, and who keeps to the limit must not be blocked."""

MORE = 32
"""And so many tokens more: text that is counted in pieces has one more for each of them."""


class Watch:
    """What was generated so far.

    Args:
        limit: tokens that the provider was sent as its limit.
        vocabulary: the model's; o200k_base where it isn't public.
    """

    def __init__(self, limit: int, vocabulary: tokens.Name | None) -> None:
        self.counted = 0
        """Tokens so far; behind by what need not be counted yet."""
        self._allowed = int(limit * (KNOWN_ROOM if vocabulary else UNKNOWN_ROOM)) + MORE
        self._vocabulary: tokens.Name = vocabulary or "o200k_base"
        self._pending = ""
        self._pending_bytes = 0

    async def over(self, text: str) -> bool:
        """Take some more text; returns whether this is more than any honest answer has."""
        self._pending += text
        self._pending_bytes += len(text.encode("utf-8", "replace"))
        # A token has a byte at least: while there are fewer bytes than tokens are allowed, there is nothing to count.
        if self.counted + self._pending_bytes > self._allowed:
            pending, self._pending, self._pending_bytes = self._pending, "", 0
            self.counted += await asyncio.to_thread(tokens.count, pending, self._vocabulary)
        return self.counted > self._allowed
