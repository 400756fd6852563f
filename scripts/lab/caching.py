"""What conversations cost with the plan of breakpoints, against none and against one at every end.

Nobody is asked anything: :class:`Cache` does what Anthropic's documentation says that its cache does, and the plan is
the one that is used. Prices are the real ones, of input only: answers cost the same whatever is kept.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from farthing.backends.caching.miss import Request, remembered
from farthing.backends.caching.rules import LOOK_BACK, SECONDS, Rules, of, priced
from farthing.backends.caching.trail import Asked, Trail
from farthing.backends.chat import NO_CACHING, Caching, Keep, Part, Prompt
from farthing.ledger import prices
from farthing.ledger.model import NANO, Price, Usage

MODEL = "claude-sonnet-4-5"
TOKEN = "abc "
"""Bytes that count as one token and a bit."""
REPAIRS = 0.2
"""Share of the replies that have to be mended, as the plan assumes it."""
TURNS = 10
MINUTE = 60.0

RHYTHMS: dict[str, Callable[[random.Random], Sequence[float]]] = {
    "one question, and no more": lambda _: [],
    "a turn every 2 min": lambda _: [2 * MINUTE] * (TURNS - 1),
    "a turn every 7 min": lambda _: [7 * MINUTE] * (TURNS - 1),
    "a turn every 20 min": lambda _: [20 * MINUTE] * (TURNS - 1),
    "a turn every 2 h": lambda _: [120 * MINUTE] * (TURNS - 1),
    "three at once, then 30 min": lambda _: ([MINUTE, MINUTE, 30 * MINUTE] * TURNS)[: TURNS - 1],
    "three at once, then 3 h": lambda _: ([MINUTE, MINUTE, 180 * MINUTE] * TURNS)[: TURNS - 1],
    "anything from 10 s to 2 h": lambda chance: [10.0 * 720 ** chance.random() for _ in range(chance.randrange(TURNS))],
}
"""Seconds between the turns of a conversation."""


@dataclass
class Cache:
    """A provider's."""

    rules: Rules
    entries: dict[tuple[tuple[bytes, ...], Keep], float] = field(default_factory=dict)
    """Beginnings of prompts, by how long they are kept after each use: until when that is. Whether one that was written
    for another time is read nobody says, so it isn't."""

    def ask(self, request: Request, caching: Caching) -> Usage:
        """What a prompt's input is counted as."""
        total, now, prints = request.ends[-1], request.when, request.prints
        if not caching.breakpoints:
            return Usage(total, 1)
        read = 0
        for at in caching.breakpoints:
            for end in range(at + 1, max(0, at + 1 - LOOK_BACK), -1):
                if self.entries.get((prints[:end], caching.keep), -1.0) >= now:
                    read = max(read, end)
                    break
        self._refresh(prints[:read], caching.keep, now)
        written = caching.breakpoints[-1] + 1
        for at in caching.breakpoints:
            if request.ends[at] >= self.rules.minimum:
                self.entries[prints[: at + 1], caching.keep] = now + SECONDS[caching.keep]
        if request.ends[written - 1] < self.rules.minimum:
            return Usage(total, 1)
        cached = request.ends[read - 1] if read else 0
        return Usage(total, 1, cached, max(0, request.ends[written - 1] - cached))

    def _refresh(self, used: tuple[bytes, ...], keep: Keep, now: float) -> None:
        for (entry, kept), until in self.entries.items():
            if kept == keep and until >= now and used[: len(entry)] == entry:
                self.entries[entry, kept] = now + SECONDS[keep]


@dataclass(frozen=True)
class Turn:
    """What is sent in one request."""

    prompt: Prompt
    gap: float
    """Seconds since the one before."""
    attempt: int


def conversation(gaps: Sequence[float], chance: random.Random) -> list[Turn]:
    """The requests of a conversation that shows 2,000 to 4,000 tokens in its first turn, and less in later ones."""
    system = Part("system", TOKEN * 250, "system")
    said: list[Part] = []
    turns = []
    for number, gap in enumerate([0.0, *gaps]):
        shown = chance.randrange(2000, 4000) if not number else chance.randrange(0, 2000)
        now = [Part("files", f"{number} " + TOKEN * shown), Part("instruction", f"{number} " + TOKEN * 40)]
        turns.append(Turn(Prompt((system, *said, *now)), gap, 1))
        answer = Part("history", f"{number} " + TOKEN * chance.randrange(100, 600), "assistant")
        for attempt in (2, 3):
            if chance.random() >= REPAIRS:
                break
            now += [answer, Part("instruction", f"again {number}:{attempt} " + TOKEN * 100)]
            turns.append(Turn(Prompt((system, *said, *now)), 15.0, attempt))
            answer = Part("history", f"mended {number}:{attempt} " + TOKEN * 100, "assistant")
        said += [*(Part("history", each.text, each.role) for each in now), answer]
    return turns


def cost(turns: Sequence[Turn], price: Price, chosen: Callable[[Asked], Caching] | None) -> tuple[float, float]:
    """Dollars of a conversation's input, and the share of it that was read from the cache.

    Args:
        chosen: what to mark; None for the plan.
    """
    rules, clock = of("anthropic", MODEL), 0.0
    cache, trail = Cache(rules), Trail("laboratory", clock=lambda: clock)
    money = read = total = 0
    for turn in turns:
        clock += turn.gap
        asked = Asked("c:blocks", "anthropic", "lab", MODEL, turn.prompt, turn.attempt, 3)
        step = trail.plan(asked, price)
        caching = chosen(asked) if chosen else step.caching
        usage = cache.ask(remembered("lab", MODEL, turn.prompt, clock), caching)
        trail.ended(step, usage)
        found = priced(price, caching) or price
        money += found.cost(Usage(usage.input, 0, usage.cached, usage.cache_write))
        read, total = read + usage.cached, total + usage.input
    return money / NANO, read / total


def always(keep: Keep) -> Callable[[Asked], Caching]:
    """A breakpoint at the end of every prompt."""
    return lambda asked: Caching(breakpoints=(len(asked.prompt.messages()) - 1,), keep=keep)


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=200, metavar="N", help="of each rhythm")
    options = parser.parse_args()
    price = prices.lookup("anthropic", "", "", MODEL, 0)
    assert price is not None
    ways = {"none": lambda _: NO_CACHING, "5 min": always("5m"), "1 h": always("1h"), "plan": None}
    print(f"{MODEL}, {options.conversations} conversations of each rhythm; dollars of input for one")
    print("| rhythm | none | always 5 min | always 1 h | plan | against none | read |")
    print("|---|---|---|---|---|---|---|")
    for name, gaps in RHYTHMS.items():
        chance = random.Random(name)
        made = [conversation(gaps(chance), chance) for _ in range(options.conversations)]
        sums = {way: [cost(turns, price, chosen) for turns in made] for way, chosen in ways.items()}
        dollars = {way: sum(each for each, _ in found) / len(made) for way, found in sums.items()}
        read = sum(share for _, share in sums["plan"]) / len(made)
        figures = " | ".join(f"{dollars[way]:.4f}" for way in ways)
        print(f"| {name} | {figures} | {100 * (dollars['plan'] / dollars['none'] - 1):+.0f} % | {100 * read:.0f} % |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
