"""Where breakpoints pay. Pure.

A prompt is laid out so that what stays comes first: tools, system, the repository as the first turn showed it, what
was said, and what is said now. A breakpoint has the provider keep everything before it. Only the last one costs: what
is written is what stands between what is kept already and the last breakpoint. The others are free, and let a later
prompt that goes another way at the end still find what is the same.

For every possible last breakpoint and time the expected gain against a prompt without any is, in tokens of plain
input::

    kept x (1 - read)                         what is kept already is read now, ...
  + kept x (1 - read) x reads                 ... and stays kept, at no price
  + new x ((1 - read) x reads - (write - 1))  what is written now costs more once, and less each time that it is read

The largest gain is taken, and where none is above 0 there is no breakpoint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import get_args

from farthing.backends.caching.outlook import Outlook
from farthing.backends.caching.rules import MARKS, Rates, Rules
from farthing.backends.chat import Caching, Keep, Prompt

BYTES = 3.5
"""Of source code for a token, on the safe side: a breakpoint before too little is ignored and costs nothing."""

MESSAGE_TOKENS = 4
"""That a message has besides its text."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the provider should still have of a prompt."""

    index: int
    """Of the last message of it."""
    keep: Keep
    """For how long it was written."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A prompt as a provider sees it."""

    ends: tuple[int, ...]
    """Tokens up to the end of each message, estimated."""
    system: int
    """Index of the last message of tools and system; -1 where there is none."""
    stable: int
    """Index of the message with which the first turn has shown the repository; as ``system`` where that is now."""
    said: int
    """Index of the last message before what is said now; as ``system`` in a first turn."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a last breakpoint is expected to save against none, in tokens of plain input; negative where it costs."""

    last: int
    """Its index."""
    keep: Keep
    tokens: float


def layout(prompt: Prompt) -> Layout:
    """Measure a prompt."""
    messages = prompt.messages()
    sizes = (round(len(each.text.encode("utf-8", "replace")) / BYTES) + MESSAGE_TOKENS for each in messages)
    system = said = at = -1
    role = ""
    for part in prompt.parts:
        at += part.role != role
        role = part.role
        if part.kind in ("system", "tools"):
            system = said = at
        elif part.kind == "history":
            said = at
    stable = system + 1 if said > system + 1 else system
    return Layout(tuple(accumulate(sizes)), system, stable, said)


def plan(prompt: Prompt, rules: Rules, rates: Rates, outlook: Outlook, held: Held | None = None) -> Caching:
    """What to mark; nothing where the provider keeps prompts unasked, or where it doesn't pay.

    Args:
        held: what it should still have of this prompt.
    """
    if not rules.marked:
        return Caching()
    found = layout(prompt)
    gains = gains_of(found, rules, rates, outlook, held)
    best = max(gains, key=lambda gain: gain.tokens, default=None)
    if best is None or best.tokens <= 0:
        return Caching()
    # By their worth: that of the last, then where it is read from, then what will be the same for longest.
    wanted = [best.last, held.index if held else -1, found.said, found.stable, found.system]
    good = [at for at in dict.fromkeys(wanted) if 0 <= at <= best.last and found.ends[at] >= rules.minimum]
    return Caching(breakpoints=tuple(sorted(good[:MARKS])), keep=best.keep)


def gains_of(found: Layout, rules: Rules, rates: Rates, outlook: Outlook, held: Held | None) -> Sequence[Gain]:
    """What every possible last breakpoint is worth."""
    gains = []
    # What is kept alone can be read at no price: a breakpoint right there writes nothing.
    lasts = sorted({found.said, len(found.ends) - 1, *([held.index] if held else [])})
    for keep in get_args(Keep):
        # What was written for another time does not count: nobody says what a breakpoint of this one makes of it.
        kept_at = held.index if held and held.keep == keep else -1
        for last in lasts:
            if last >= 0 and found.ends[last] >= rules.minimum:
                gains.append(Gain(last, keep, _gain(found, last, kept_at, keep, rates, outlook)))
    return gains


def _gain(found: Layout, last: int, kept_at: int, keep: Keep, rates: Rates, outlook: Outlook) -> float:
    def upto(at: int) -> int:
        return found.ends[at] if at >= 0 else 0

    saved, premium = 1 - rates.read, rates.writing(keep) - 1
    kept = upto(kept_at) if kept_at <= last else 0
    said = max(0, upto(min(last, found.said)) - kept)
    now = upto(last) - kept - said
    gain = kept * saved * (1 + outlook.reads(keep))
    gain += said * (saved * outlook.reads(keep) - premium)
    return gain + now * (saved * outlook.reads_of_now(keep) - premium)
