"""Documents that are opened, edited and closed."""

import contextlib
from collections.abc import Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from farthing.errors import FarthingError
from farthing.handlers.domain import Domain, completion_wanted, file_path, model_in_use
from farthing.handlers.texts import key_of, refresh
from farthing.text import Edit


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    def overlay(uri: str, text: str | None) -> None:
        # Kept by reference, and looked at later in another thread: this is done at every keystroke.
        if path := file_path(uri):
            domain.folders.overlay(path, text)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
        overlay(params.text_document.uri, params.text_document.text)
        if path := key_of(params.text_document.uri):
            document = params.text_document
            domain.review.opened(path, document.uri, document.text, document.version)
        warm_up(domain, params.text_document.language_id)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: LanguageServer, params: types.DidChangeTextDocumentParams, edits: Sequence[Edit]) -> None:
        uri = params.text_document.uri
        text = ls.workspace.get_text_document(uri).source
        overlay(uri, text)
        domain.statistics.edited(uri, edits)
        domain.pipeline.document_changed(uri, text)
        if key := key_of(uri):
            domain.review.edited(key, text, params.text_document.version, edits)
        place = getattr(params.content_changes[-1], "range", None) if params.content_changes else None
        if place is not None and (path := file_path(uri)):
            domain.surroundings.visited(path, place.start.line + 1, changed=True)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: LanguageServer, params: types.DidSaveTextDocumentParams) -> None:
        if path := file_path(params.text_document.uri):
            domain.folders.saved(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
        overlay(params.text_document.uri, None)
        domain.pipeline.closed(params.text_document.uri)
        domain.statistics.closed(params.text_document.uri)
        if (path := key_of(params.text_document.uri)) and domain.review.file(path):
            domain.review.closed(path)
            domain.in_background(refresh(domain, path))


def warm_up(domain: Domain, language: str) -> None:
    """A document was opened: have the model loaded, if it is to complete there."""

    async def load() -> None:
        with contextlib.suppress(FarthingError):  # the first completion will meet it again, and show it
            await domain.backend.load(model_in_use(domain.settings))

    elsewhere = domain.settings.remote.url.strip()
    if completion_wanted(domain, language) and domain.status.current.state == "ready" and not elsewhere:
        domain.in_background(load())
