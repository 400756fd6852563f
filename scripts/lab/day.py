#!/usr/bin/env python3
"""Replays a working day of 400 tasks: what stays on this machine, and what the rest takes, against all in the cloud.

The trace is in ``traces/day.jsonl``, and what this machine's model made of each task is what ``scripts/bench router``
measured. The router, the ledger and the connections are the product's own; the provider is a process on this machine
that reads and writes as many tokens as the tasks have, and is paid what the named models cost. Each scenario is a
session of its own, and its sums are those of the ledger, which are compared with what the provider has billed.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from day_report import Spent, report
from day_trace import Row, read
from router import LOCAL, priced
from router_policies import MODELS, PLENTY, WINDOW, Prices, Tests, complaint
from router_run import OUTCOMES, Outcome, outcomes
from tests.support.provider import SAY, Provider, provider

from farthing.backends.chat import Part, Prompt
from farthing.backends.cloud import providers
from farthing.backends.cloud.connect import Pool
from farthing.backends.gate import Gate
from farthing.backends.metered import Finish, Job
from farthing.chat.offers import Offers, Size
from farthing.errors import FarthingError
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import NANO
from farthing.ledger.verify import verify
from farthing.routing import matrix
from farthing.routing.model import CloudTier, Features, Route, Tier
from farthing.routing.route import route

SAID: Mapping[str, int] = {"explain": 300, "review": 500, "design": 1200}
"""Tokens of an answer for which nothing was measured; an assumption."""

INSTRUCTION = 60
"""Tokens of an earlier turn's question in the history; an assumption, as an editor's context is sent once."""

TOKEN = " the"
"""One for o200k_base, and for the provider, which counts four bytes."""


@dataclass(frozen=True)
class Scenario:
    """One way to have the day."""

    name: str
    tier: Tier
    """To which everything goes; ``local`` for the router's choice."""
    tests: Tests = "none"
    """That the user has named."""


SCENARIOS = (
    Scenario("all cloud, small", "small"),
    Scenario("all cloud, medium", "medium"),
    Scenario("router", "local"),
    Scenario("router with half of the tests", "local", "half"),
    Scenario("router with all tests", "local", "all"),
)


@dataclass
class Day:
    """One scenario while it is replayed."""

    scenario: Scenario
    ledger: Ledger
    pool: Pool
    gate: Gate
    having: list[providers.Provider]
    history: dict[tuple[int, str], int] = field(default_factory=dict)
    """Tokens of what was said in a conversation with a tier."""
    spent: list[Spent] = field(default_factory=list)

    async def do(self, row: Row, outcome: Outcome) -> None:
        """One task."""
        tier, tried = self._tier(row, outcome)
        if tier == "local":
            local = outcome.prompt_tokens + outcome.output_tokens
            self.spent.append(Spent(row.kind, "local", local, passed=_passed(row, outcome)))
            return
        tokens, output = size_of(row, outcome)
        tokens += self.history.get((row.talk, tier), 0)
        finish = await self._send(row, tier, tokens, output)
        if row.talk:
            known = self.history.get((row.talk, tier), 0)
            self.history[row.talk, tier] = known + INSTRUCTION + output
        local = outcome.prompt_tokens + outcome.output_tokens if tried else 0
        usage, passed = finish.usage, _passed(row, outcome)
        self.spent.append(Spent(row.kind, tier, local, usage.input, usage.output, finish.cost or 0, passed))

    def _tier(self, row: Row, outcome: Outcome) -> tuple[Tier, bool]:
        """Who has the last word, and whether this machine was asked before."""
        if self.scenario.tier != "local":
            return ("small" if row.kind == "complete" else self.scenario.tier), False
        first = self._route(row, outcome, ())
        if first.tier != "local":
            return first.tier, False
        if row.kind in SAID or row.kind == "complete":
            return "local", True
        why = complaint(outcome, self.scenario.tests)
        return (self._route(row, outcome, (why,)).tier if why else "local"), True

    def _route(self, row: Row, outcome: Outcome, failed: tuple[str, ...]) -> Route:
        tokens, output = size_of(row, outcome)
        measured = row.kind not in SAID
        features = Features(
            outcome.routed if measured else row.kind,
            "frontier" if row.kind == "design" else None,  # the user's word, without which it would be asked about
            files=outcome.files if measured else 1, context_tokens=outcome.room, local_window=WINDOW,
            expected_lines=outcome.lines, failed=failed, remaining=PLENTY, needed=tokens,
        )  # fmt: skip
        found = route(features, matrix.load(), Offers(self.having, Size(tokens, output)))
        if found.decision != "go":
            raise DayError(f"{row.kind} at {row.at} would not go by itself: {found.reason}")
        return found

    async def _send(self, row: Row, tier: CloudTier, tokens: int, output: int) -> Finish:
        asked, name = next((each, each.models[tier]) for each in self.having if tier in each.models)
        said = f"{SAY}\n{TOKEN * output}"
        prompt = Prompt((Part("files", TOKEN * max(0, tokens - output)), Part("instruction", said)))
        cleared = await asyncio.to_thread(self.gate.clear, prompt, ())
        job = Job(self.scenario.name, "day", row.kind, tier, name, cleared, output + output // 4 + 16)
        finish: Finish | None = None
        async with (
            self.pool.connected(self.ledger, asked) as metered,
            contextlib.aclosing(metered.stream(job)) as events,
        ):
            async for event in events:
                if isinstance(event, Finish):
                    finish = event
        assert finish is not None
        return finish


class DayError(Exception):
    """The day can't be replayed."""


def size_of(row: Row, outcome: Outcome) -> tuple[int, int]:
    """Tokens of a request and of its answer, if the task goes to the cloud."""
    if row.kind == "complete":
        return outcome.prompt_tokens, outcome.reference_tokens
    return outcome.cloud_tokens, SAID.get(row.kind, outcome.reference_tokens)


def _passed(row: Row, outcome: Outcome) -> bool | None:
    """Whether the local answer is right; None where nobody can tell."""
    return None if row.kind in SAID else outcome.passed


def settings(prices: Prices, url: str, account: str) -> str:
    """A config.toml with a provider for each tier that is paid as the named models are."""
    lines = ["[escalation]", 'policy = "auto"']
    for tier in MODELS:
        price = prices[tier]
        lines += [f"[cloud.{tier}]", 'kind = "openai-compatible"', f'base_url = "{url}/{account}/v1"']
        lines += [f'models = {{ {tier} = "echo" }}', f'[prices."{tier}/echo"]']
        lines += [f"input = {price.input / NANO}", f"output = {price.output / NANO}", f"cached = {price.cached / NANO}"]
    return "\n".join(lines) + "\n"


async def replay(
    rows: Sequence[tuple[Row, Outcome]], scenario: Scenario, home: Path, prices: Prices, paid: Provider
) -> list[Spent]:
    """One scenario, from morning to evening.

    Raises:
        DayError: the ledger's sums are not the provider's.
    """
    account = scenario.name.replace(" ", "-").replace(",", "")
    (home / "config.toml").write_text(settings(prices, paid.url, account), encoding="utf-8")
    ledger = Ledger(home / "ledger.sqlite", lambda workspace: Limits(cap_tokens=10**9))
    pool = Pool()
    day = Day(scenario, ledger, pool, Gate(home), providers.load())
    try:
        for row, outcome in rows:
            await day.do(row, outcome)
    finally:
        await pool.aclose()
    try:
        _compared(day, ledger, paid, account)
    finally:
        ledger.close()
    return day.spent


def _compared(day: Day, ledger: Ledger, paid: Provider, account: str) -> None:
    """Raise where ledger, provider and what was noted here differ."""
    if not verify(ledger.store).ok:
        raise DayError("the ledger's totals are not the sums of its events")
    bill = paid.bill().get(account)
    sent = [each for each in day.spent if each.tier != "local"]
    booked = ledger.state(day.scenario.name).spent
    noted = sum(each.tokens for each in sent)
    billed = bill.input + bill.output if bill else 0
    if not noted == booked == billed:
        raise DayError(f"{day.scenario.name}: {noted:,} tokens here, {booked:,} in the ledger, {billed:,} billed")


@contextlib.contextmanager
def home(parent: Path, name: str) -> Iterator[Path]:
    """A state directory of its own."""
    folder = parent / name.replace(" ", "-")
    folder.mkdir()
    before = os.environ.get("FARTHING_HOME")
    os.environ["FARTHING_HOME"] = str(folder)
    try:
        yield folder
    finally:
        os.environ.pop("FARTHING_HOME")
        if before is not None:
            os.environ["FARTHING_HOME"] = before


def joined(trace: Sequence[Row], measured: Sequence[Outcome], chat: str, completes: str) -> list[tuple[Row, Outcome]]:
    """Each task with what this machine's model made of it; those without an outcome are left out.

    Args:
        chat: the model that converses.
        completes: the one that completes.
    """
    known = {(each.task, each.model): each for each in measured}
    found = [(row, known.get((row.task, completes if row.kind == "complete" else chat))) for row in trace]
    return [(row, outcome) for row, outcome in found if outcome is not None]


def main() -> int:
    """Replay and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench day", description=__doc__)
    parser.add_argument("--outcomes", type=Path, default=OUTCOMES, help="of scripts/bench router")
    parser.add_argument("--chat", default=LOCAL[1], help=f"the local model that converses (default {LOCAL[1]})")
    parser.add_argument("--completes", default=LOCAL[0], help=f"the local model that completes (default {LOCAL[0]})")
    options = parser.parse_args()
    trace = read()
    rows = joined(trace, outcomes(options.outcomes), options.chat, options.completes)
    found: dict[str, list[Spent]] = {}
    try:
        prices = priced()
        with tempfile.TemporaryDirectory(prefix="fd-") as temporary, provider() as paid:
            for scenario in SCENARIOS:
                with home(Path(temporary), scenario.name) as folder:
                    found[scenario.name] = asyncio.run(replay(rows, scenario, folder, prices, paid))
    except (FarthingError, DayError) as exc:
        sys.stderr.write(f"bench: {exc}\n")
        return 1
    if len(rows) < len(trace):
        print(f"{len(trace) - len(rows)} of {len(trace)} tasks have no outcome, and are left out.\n")
    print(report(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
