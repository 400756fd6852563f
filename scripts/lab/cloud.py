"""What our layer adds to a streamed request: ledger, connection, parsing and counting, against bare httpx and json.

A provider in a process of its own streams the same answer to both, in turn, a packet every 2 ms. A request waits for a
flush of the ledger before it leaves, and how long that takes is the disk's to say: one row that is flushed to the same
disk is timed beside them. Run it with real-time priority on a busy machine, and with TMPDIR on a file system in memory
to see what is ours alone: ``chrt -f 5 .venv/bin/python scripts/bench cloud``.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cap import Bare, timed

sys.path.insert(0, os.fspath(Path(__file__).parents[2]))

from tests.support.provider import provider

from farthing.backends.chat import ChatRequest, Delta, Part, Prompt
from farthing.backends.cloud.abilities import usual
from farthing.backends.cloud.connect import Pool
from farthing.backends.cloud.endpoint import parse
from farthing.backends.cloud.openai_chat import OpenAiChat
from farthing.backends.cloud.providers import Provider
from farthing.backends.gate import Gate
from farthing.backends.metered import Job, Metered
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits

LIMIT_MS = 5.0
"""What we may add to the first token and to a gap between two packets, in the slowest of 20."""

OUTPUT = 128
"""Tokens that an answer may have."""

PROMPTS = {"500 tokens, far from the cap": (2_000, 10**8), "8,000 tokens, near the cap": (32_000, 20_000)}
"""Characters of a prompt, and the session's cap. Near the cap a prompt is counted by the tokenizer."""

WORDS = "the total of all prices is what they pay when nothing was left out and def total(prices): return sum(prices)"


@dataclass
class Times:
    """Of one way to ask, milliseconds."""

    first: list[float] = field(default_factory=list)
    """To the first text."""
    gaps: list[float] = field(default_factory=list)
    """From one text to the next."""
    whole: list[float] = field(default_factory=list)
    """To the end."""
    flushes: list[float] = field(default_factory=list)
    """Of one row, alone."""

    async def take(self, texts: AsyncGenerator[str, None]) -> str:
        """Time one answer."""
        said, moments = "", [time.perf_counter()]
        async with contextlib.aclosing(texts):
            async for text in texts:
                moments.append(time.perf_counter())
                said += text
        end = time.perf_counter()
        self.first.append((moments[1] - moments[0]) * 1000)
        self.gaps += [(later - earlier) * 1000 for earlier, later in itertools.pairwise(moments[1:])]
        self.whole.append((end - moments[0]) * 1000)
        return said


async def bare(client: httpx.AsyncClient, url: str, body: dict[str, object]) -> AsyncGenerator[str, None]:
    """What nobody can be faster than with this library."""
    async with client.stream("POST", url, json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                for choice in json.loads(line[6:])["choices"]:
                    if text := choice["delta"].get("content"):
                        yield text


async def ours(metered: Metered, gate: Gate, workspace: str, prompt: Prompt) -> AsyncGenerator[str, None]:
    """The same through all of ours, the search for secrets included."""
    cleared = await asyncio.to_thread(gate.clear, prompt, ())
    job = Job(workspace, "w", "ask", "frontier", "honest", cleared, OUTPUT, 10)
    async with contextlib.aclosing(metered.stream(job)) as events:
        async for event in events:
            if isinstance(event, Delta):
                yield event.text


async def measure(url: str, home: Path, characters: int, cap: int, rounds: int) -> tuple[Times, Times]:
    """Times of the bare way and of ours."""
    asked = Provider("bench", "openai-compatible", parse(url, "url"), "", {})
    dialect, pool, times = OpenAiChat(), Pool(), (Times(), Times())
    ledger = Ledger(home / f"{cap}.sqlite", lambda workspace: Limits(cap_tokens=cap))
    row = Bare(home / f"{cap}-bare.sqlite")
    async with contextlib.aclosing(pool), httpx.AsyncClient(timeout=60, trust_env=False) as client:
        for number in range(-2, rounds):
            text = f"{number} " + (WORDS + "\n") * (characters // len(WORDS))
            prompt = Prompt((Part("system", "Be brief.", "system"), Part("files", text), Part("instruction", "Why?")))
            body = dialect.body(ChatRequest("honest", prompt, OUTPUT), usual(asked))
            async with pool.connected(ledger, asked) as metered:
                # Each round has a session of its own, as the cap would be met else.
                place, gate = f"/w{number}", Gate(home)
                ways: list[Callable[[], AsyncGenerator[str, None]]] = [
                    lambda body=body: bare(client, f"{url}/chat/completions", body),  # type: ignore[misc]
                    lambda metered=metered, gate=gate, place=place, prompt=prompt: ours(metered, gate, place, prompt),  # type: ignore[misc]
                ]
                said = set()
                for index in (0, 1) if number % 2 else (1, 0):
                    said.add(await (times[index] if number >= 0 else Times()).take(ways[index]()))
                times[1].flushes.append(timed(lambda: row.insert("FULL")))
                if len(said) != 1:
                    raise SystemExit("bench: the answers differ")
    ledger.close()
    return times


def report(name: str, times: tuple[Times, Times]) -> float:
    """Print a table; returns the worst of what must be within the limit."""
    worst = 0.0
    print(f"{name:32} {'bare p50':>9} {'p95':>7} {'ours p50':>9} {'p95':>7} {'added p50':>10} {'p95':>7}")
    for what in ("first", "gaps", "whole"):
        theirs, own = (getattr(each, what) for each in times)
        added = [later - earlier for earlier, later in zip(theirs, own, strict=True)]
        label = {"first": "to the first text", "gaps": "from text to text", "whole": "to the end"}[what]
        columns = zip((theirs, own, added), (9, 9, 10), strict=True)
        print(f"  {label:30} " + " ".join(f"{statistics.median(c):{w}.2f} {p95(c):7.2f}" for c, w in columns))
        if what != "whole":
            worst = max(worst, p95(added))
    print(f"  {'a flush alone':30} {'':17} {statistics.median(times[1].flushes):9.2f} {p95(times[1].flushes):7.2f}")
    return worst


def p95(values: list[float]) -> float:
    """The slowest of 20."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> int:
    """Exits with 1 where the limit is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench cloud", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="requests of each (default 200)")
    options = parser.parse_args()
    logging.disable()
    worst = 0.0
    with tempfile.TemporaryDirectory(prefix="farthing-bench-") as home, provider() as running:
        os.environ["FARTHING_HOME"] = home
        for name, (characters, cap) in PROMPTS.items():
            times = asyncio.run(measure(f"{running.url}/bench/v1", Path(home), characters, cap, options.rounds))
            worst = max(worst, report(name, times))
    print(f"added, p95 at most {worst:.2f} ms  (at most {LIMIT_MS:g})")
    return 0 if worst <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
