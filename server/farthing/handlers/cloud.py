"""Models that cost: their keys, what would be sent to them, and what was."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from farthing.backends.cloud import keys
from farthing.chat_protocol import SendChatParams
from farthing.cloud_protocol import (
    LIST_PROVIDERS,
    LIST_SENT,
    PREVIEW_REQUEST,
    SET_KEYS,
    ProviderInfo,
    RequestPreview,
    SentRequest,
)
from farthing.errors import FarthingError
from farthing.handlers.chat import asked
from farthing.handlers.domain import Domain
from farthing.handlers.params import decode

if TYPE_CHECKING:  # imported when it is asked for: the server starts without the ledger and the providers
    from farthing.ledger.ledger import Ledger
    from farthing.ledger.sent import Sent


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    @server.feature(SET_KEYS)
    def set_keys(ls: LanguageServer, params: Any) -> None:
        keys.replace(_keys(getattr(params, "keys", None)))

    @server.feature(LIST_PROVIDERS)
    async def list_providers(ls: LanguageServer, params: Any) -> list[dict[str, Any]]:
        try:
            return [asdict(each) for each in await asyncio.to_thread(_providers)]
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc

    @server.feature(PREVIEW_REQUEST)
    async def preview(ls: LanguageServer, params: Any) -> dict[str, Any]:
        try:
            found = asked(ls, domain, decode(SendChatParams, params))
            seen = await found.chat.preview_request(found.conversation, found.instruction)
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
        return asdict(
            RequestPreview(
                seen.tier, seen.provider, seen.address, seen.model, seen.reason, seen.text, seen.tokens,
                seen.max_output, seen.price, seen.redacted, seen.vetoed,
            )
        )  # fmt: skip

    @server.feature(LIST_SENT)
    async def list_sent(ls: LanguageServer, params: Any) -> list[dict[str, Any]]:
        root = domain.meter.root
        if root is None:
            return []
        try:
            ledger = await domain.meter.ledger()
            return [asdict(each) for each in await asyncio.to_thread(_listed, ledger, root)]
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc


def prepare(message: dict[str, Any]) -> None:
    """Give keys a shape in which pygls leaves names as they are: of an object it makes attributes."""
    params = message.get("params")
    if message.get("method") == SET_KEYS and isinstance(params, dict) and isinstance(params.get("keys"), dict):
        params["keys"] = [list(pair) for pair in params["keys"].items()]


def _keys(given: object) -> Mapping[str, str]:
    pairs = given if isinstance(given, list) else None
    if pairs is None or not all(isinstance(key, str) for _, key in pairs):
        raise JsonRpcInvalidParams("keys must be an object of texts")  # which says nothing of what was given
    return dict(pairs)


def _providers() -> list[ProviderInfo]:
    from farthing.backends.cloud import providers

    return [
        ProviderInfo(each.name, each.kind, each.endpoint.base, each.key_source(), dict(each.models))
        for each in providers.load()
    ]


def _listed(ledger: "Ledger", root: Path) -> list[SentRequest]:
    from farthing.ledger.places import canonical
    from farthing.ledger.sent import listed

    return [_sent(row) for row in listed(ledger.store, canonical(root))]


def _sent(row: "Sent") -> SentRequest:
    from farthing.ledger.room import dollars

    note = row.leaving
    money = "$?" if row.money is None else dollars(row.money)
    return SentRequest(
        row.request, row.at_ms, row.task, row.tier, row.provider, note.address, row.model, row.answered, note.reason,
        row.tokens, money, note.pieces, note.redacted,
    )  # fmt: skip
