"""Inline completion, and the engine behind it."""

import contextlib
import logging
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from farthing import protocol
from farthing.completion.notebook import language_of
from farthing.completion.pipeline import Completion, CompletionRequest
from farthing.completion.suppress import inside, splits_word
from farthing.errors import FarthingError
from farthing.handlers.domain import Domain, completion_wanted, file_path, may_be_told, model_in_use, position_encoding
from farthing.handlers.notebooks import in_notebook
from farthing.settings import CompletionSettings
from farthing.text import MAX_DOCUMENT, lsp_offset

CANDIDATES = 3
"""Different suggestions for who asks outright."""

_logger = logging.getLogger(__name__)


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def complete(ls: LanguageServer, params: types.InlineCompletionParams) -> types.InlineCompletionList:
        empty = types.InlineCompletionList(items=[])
        uri = params.text_document.uri
        if unquote(uri) not in ls.workspace.text_documents:  # pygls' keys
            return empty  # never opened: what is on disk may not be what the user sees
        document = ls.workspace.get_text_document(uri)
        # The text is taken before the first await: later the document may be a newer one.
        text = document.source
        language = language_of(text, document.language_id or "")
        if not completion_wanted(domain, language) or len(text) > MAX_DOCUMENT:
            return empty
        if not may_be_told(ls.workspace, domain.settings, uri):
            return empty
        place = params.position
        offset = lsp_offset(text, place.line, place.character, position_encoding(ls.workspace))
        question = domain.statistics.asked(uri)
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        if not invoked and not _welcome(text, offset, language, domain.settings.completion):
            return empty
        try:
            model = model_in_use(domain.settings)
            count = CANDIDATES if invoked else 1
            request = CompletionRequest(uri, text, offset, language, model, invoked, count, file_path(uri) or "")
            request = in_notebook(ls.workspace, request, domain.settings.completion.prefix_lines)
            completion = await domain.pipeline.complete(request, domain.settings.completion)
        except FarthingError as exc:
            _logger.warning("no completion: %s", exc)
            domain.status.show_error(exc)
            return empty
        domain.statistics.answered(question, offset, completion)
        return types.InlineCompletionList(items=_items(completion, place)) if completion else empty

    @server.feature(protocol.CURSOR_DID_MOVE)
    def moved(ls: LanguageServer, params: Any) -> None:
        uri, line, column = _place(params)
        document = ls.workspace.text_documents.get(unquote(uri))
        if document is None:
            return
        text = document.source
        offset = lsp_offset(text, line, column, position_encoding(ls.workspace))
        domain.statistics.moved(uri, offset)
        if path := file_path(uri):
            domain.surroundings.visited(path, line + 1)
        language = language_of(text, document.language_id or "")
        if not completion_wanted(domain, language) or not may_be_told(ls.workspace, domain.settings, uri):
            return
        if len(text) > MAX_DOCUMENT or domain.status.current.state not in ("ready", "generating"):
            return
        with contextlib.suppress(FarthingError):  # the first completion will meet it again, and show it
            model = model_in_use(domain.settings)
            request = CompletionRequest(uri, text, offset, language, model, path=file_path(uri) or "")
            request = in_notebook(ls.workspace, request, domain.settings.completion.prefix_lines)
            domain.pipeline.warm(request, domain.settings.completion)

    @server.command(protocol.ACCEPT_COMPLETION)
    def accepted(ls: LanguageServer, id: str) -> None:
        domain.statistics.accepted(id)

    @server.feature(protocol.COMPLETION_STATISTICS)
    async def statistics(ls: LanguageServer, params: Any) -> dict[str, Any]:
        today = await domain.statistics.today()
        return asdict(protocol.CompletionStatistics(today.shown, today.accepted, today.first_token_ms.p50))

    @server.feature(protocol.RESTART_ENGINE)
    async def restart(ls: LanguageServer, params: Any) -> None:
        try:
            await domain.backend.stop_engine()
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
        domain.status.configure(domain.settings.completion, domain.settings.remote.url)


def _welcome(text: str, offset: int, language: str, settings: CompletionSettings) -> bool:
    """Whether a suggestion that nobody asked for outright would be welcome at a place."""
    if splits_word(text, offset):
        return False
    if settings.in_comments and settings.in_strings:
        return True
    where = inside(text, offset, language)
    return where == "code" or (settings.in_comments if where == "comment" else settings.in_strings)


def _place(params: Any) -> tuple[str, int, int]:
    """Document, line and column of a notification of ours; no document where it is not as it should be."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    position = getattr(params, "position", None)
    line, column = getattr(position, "line", None), getattr(position, "character", None)
    if isinstance(uri, str) and isinstance(line, int) and isinstance(column, int) and line >= 0 and column >= 0:
        return uri, line, column
    return "", 0, 0


def _items(completion: Completion, position: types.Position) -> list[types.InlineCompletionItem]:
    accepted = types.Command("Accepted", protocol.ACCEPT_COMPLETION, arguments=[completion.id])
    place = types.Range(position, position)
    return [types.InlineCompletionItem(text, range=place, command=accepted) for text in completion.texts]
