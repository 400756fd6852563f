"""LSP parameters -> a call of the domain -> an LSP result, and nothing else."""

import asyncio
import contextlib
import logging
import threading
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.workspace import Workspace

from farthing import protocol
from farthing.backends.local import LocalBackend
from farthing.completion.pipeline import Completion, CompletionPipeline, CompletionRequest
from farthing.engine.models import catalogue, store
from farthing.errors import Cancelled, FarthingError
from farthing.settings import Settings, decode
from farthing.status import StatusBoard
from farthing.text import MAX_DOCUMENT, Encoding, lsp_offset

if TYPE_CHECKING:
    from farthing.engine.models.pull import Progress

_logger = logging.getLogger(__name__)

_ENCODINGS: dict[types.PositionEncodingKind | str, Encoding] = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}


@dataclass
class Domain:
    """What the handlers call."""

    backend: LocalBackend
    pipeline: CompletionPipeline
    status: StatusBoard
    settings: Settings = field(default_factory=Settings)
    """As the editor has them now."""
    background: set["asyncio.Task[None]"] = field(default_factory=set)
    """Tasks that nobody waits for, kept alive here."""


def register(server: LanguageServer, domain: Domain) -> None:
    """Tell the server which method is answered how."""
    _register_configuration(server, domain)
    _register_documents(server, domain)
    _register_completion(server, domain)
    _register_models(server, domain)


def _register_configuration(server: LanguageServer, domain: Domain) -> None:
    def apply(ls: LanguageServer, tree: object) -> None:
        domain.settings, problems = decode(tree)
        for problem in problems:
            ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"Farthing: {problem}"))
        domain.status.configure(domain.settings.completion)

    async def pull_settings(ls: LanguageServer) -> None:
        item = types.ConfigurationItem(section="farthing")
        with contextlib.suppress(asyncio.CancelledError):
            try:
                answer = await ls.workspace_configuration_async(types.ConfigurationParams([item]))
            except JsonRpcException as exc:
                _logger.warning("the editor gave no settings: %s", exc)
                answer = []
            if answer and answer[0] is not None:
                apply(ls, answer[0])
            else:  # what came with initialize stays
                domain.status.configure(domain.settings.completion)

    def can_pull(ls: LanguageServer) -> bool:
        workspace = ls.client_capabilities.workspace
        return bool(workspace and workspace.configuration)

    @server.feature(types.INITIALIZE)
    def initialize(ls: LanguageServer, params: types.InitializeParams) -> None:
        options = params.initialization_options
        domain.settings, _ = decode(options if isinstance(options, dict) else None)

    @server.feature(types.INITIALIZED)
    async def initialized(ls: LanguageServer, params: types.InitializedParams) -> None:
        if can_pull(ls):
            await pull_settings(ls)
        else:
            domain.status.configure(domain.settings.completion)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def changed(ls: LanguageServer, params: types.DidChangeConfigurationParams) -> None:
        given = params.settings
        if isinstance(given, dict) and isinstance(given.get("farthing"), dict):
            apply(ls, given["farthing"])
        elif can_pull(ls):
            await pull_settings(ls)


def _register_documents(server: LanguageServer, domain: Domain) -> None:
    async def warm_up() -> None:
        with contextlib.suppress(FarthingError):  # the first completion will meet it again, and show it
            await domain.backend.load(str(store.resolve(domain.settings.completion.model)))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
        if _wanted(domain, params.text_document.language_id) and domain.status.current.state == "ready":
            task = asyncio.ensure_future(warm_up())
            domain.background.add(task)
            task.add_done_callback(domain.background.discard)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        domain.pipeline.document_changed(uri, ls.workspace.get_text_document(uri).source)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
        domain.pipeline.forget(params.text_document.uri)


def _register_completion(server: LanguageServer, domain: Domain) -> None:
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def complete(ls: LanguageServer, params: types.InlineCompletionParams) -> types.InlineCompletionList:
        empty = types.InlineCompletionList(items=[])
        uri = params.text_document.uri
        if unquote(uri) not in ls.workspace.text_documents:  # pygls' keys
            return empty  # never opened: what is on disk may not be what the user sees
        document = ls.workspace.get_text_document(uri)
        # The text is taken before the first await: later the document may be a newer one.
        text, language = document.source, document.language_id or ""
        if not _wanted(domain, language) or len(text) > MAX_DOCUMENT:
            return empty
        place = params.position
        offset = lsp_offset(text, place.line, place.character, position_encoding(ls.workspace))
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        try:
            model = str(store.resolve(domain.settings.completion.model))
            request = CompletionRequest(uri, text, offset, language, model, invoked)
            completion = await domain.pipeline.complete(request, domain.settings.completion)
        except FarthingError as exc:
            _logger.warning("no completion: %s", exc)
            domain.status.show_error(exc)
            return empty
        return types.InlineCompletionList(items=[_item(completion, place)]) if completion else empty

    @server.command(protocol.ACCEPT_COMPLETION)
    def accepted(ls: LanguageServer, id: str) -> None:
        _logger.info("accepted completion %s", id)

    @server.feature(protocol.RESTART_ENGINE)
    async def restart(ls: LanguageServer, params: Any) -> None:
        try:
            await domain.backend.stop_engine()
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
        domain.status.configure(domain.settings.completion)


def _register_models(server: LanguageServer, domain: Domain) -> None:
    @server.feature(protocol.LIST_MODELS)
    async def list_models(ls: LanguageServer, params: Any) -> list[dict[str, Any]]:
        names = protocol.ModelInfo.__dataclass_fields__
        entries = await asyncio.to_thread(store.entries)
        return [{name: getattr(entry, name) for name in names} for entry in entries]

    @server.feature(protocol.PULL_MODEL)
    async def pull_model(ls: LanguageServer, params: Any) -> dict[str, Any]:
        from farthing.engine.models import pull  # here: a server starts far more often than a model is fetched

        token = getattr(params, "workDoneToken", None)
        given_up = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            model = catalogue.get(str(getattr(params, "id", "")))
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc

        def report(progress: "Progress") -> None:
            if token is not None:
                loop.call_soon_threadsafe(ls.work_done_progress.report, token, _progress(progress))

        if token is not None:
            ls.work_done_progress.begin(token, types.WorkDoneProgressBegin(f"Downloading {model.id}", percentage=0))
        try:
            path = await asyncio.to_thread(pull.pull, model, report, given_up.is_set)
        except (asyncio.CancelledError, Cancelled):
            given_up.set()
            raise
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
        finally:
            if token is not None:
                ls.work_done_progress.end(token, types.WorkDoneProgressEnd())
        domain.status.configure(domain.settings.completion)
        return asdict(protocol.PullModelResult(str(path)))


def position_encoding(workspace: Workspace) -> Encoding:
    """The unit of columns that was agreed with the client."""
    return _ENCODINGS[workspace.position_encoding or types.PositionEncodingKind.Utf16]


def _wanted(domain: Domain, language: str) -> bool:
    chosen = domain.settings.completion
    return chosen.enabled and language not in chosen.disabled_languages


def _item(completion: Completion, position: types.Position) -> types.InlineCompletionItem:
    return types.InlineCompletionItem(
        insert_text=completion.text,
        range=types.Range(position, position),
        command=types.Command("Accepted", protocol.ACCEPT_COMPLETION, arguments=[completion.id]),
    )


def _progress(progress: "Progress") -> types.WorkDoneProgressReport:
    percentage = int(100 * progress.done / progress.total) if progress.total else 0
    return types.WorkDoneProgressReport(message=f"{progress.stage} {progress.detail}".strip(), percentage=percentage)
