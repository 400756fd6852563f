"""Documents that are opened, edited and closed."""

import contextlib
from collections.abc import Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from farthing.completion.edits import Edit
from farthing.errors import FarthingError
from farthing.handlers.domain import Domain, completion_wanted, model_in_use


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    async def warm_up() -> None:
        if domain.settings.remote.url.strip():
            return  # nothing is loaded here
        with contextlib.suppress(FarthingError):  # the first completion will meet it again, and show it
            await domain.backend.load(model_in_use(domain.settings))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
        if completion_wanted(domain, params.text_document.language_id) and domain.status.current.state == "ready":
            domain.in_background(warm_up())

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: LanguageServer, params: types.DidChangeTextDocumentParams, edits: Sequence[Edit]) -> None:
        uri = params.text_document.uri
        domain.statistics.edited(uri, edits)
        domain.pipeline.document_changed(uri, ls.workspace.get_text_document(uri).source)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
        domain.pipeline.closed(params.text_document.uri)
        domain.statistics.closed(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    async def shut_down(ls: LanguageServer, params: None) -> None:
        await domain.statistics.aclose()
