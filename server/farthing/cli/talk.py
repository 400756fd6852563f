"""What ``ask`` and ``edit`` share: one turn of a conversation, on the command line."""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from farthing.backends.cloud.connect import Pool
from farthing.backends.local import LocalBackend
from farthing.backends.local_chat import LocalChat
from farthing.chat.chat import Chat
from farthing.chat.files import Files
from farthing.chat.keeping import keeper
from farthing.chat.model import Event, Finished, Instruction, Started
from farthing.chat.models import Models
from farthing.chat.preview import Preview
from farthing.checking import check_of
from farthing.cli import output
from farthing.cli.context import place, row
from farthing.cli.index import opened
from farthing.errors import ModelError, Private, UsageError
from farthing.index import indexer
from farthing.index.retrieval import Retrieval
from farthing.ledger import limits
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import NANO
from farthing.ledger.places import canonical
from farthing.ledger.report import CURRENCY
from farthing.ledger.room import dollars
from farthing.settings import EditSettings, EngineSettings

MAX_TEXT = 100_000
"""Characters of an instruction."""

_T = TypeVar("_T")

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would move a terminal's cursor or worse; a line feed and a tab may stay."""


def talk(root: Path, instruction: Instruction, file: str, told: Callable[[Event], None]) -> tuple[Started, Finished]:
    """One turn.

    Args:
        instruction: without a place.
        file: an open file, or PATH:A-B for lines selected in it.
        told: what happens, as it happens.

    Raises:
        FarthingError: it can't be done.
    """
    root, instruction = _placed(root, instruction, file)
    return asyncio.run(_turn(root, instruction, told))


def preview(root: Path, instruction: Instruction, file: str, json: bool) -> None:
    """Print what would be sent, and send nothing; arguments as of :func:`talk`.

    Raises:
        FarthingError: it can't be said.
    """
    root, instruction = _placed(root, instruction, file)
    found = asyncio.run(_preview(root, instruction))
    if json:
        output.print_json(found)
    elif not found.vetoed:
        sys.stdout.write(plain(found.text) + ("\n" if found.text else ""))
        where = f"{found.provider} at {found.address}" if found.provider else "this machine"
        price = f", {found.price} at most" if found.price else ""
        say(f"to {where}: {found.model} ({found.tier}), {found.tokens:,} + {found.max_output:,} tokens{price}")
        for each in found.redacted:
            say(f"taken out: {each}")
    if found.vetoed:
        raise Private(found.vetoed, "Nothing of this would be sent")


async def _preview(root: Path, instruction: Instruction) -> Preview:
    async with _chat(root) as chat:
        return await chat.preview_request(f"cli:{root}", instruction)


def _placed(root: Path, instruction: Instruction, file: str) -> tuple[Path, Instruction]:
    """The workspace, resolved, and the instruction with its place.

    Raises:
        UsageError: nothing is said, or there is no such place.
    """
    if not instruction.text.strip():
        raise UsageError("there is nothing said", "Say what you want")
    if len(instruction.text) > MAX_TEXT:
        raise UsageError(f"this has more than {MAX_TEXT:,} characters", "Put it into a file of the repository")
    if not root.is_dir():
        raise UsageError(f"there is no folder {root}")
    focus, selection = place(root.resolve(), file)
    lines = (selection.start_line, selection.end_line) if selection else None
    for problem in limits.of_workspace(canonical(root)).problems:
        say(problem)
    return root.resolve(), replace(instruction, path=focus[0] if focus else "", lines=lines)


async def _turn(root: Path, instruction: Instruction, told: Callable[[Event], None]) -> tuple[Started, Finished]:
    async with _chat(root) as chat:
        started, finished = await _once(chat, root, instruction, told)
        if finished.ending != "asks":
            return started, finished
        return await _here(chat, root, instruction, finished, told)


async def _here(
    chat: Chat, root: Path, instruction: Instruction, asks: Finished, told: Callable[[Event], None]
) -> tuple[Started, Finished]:
    """Have this machine do what would cost: nobody may be there to be asked, and --tier is how the user says it."""

    def both(event: Event) -> None:
        if isinstance(event, Started):
            say(f"{asks.message}: {asks.escalation_note}. This machine does it; --tier {asks.escalation} sends it")
        told(event)

    try:
        return await _once(chat, root, replace(instruction, tier="local"), both)
    except ModelError as exc:
        raise ModelError(exc.message, f"{exc.fix}; or use --tier {asks.escalation}: {asks.escalation_note}") from exc


async def _once(
    chat: Chat, root: Path, instruction: Instruction, told: Callable[[Event], None]
) -> tuple[Started, Finished]:
    started = None
    async with contextlib.aclosing(chat.turn(f"cli:{root}", instruction)) as events:
        async for event in events:
            told(event)
            if isinstance(event, Started):
                started = event
            if isinstance(event, Finished):
                assert started is not None
                return started, event
    raise AssertionError("the turn ended without a Finished")


@contextlib.asynccontextmanager
async def _chat(root: Path) -> AsyncIterator[Chat]:
    backend, pool = LocalBackend(), Pool()
    with contextlib.closing(Ledger()) as ledger:

        async def ask(question: Callable[[Retrieval | None], _T]) -> _T:
            with opened(root) as store:
                indexer.update(root, store)
                return question(Retrieval(root, store))

        async def opened_ledger() -> Ledger:
            return ledger

        models = Models(
            root, root, LocalChat(backend), opened_ledger, ledger.record_local, lambda: "",
            lambda: EngineSettings().context_tokens, pool, lasting=False,
        )  # fmt: skip
        try:
            yield Chat(Files(root, ask), models, check_of(root, EditSettings), keeper())
        finally:
            await pool.aclose()
            await backend.aclose()


def document(started: Started, finish: Finished) -> dict[str, object]:
    """What ``--json`` says of a turn, whatever it was."""
    usage = finish.usage
    return {
        "tier": started.tier,
        "model": finish.model or started.model,
        "route_reason": started.reason,
        "receipt": [row(item) for item in started.context.items],
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
        "attempts": finish.attempts,
    }


def receipt(started: Started, finish: Finished) -> str:
    """The same in a line for people."""
    cost = "?" if finish.cost is None else dollars(finish.cost)
    items = started.context.items
    shown = ", ".join(f"{item.path}:{item.start_line}-{item.end_line}" for item in items) or "nothing of the repository"
    usage = finish.usage
    read = f"{usage.input:,}" + (f" ({usage.cached:,} known)" if usage.cached else "")
    return (
        f"{finish.model or started.model} ({started.tier}): {read} + {usage.output:,} tokens, {cost}; "
        f"it was shown {shown}"
    )


def plain(text: str) -> str:
    """A model's text without what a terminal would obey."""
    return _CONTROL.sub("", text)


def say(line: str) -> None:
    """One line on stderr."""
    output.err.print(f"farthing: {line}", markup=False, soft_wrap=True)
