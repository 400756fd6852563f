"""Spends, in a process of its own that may be killed at any moment: many requests at once through the metered backend.

``python -m tests.support.spender WORKSPACE PROVIDER SEED FIRST END PARALLEL`` asks the provider of ``config.toml`` for
the requests FIRST to END - 1. What each one is follows from the seed and its number. One line is written when a request
begins, at its first text, and at its end.
"""

import asyncio
import contextlib
import random
import sys
from collections import Counter
from collections.abc import Iterator

from farthing.backends.chat import Delta, Part, Prompt
from farthing.backends.cloud import connect, providers
from farthing.backends.cloud.door import Patience
from farthing.backends.metered import Job, Metered
from farthing.errors import CloudError, FarthingError, LedgerError
from farthing.ledger.ledger import Ledger
from tests.support.clearance import cleared

PATIENCE = Patience(connect=10, first=10, next=2, whole=2, after_end=1)
LONG_PATIENCE = Patience(connect=10, first=10, next=30, whole=60, after_end=30)
"""With a model that is named: what it says is to be heard, however busy this machine is."""

KINDS = Counter(
    {
        "honest": 40, "without-usage": 4, "duplicated": 6, "shrinking": 4, "negative": 3, "absurd": 3, "reasoning": 6,
        "cut": 6, "loris": 1, "garbage": 4, "huge": 1, "failing": 4, "billed-error": 4, "429": 7, "529": 5, "quota": 1,
        "elsewhere": 1,
    }
)  # fmt: skip
"""Models, and how often each is asked."""


def job(workspace: str, seed: int, number: int, model: str = "") -> tuple[Job, bool]:
    """What a request is, and whether it is given up at its first text."""
    chance = random.Random(f"{seed}/{number}")
    model = model or chance.choices(list(KINDS), list(KINDS.values()))[0]
    words = " ".join(chance.choice(("list", "größe", "sort", "()", "κλάση", "x = 1;", "🙂")) for _ in range(30))
    prompt = Prompt((Part("system", "Be brief.", "system"), Part("files", words), Part("instruction", f"No. {number}")))
    wanted = chance.randint(20, 120)
    return Job(workspace, "shop", "ask", "frontier", model, cleared(prompt), wanted, 10), chance.random() < 0.1


async def _one(metered: Metered, what: Job, giving_up: bool, number: int) -> None:
    _say("begins", number)
    ending, first = "ended", True
    try:
        async with contextlib.aclosing(metered.stream(what)) as events:
            async for event in events:
                if isinstance(event, Delta) and first:
                    first = False
                    _say("answers", number)
                if giving_up:
                    break
    except CloudError:
        ending = "failed"
    except LedgerError as exc:
        ending = type(exc).__name__
    _say(ending, number)


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def _worker(metered: Metered, workspace: str, seed: int, numbers: Iterator[int], model: str) -> None:
    for number in numbers:
        what, giving_up = job(workspace, seed, number, model)
        await _one(metered, what, giving_up and not model, number)


async def _main(workspace: str, provider: str, counts: list[int], model: str) -> None:
    seed, first, end, parallel = counts
    found = next(each for each in providers.load() if each.name == provider)
    numbers = iter(range(first, end))
    pool = connect.Pool(LONG_PATIENCE if model else PATIENCE)
    async with contextlib.aclosing(pool), pool.connected(Ledger(), found) as metered:
        workers = (_worker(metered, workspace, seed, numbers, model) for _ in range(parallel))
        await asyncio.gather(*workers)


if __name__ == "__main__":
    given = sys.argv[1:]
    try:
        asyncio.run(_main(given[0], given[1], [int(number) for number in given[2:6]], "".join(given[6:])))
    except FarthingError as exc:
        sys.exit(f"farthing: {exc}")
