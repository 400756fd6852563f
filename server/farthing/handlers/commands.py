"""Commands that any editor can run: edit, fix, test, document, explain."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import asdict, replace
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from farthing.chat_protocol import (
    DOCUMENT,
    EDIT,
    EXPLAIN,
    FIX,
    TEST,
    ChatTurn,
    CommandParams,
    CommandResult,
    SendChatParams,
    Task,
    TurnHunk,
)
from farthing.errors import FarthingError
from farthing.handlers import progress
from farthing.handlers.chat import Teller, asked
from farthing.handlers.domain import Domain
from farthing.handlers.params import decode
from farthing.handlers.review import decide
from farthing.handlers.turns import Answered

TASKS: dict[str, tuple[Task, str]] = {
    EDIT: ("edit", "Editing"),
    FIX: ("fix", "Fixing"),
    TEST: ("test", "Writing a test"),
    DOCUMENT: ("document", "Documenting"),
    EXPLAIN: ("explain", "Explaining"),
}
"""What each command is for, and what is shown meanwhile."""


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""
    for name, (task, title) in TASKS.items():
        server.command(name)(_command(domain, task, title))


def _command(domain: Domain, task: Task, title: str) -> Callable[..., Coroutine[Any, Any, dict[str, Any]]]:
    async def run(ls: LanguageServer, *arguments: Any) -> dict[str, Any]:
        if len(arguments) != 1:
            raise JsonRpcInvalidParams("one argument is wanted: an object with a uri")
        params = decode(CommandParams, arguments[0])
        turn = await _answer(ls, domain, task, title, params)
        if domain.shows_review or task == "explain":
            if not domain.shows_review:
                _show(ls, types.MessageType.Info, turn.text)
            return asdict(CommandResult(False, turn.text, turn.hunks))
        return asdict(await _apply(ls, domain, turn))

    return run


async def _answer(ls: LanguageServer, domain: Domain, task: Task, title: str, params: CommandParams) -> ChatTurn:
    """Have a turn, to its end. Who cancels the request or what is shown of it stops the turn.

    Raises:
        JsonRpcException: it can't be answered, and the message says why.
    """
    conversation = params.conversation or f"command-{uuid.uuid4()}"
    sent = SendChatParams(
        conversation, task, params.instruction, params.uri, params.range, params.tier, diagnostics=params.diagnostics
    )
    teller = Teller(ls) if domain.shows_review else None
    async with progress.shown(ls, title, lambda: domain.turns.stop(conversation)) as say:

        def watch(turn: ChatTurn, text_only: bool) -> None:
            if teller:
                teller.tell(turn, text_only)
            if not text_only and turn.state in ("reading", "writing"):
                say(turn.detail or turn.state)

        try:
            _, running = domain.turns.begin(asked(ls, domain, sent), watch)
            answered = await _finished(running)
            if answered.turn.state == "asking" and not domain.shows_review:
                answered = await _here(ls, domain, sent, answered.turn, watch)
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
        finally:
            if not params.conversation:
                domain.turns.close(conversation)
    if answered.turn.state == "stopped":
        raise asyncio.CancelledError
    if answered.error:
        raise JsonRpcException(str(answered.error)) from answered.error
    return answered.turn


async def _here(
    ls: LanguageServer, domain: Domain, sent: SendChatParams, turn: ChatTurn, watch: Callable[[ChatTurn, bool], None]
) -> Answered:
    """Have this machine do what would cost: an editor that shows no review has no place to ask in either."""
    _show(ls, types.MessageType.Info, f"{turn.detail}: {turn.escalationNote}. This machine does it instead")
    _, running = domain.turns.begin(asked(ls, domain, replace(sent, tier="local")), watch)
    return await _finished(running)


async def _finished(task: "asyncio.Task[Answered]") -> Answered:
    """How a turn ended; it ends, too, when nobody waits any more."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise


async def _apply(ls: LanguageServer, domain: Domain, turn: ChatTurn) -> CommandResult:
    """Have the editor apply the hunks of a turn; nothing of it stays for review."""
    ids = [hunk.review for hunk in turn.hunks if hunk.review]
    try:
        result = await decide(ls, domain, "accept", ids, f"Farthing: {turn.instruction or turn.task}")
    finally:
        domain.review.forget(ids)
    done = set(result.done)
    hunks = tuple(_left(hunk, result.message) if hunk.review not in done else hunk for hunk in turn.hunks)
    text = turn.text if not result.message else f"{turn.text}\n{result.message}".strip()
    if not done:
        _show(ls, types.MessageType.Warning, text or "there is nothing to change")
    return CommandResult(bool(done), text, hunks)


def _left(hunk: TurnHunk, reason: str) -> TurnHunk:
    return replace(hunk, status="stale", reason=reason, review="") if hunk.review else hunk


def _show(ls: LanguageServer, kind: types.MessageType, text: str) -> None:
    """Show a text where the result of a command is shown to nobody, as of a code action."""
    ls.window_show_message(types.ShowMessageParams(kind, text))
