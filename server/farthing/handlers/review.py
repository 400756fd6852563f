"""The review of hunks: shown, decided on, and carried out by the editor."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from farthing.chat_protocol import (
    DECIDE_HUNKS,
    PROPOSED_TEXT,
    REVIEW_DID_CHANGE,
    DecideHunksParams,
    DecideHunksResult,
    ProposedTextParams,
    ProposedTextResult,
    Review,
)
from farthing.handlers.domain import Domain, position_encoding
from farthing.handlers.params import decode
from farthing.handlers.pulse import Pulse
from farthing.handlers.texts import key_of, on_disk, open_document, refresh
from farthing.handlers.workspace_edit import abilities, missing, workspace_edit
from farthing.review import view
from farthing.review.plans import Plan

TOLD_S = 5.0
"""How long an editor may take to tell of an edit that it says it has applied."""

_REASONS = 3
"""That one message names."""


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""
    last = Review(())

    def publish() -> None:
        nonlocal last
        current = view.review(domain.review.files)
        if current != last:
            last = current
            server.protocol.notify(REVIEW_DID_CHANGE, asdict(current))

    pulse = Pulse(publish)

    def changed() -> None:
        domain.told.set()
        if domain.shows_review:
            pulse.want()

    domain.review.on_change = changed

    @server.feature(DECIDE_HUNKS)
    async def decide_hunks(ls: LanguageServer, params: Any) -> dict[str, Any]:
        wanted = decode(DecideHunksParams, params)
        result = await decide(ls, domain, wanted.action, wanted.ids)
        if domain.shows_review:
            pulse.now()  # so that what is shown is what was answered
        return asdict(result)

    @server.feature(PROPOSED_TEXT)
    async def proposed_text(ls: LanguageServer, params: Any) -> dict[str, Any]:
        path = key_of(decode(ProposedTextParams, params).uri)
        if path is None:
            raise JsonRpcInvalidParams("uri must be that of a file")
        if file := domain.review.file(path):
            return asdict(ProposedTextResult(view.proposed_text(file)))
        document = open_document(ls.workspace, path)
        text = document.source if document else await asyncio.to_thread(on_disk, path)
        return asdict(ProposedTextResult(text or ""))


async def decide(
    ls: LanguageServer,
    domain: Domain,
    action: Literal["accept", "reject", "revert"],
    ids: Sequence[str],
    confirm: str = "",
) -> DecideHunksResult:
    """Do with some hunks what the user wants.

    Args:
        confirm: what the user is asked to confirm, where the editor can ask; empty where they have said so already.
    """
    review = domain.review
    if action == "reject":
        plan = review.reject(ids)
        return DecideHunksResult(plan.done, _message(plan.refused))
    async with domain.deciding:  # each plan is for the text that the one before has left
        for path in {found[0].path for id in ids if (found := review.of(id)) and found[0].version is None}:
            await refresh(domain, path)
        plan = review.accept(ids) if action == "accept" else review.revert(ids)
        if not plan.files:
            return DecideHunksResult((), _message(plan.refused))
        applied, reason = False, ""
        try:
            applied, reason = await _carry_out(ls, plan, confirm)
        finally:
            review.answered(plan, applied)
        if not applied:
            return DecideHunksResult((), _message((reason, *plan.refused)))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_told(domain, plan), TOLD_S)
        for file in plan.files:
            if file.after is None:
                await refresh(domain, file.path)
    return DecideHunksResult(plan.done, _message(plan.refused))


async def _carry_out(ls: LanguageServer, plan: Plan, confirm: str) -> tuple[bool, str]:
    """Whether the editor did it, and else why not."""
    can = abilities(ls.client_capabilities)
    if reason := missing(plan, can):
        return False, reason
    edit = workspace_edit(plan, can, position_encoding(ls.workspace), confirm)
    try:
        answer = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, "Farthing"))
    except JsonRpcException as exc:
        return False, f"the editor did not apply it: {exc.message}"
    reason = f": {answer.failure_reason}" if answer.failure_reason else "; if the file was just edited, try again"
    return answer.applied, f"the editor did not apply it{reason}"


async def _told(domain: Domain, plan: Plan) -> None:
    while domain.review.waits(plan):
        domain.told.clear()
        await domain.told.wait()


def _message(reasons: Sequence[str]) -> str:
    """Reasons in one line."""
    named = list(dict.fromkeys(filter(None, reasons)))
    more = f" (and {len(named) - _REASONS} more)" if len(named) > _REASONS else ""
    return "; ".join(named[:_REASONS]) + more
