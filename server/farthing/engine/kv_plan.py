"""Which cells of a KV cache can stay when a prompt becomes another one."""

from collections.abc import Sequence
from dataclasses import dataclass

SHINGLE = 16
"""Tokens by which a moved part of a prompt is found again."""

LEAST_MOVED = 4
"""Tokens: fewer are computed faster than moved."""


@dataclass(frozen=True)
class Prompt:
    """A prompt as tokens."""

    tokens: tuple[int, ...]
    """All but the closing ones."""
    closing: tuple[int, ...]
    """The last ones, at least one: always computed, as their logits are wanted."""
    marker: int = -1
    """Index of the token that stands between what is before the cursor and what is behind it; -1 in prompts that only
    grow at their end."""

    @property
    def before(self) -> tuple[int, ...]:
        """Ends with the tokens before the cursor."""
        return self.tokens if self.marker < 0 else self.tokens[: self.marker]

    @property
    def behind(self) -> tuple[int, ...]:
        """The tokens behind the cursor, where they stand at the end."""
        return () if self.marker < 0 else self.tokens[self.marker + 1 :]


@dataclass(frozen=True)
class Block:
    """Cells that can stay: ``count`` tokens at ``old`` in the cache, at ``new`` in the prompt."""

    old: int
    new: int
    count: int


def plan(old: Sequence[int], old_tail: int, prompt: Prompt) -> list[Block]:
    """Which cells can stay, in their order. The first block begins at 0 in both and may be empty; the others have
    to be moved where ``old`` and ``new`` differ.

    No moved block holds the marker: it tells the model where the text before the cursor ends, and must be computed
    whenever that text has changed.

    Args:
        old: the earlier prompt's tokens, without its closing ones.
        old_tail: where what was behind the cursor begins among them, or -1.
        prompt: the one that is wanted.
    """
    new, marker = prompt.tokens, prompt.marker
    keep = common_start(old, new)
    first = Block(0, 0, keep)
    if marker < 0 or old_tail < 0 or keep == len(new):
        return [first]
    tail = _common_end(old, max(keep, old_tail), new, max(keep, marker + 1))
    moved = _moved(old[keep : tail.old], new[keep : tail.new], keep, marker)
    return [first, *moved, *([tail] if tail.count >= LEAST_MOVED else [])]


def common_start(one: Sequence[int], two: Sequence[int]) -> int:
    """How many tokens two lists begin with that are the same."""
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _common_end(old: Sequence[int], old_start: int, new: Sequence[int], new_start: int) -> Block:
    count = 0
    while count < min(len(old) - old_start, len(new) - new_start) and old[-1 - count] == new[-1 - count]:
        count += 1
    return Block(len(old) - count, len(new) - count, count)


def _moved(old: Sequence[int], new: Sequence[int], at: int, marker: int) -> list[Block]:
    """Runs of tokens that both have, by order of appearance; of each place the first and longest one."""
    places: dict[tuple[int, ...], list[int]] = {}
    for i in range(len(old) - SHINGLE + 1):
        places.setdefault(tuple(old[i : i + SHINGLE]), []).append(i)
    found: list[Block] = []
    i = reached = 0
    while i <= len(new) - SHINGLE:
        start = next((place for place in places.get(tuple(new[i : i + SHINGLE]), ()) if place >= reached), None)
        if start is None or i <= marker - at < i + SHINGLE:
            i += 1
            continue
        count = SHINGLE
        while (
            i + count < len(new) and start + count < len(old)
            and new[i + count] == old[start + count] and at + i + count != marker
        ):  # fmt: skip
            count += 1
        found.append(Block(at + start, at + i, count))
        i, reached = i + count, start + count
    return found
