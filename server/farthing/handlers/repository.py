"""The index of the workspace's folders: made, kept fresh, and asked for symbols."""

import logging
import uuid
from collections.abc import Callable

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from farthing.handlers import ledger
from farthing.handlers.domain import Domain
from farthing.index.folders import FoundSymbol

_logger = logging.getLogger(__name__)

SHOWN_BYTES = 2_000_000
"""Indexing less than this is over before anybody could read that it began."""

MAX_SYMBOLS = 100

_KINDS = {
    "class": types.SymbolKind.Class,
    "interface": types.SymbolKind.Interface,
    "enum": types.SymbolKind.Enum,
    "type": types.SymbolKind.Struct,
    "method": types.SymbolKind.Method,
    "function": types.SymbolKind.Function,
    "macro": types.SymbolKind.Function,
    "constant": types.SymbolKind.Constant,
    "field": types.SymbolKind.Field,
    "module": types.SymbolKind.Module,
    "section": types.SymbolKind.String,
}


def follow_settings(ls: LanguageServer, domain: Domain) -> None:
    """Index the workspace's folders, or stop, as the settings want it."""
    if not domain.settings.index.enabled:
        domain.in_background(domain.folders.aclose())
        return
    for uri in ls.workspace.folders or ([ls.workspace.root_uri] if ls.workspace.root_uri else []):
        if path := to_fs_path(uri):
            domain.folders.open(path, _reporter(ls))


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders_changed(ls: LanguageServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            if path := to_fs_path(folder.uri):
                await domain.folders.close(path)
        follow_settings(ls, domain)
        ledger.follow_folders(ls, domain)

    @server.feature(types.WORKSPACE_SYMBOL)
    async def symbols(ls: LanguageServer, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        if not domain.settings.index.workspace_symbols:
            return []
        return [_symbol(each) for each in await domain.folders.symbols(params.query, MAX_SYMBOLS)]


def _symbol(found: FoundSymbol) -> types.WorkspaceSymbol:
    symbol = found.symbol
    place = types.Range(types.Position(symbol.start_line - 1, 0), types.Position(symbol.end_line, 0))
    return types.WorkspaceSymbol(
        name=symbol.name,
        kind=_KINDS.get(symbol.kind, types.SymbolKind.Variable),
        location=types.Location(from_fs_path(str(found.path)) or "", place),
        container_name=symbol.symbol.rpartition(".")[0] or None,
    )


def _reporter(ls: LanguageServer) -> Callable[[int, int], None]:
    """Shows a long update as ``$/progress``, where the editor can."""
    window = ls.client_capabilities.window
    if not window or not window.work_done_progress:
        return lambda done, total: None
    tokens: list[str] = []

    def report(done: int, total: int) -> None:
        if total < SHOWN_BYTES:
            return
        progress = ls.work_done_progress
        if not tokens:
            tokens.append(f"farthing-index-{uuid.uuid4()}")
            progress.create(tokens[0])
            progress.begin(tokens[0], types.WorkDoneProgressBegin("Indexing", percentage=0))
        progress.report(tokens[0], types.WorkDoneProgressReport(percentage=int(100 * done / total)))
        if done >= total:
            progress.end(tokens.pop(), types.WorkDoneProgressEnd())

    return report
