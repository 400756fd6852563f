"""Notebooks: their cells are documents, and know of the cells above them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.workspace import Workspace

from farthing.completion.notebook import language_of, text_before
from farthing.completion.pipeline import CompletionRequest
from farthing.handlers.documents import warm_up
from farthing.handlers.domain import Domain
from farthing.text import Edit

SYNC = types.NotebookDocumentSyncOptions([types.NotebookDocumentFilterWithNotebook(notebook="*")])
"""What editors are to tell: all of every notebook. Those that can't, open cells as documents of their own."""


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    def closed(cells: Sequence[types.TextDocumentIdentifier]) -> None:
        for cell in cells:
            domain.pipeline.closed(cell.uri)
            domain.statistics.closed(cell.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def opened(ls: LanguageServer, params: types.DidOpenNotebookDocumentParams) -> None:
        for language in {cell.language_id for cell in params.cell_text_documents}:
            warm_up(domain, language)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def changed(
        ls: LanguageServer, params: types.DidChangeNotebookDocumentParams, edits: Mapping[str, Sequence[Edit]]
    ) -> None:
        cells = params.change.cells
        if cells is None:
            return
        order = [cell.document for cell in ls.workspace.notebook_documents[unquote(params.notebook_document.uri)].cells]
        first = len(order)
        if cells.structure is not None:
            first = cells.structure.array.start
            closed(cells.structure.did_close or ())
        for uri, each in edits.items():
            domain.statistics.edited(uri, each)
            domain.pipeline.document_changed(uri, ls.workspace.get_text_document(uri).source)
            first = min(first, order.index(uri) + 1 if uri in order else 0)
        for uri in order[first:]:
            if uri not in edits:
                domain.pipeline.forget(uri)  # what is above it is no longer what its answer was made for

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def gone(ls: LanguageServer, params: types.DidCloseNotebookDocumentParams) -> None:
        closed(params.cell_text_documents)


def in_notebook(workspace: Workspace, request: CompletionRequest, lines: int) -> CompletionRequest:
    """The request with what a cell knows of its notebook; of no cell, the request as it is.

    Args:
        lines: how many of them are seen before the cursor at least.
    """
    notebook = workspace.get_notebook_document(cell_uri=request.document)
    if notebook is None:
        return request
    above = []
    for cell in notebook.cells:
        if cell.document == request.document:
            break
        document = workspace.text_documents.get(unquote(cell.document))
        if document is not None and cell.kind == types.NotebookCellKind.Code:
            text = document.source
            if language_of(text, document.language_id or "") == request.language:
                above.append(text)
    return replace(request, before=text_before(above, request.language, lines), notebook=notebook.uri)
