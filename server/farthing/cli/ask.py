"""``farthing ask``: a question about a repository, answered by a model of the tier that the user names."""

import asyncio
import contextlib
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from farthing.backends.cloud import connect, providers
from farthing.backends.cloud.providers import Provider
from farthing.backends.metered import Finish, Job
from farthing.chat import prompt
from farthing.cli import output
from farthing.cli.context import place, row
from farthing.cli.index import opened
from farthing.errors import FarthingError, UsageError
from farthing.index import indexer
from farthing.index.pack import Item
from farthing.index.rank import Ranker
from farthing.index.retrieval import Retrieval
from farthing.ledger import limits
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import NANO
from farthing.ledger.places import canonical, project_of
from farthing.ledger.report import CURRENCY
from farthing.ledger.room import dollars

CONTEXT_TOKENS = 4000
"""Of the repository, by o200k_base."""

ANSWER_TOKENS = 4096
"""That an answer may have, reasoning included, where the cap leaves as many."""

MAX_QUESTION = 100_000
"""Characters."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would move a terminal's cursor or worse; a line feed and a tab may stay."""


@output.command
def ask(
    root: Annotated[Path, typer.Argument(help="The repository.")],
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    file: Annotated[str, typer.Option(help="An open file, or PATH:A-B for lines selected in it.")] = "",
    tier: Annotated[str, typer.Option(help="small, medium or frontier: a model of config.toml, which costs.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Answer a question about a repository."""
    if not question.strip():
        raise UsageError("there is no question")
    if len(question) > MAX_QUESTION:
        raise UsageError(
            f"the question has more than {MAX_QUESTION:,} characters", "Put it into a file of the repository"
        )
    if tier in ("", "local"):
        raise FarthingError(
            "local models don't answer questions yet; that comes with editing", "Give --tier small, medium or frontier"
        )
    provider, model = providers.find(providers.tier(tier))
    provider.key()  # before the repository is read
    items = _context(root, question, file)
    workspace = canonical(root)
    for problem in limits.of_workspace(workspace).problems:
        output.err.print(f"farthing: {problem}", markup=False, soft_wrap=True)
    job = Job(workspace, project_of(root), "ask", tier, model, prompt.build(question, items), ANSWER_TOKENS)
    with contextlib.closing(Ledger()) as ledger:
        answer, finish = asyncio.run(_answer(ledger, provider, job, streamed=not json))
    _warn(provider, finish)
    if json:
        output.print_json(_document(answer, job, finish, items))
    else:
        _tell(provider, job, finish, items)


def _context(root: Path, question: str, file: str) -> list[Item]:
    with opened(root) as store:
        focus, selection = place(root.resolve(), file)
        indexer.update(root.resolve(), store)
        return Ranker(Retrieval(root.resolve(), store)).rank(question, focus, selection, CONTEXT_TOKENS)


async def _answer(ledger: Ledger, provider: Provider, job: Job, streamed: bool) -> tuple[str, Finish]:
    text = ""
    async with (
        connect.connected(ledger, provider) as metered,
        contextlib.aclosing(metered.stream(job)) as events,
    ):
        try:
            async for event in events:
                if isinstance(event, Finish):
                    return text, event
                if event.kind == "answer":
                    text += event.text
                    if streamed:
                        sys.stdout.write(_CONTROL.sub("", event.text))
                        sys.stdout.flush()
        finally:
            if streamed and text:  # what is said next is a line of its own
                sys.stdout.write("\n")
                sys.stdout.flush()
    raise AssertionError("the stream ended without a Finish")


def _document(answer: str, job: Job, finish: Finish, items: list[Item]) -> dict[str, object]:
    usage = finish.usage
    return {
        "answer": answer,
        "tier": job.tier,
        "model": finish.model,
        "route_reason": f"--tier {job.tier} was given",
        "receipt": [row(item) for item in items],
        "usage": {
            "input": usage.input,
            "cached": usage.cached,
            "cache_write": usage.cache_write,
            "output": usage.output,
            "reasoning": usage.reasoning,
            "cost": None if finish.cost is None else finish.cost / NANO,
            "currency": CURRENCY,
            "settled": finish.settled,
        },
        "finish": finish.reason,
        "attempts": finish.attempts,
    }


def _tell(provider: Provider, job: Job, finish: Finish, items: list[Item]) -> None:
    cost = "?" if finish.cost is None else dollars(finish.cost)
    shown = ", ".join(f"{item.path}:{item.start_line}-{item.end_line}" for item in items) or "nothing of the repository"
    tokens = f"{finish.usage.input:,} + {finish.usage.output:,} tokens"
    _say(f"{finish.model} of {provider.name} ({job.tier}): {tokens}, {cost}; it was shown {shown}")


def _warn(provider: Provider, finish: Finish) -> None:
    if not finish.settled and finish.reason != "overrun":
        _say(f"{provider.name} did not say what it took, so all that was reserved is charged")
    if finish.overshoot or finish.blocked:
        _say(
            f"{provider.name} went {finish.overshoot:,} tokens beyond what it was allowed and is blocked. "
            "farthing cap reset gives it another chance"
        )
    if finish.reason == "length":
        _say("the answer was cut off at the limit of its tokens")


def _say(line: str) -> None:
    output.err.print(f"farthing: {line}", markup=False, soft_wrap=True)
