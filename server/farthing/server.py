"""The language server's composition root: builds everything, starts it, and takes it down."""

import argparse
import inspect
import io
import json
import logging
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter
from pygls.protocol.language_server import _prepare_command_arguments, lsp_method
from pygls.workspace import TextDocument

from farthing import __version__, airgap, handlers, logs, protocol
from farthing.backends.local import LocalBackend
from farthing.backends.select import SelectedBackend
from farthing.completion.generation import Generation, Outcome
from farthing.completion.headers import Headers
from farthing.completion.pipeline import CompletionPipeline
from farthing.completion.statistics import Statistics
from farthing.completion.surroundings import Surroundings
from farthing.errors import AirGapped
from farthing.handlers import progress
from farthing.index.folders import Folders
from farthing.meter.meter import Meter
from farthing.privacy.places import kept
from farthing.status import StatusBoard
from farthing.text import Edit, lsp_offset

if TYPE_CHECKING:
    from farthing.assembly import Chats

_logger = logging.getLogger(__name__)

_NO_MESSAGE = "this is no message of JSON-RPC 2.0"
_LENGTH = re.compile(rb"content-length:[ \t]*(\d+)[ \t]*\r\n$", re.IGNORECASE)


class Protocol(LanguageServerProtocol):
    """pygls' protocol, except that whatever can't be taken is answered. pygls only logs most of it, and the client
    waits for ever."""

    _server: "Server"

    def structure_message(self, data: dict[str, Any]) -> Any:
        """See pygls."""
        if "jsonrpc" in data and "method" in data:
            data.setdefault("params", None)  # JSON-RPC lets it be left out; pygls wants it in methods it doesn't know
        handlers.prepare(data)
        try:
            return super().structure_message(data)
        except JsonRpcException as exc:
            id = data.get("id") if isinstance(data.get("id"), int | str) else None
            if "method" not in data and id is not None and (ours := self._request_futures.pop(id, None)):
                ours.set_exception(exc)  # an answer that is none: who waits for it must not wait for ever
            elif "method" not in data:
                self.send_error(None, types.ErrorCodes.InvalidRequest, _NO_MESSAGE)
            elif id is not None:
                text = f"the parameters of {data['method']!r} are not as the protocol has them"
                self.send_error(id, types.ErrorCodes.InvalidParams, text)
            raise

    def handle_message(self, message: Any) -> None:
        """See pygls."""
        if isinstance(message, dict) or getattr(message, "jsonrpc", "") != self.VERSION:
            given = message if isinstance(message, dict) else {"id": getattr(message, "id", None), "method": ""}
            id = given.get("id") if "method" in given and isinstance(given.get("id"), int | str) else None
            self.send_error(id, types.ErrorCodes.InvalidRequest, _NO_MESSAGE)
            return
        method, id = getattr(message, "method", None), getattr(message, "id", None)
        if method is not None and method != types.EXIT and (fault := self._untimely(method)):
            if id is not None:
                self.send_error(id, *fault)
            return
        super().handle_message(message)

    def _untimely(self, method: str) -> tuple[types.ErrorCodes, str] | None:
        if self._shutdown:
            return types.ErrorCodes.InvalidRequest, "the server was told to shut down"
        if self._workspace is None and method != types.INITIALIZE:
            return types.ErrorCodes.ServerNotInitialized, "the server waits for 'initialize'"
        if self._workspace is not None and method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, "the server is initialized already"
        return None

    def send_error(self, id: int | str | None, code: types.ErrorCodes, text: str) -> None:
        """Answer a message with an error; ``id`` is None where the message has none that can be read."""
        # Not by pygls' own class: it leaves out an id that is None, which JSON-RPC wants to be null.
        self._send_data({"jsonrpc": self.VERSION, "id": id, "error": {"code": code.value, "message": text}})

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]  # no generator: nobody else is asked
        """Let the loop end. pygls raises SystemExit within it, which loses the exit code, and on TCP a traceback."""
        self._server.stop()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]
        """Run a command, so that cancelling the request ends its work. pygls only answers that it is cancelled."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r}")
        try:
            arguments, _ = _prepare_command_arguments(handler, params, self._converter)
        except (TypeError, ValueError) as exc:
            raise JsonRpcInvalidParams(str(exc)) from exc
        progress.TOKEN.set(params.work_done_token)
        result = handler(*arguments)
        return await result if inspect.isawaitable(result) else result

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Iterator[Any]:
        """Apply edits. pygls' own way takes form feeds and other separators for line breaks, which LSP does not, and so
        puts edits on wrong lines of a text that holds one. The handler gets the edits as offsets, too."""
        document = self.workspace.text_documents.get(unquote(params.text_document.uri))
        if document is None:
            _logger.warning("a change of a document that is not open: %s", params.text_document.uri)
            return
        edits = self._edit(document, params.text_document.version, params.content_changes)
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params, edits), None

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: types.DidChangeNotebookDocumentParams) -> Iterator[Any]:
        """Apply changes of a notebook. The texts of its cells are edited as those of other documents are."""
        if unquote(params.notebook_document.uri) not in self.workspace.notebook_documents:
            _logger.warning("a change of a notebook that is not open: %s", params.notebook_document.uri)
            return
        edits: dict[str, list[Edit]] = {}
        texts: Sequence[types.NotebookDocumentCellContentChanges] = ()
        if params.change.cells is not None:
            texts, params.change.cells.text_content = params.change.cells.text_content or (), None
        self.workspace.update_notebook_document(params)
        for text in texts:
            uri = text.document.uri
            if (document := self.workspace.text_documents.get(unquote(uri))) is not None:
                edits.setdefault(uri, []).extend(self._edit(document, text.document.version, text.changes))
        yield self.fm.features[types.NOTEBOOK_DOCUMENT_DID_CHANGE], (params, edits), None

    def _edit(
        self, document: TextDocument, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> list[Edit]:
        """Change a document's text. The edits are told with offsets."""
        encoding = handlers.position_encoding(self.workspace)
        text = document.source
        edits = []
        for change in changes:
            begin, end = 0, len(text)
            if isinstance(change, types.TextDocumentContentChangePartial):
                begin, end = (
                    lsp_offset(text, place.line, place.character, encoding)
                    for place in (change.range.start, change.range.end)
                )
            edits.append(Edit(begin, text[begin:end], change.text))
            text = text[:begin] + change.text + text[end:]
        document._source, document.version = text, version
        return edits


class Server(LanguageServer):
    """pygls' server, except that what arrives garbled is answered by JSON-RPC's means and not by a pop-up."""

    protocol: Protocol

    @property
    def exit_code(self) -> int:
        """0 where the client said ``shutdown`` before it went, as LSP has it."""
        return 0 if self.protocol._shutdown else 1

    def stop(self) -> None:
        """End after the message that is being handled."""
        assert self._stop_event is not None
        self._stop_event.set()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Called by pygls for whatever it could not handle."""
        _logger.warning("could not handle a message: %s", error)
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
            self.protocol.send_error(None, types.ErrorCodes.ParseError, "the message is not JSON")


class Input(io.BufferedReader):
    """stdin, mended: a header that follows garbage on its line is still found.

    After a message whose length was wrong, the next header stands right behind what is left of the body. pygls would
    take the two for one unknown header, wait for the next, which again stands behind a body, and be deaf from there on.
    """

    def readline(self, size: int | None = -1, /) -> bytes:
        """A line; of a header with a length, only this header, spelled as pygls wants it."""
        line = super().readline(size)
        if found := _LENGTH.search(line):
            # A length beyond any message would be allocated; the header is not taken, and what follows is skipped.
            return b"Content-Length: %d\r\n" % int(found[1]) if len(found[1]) < 10 else b"\r\n"
        return line


def build(chat_of: Callable[[str], handlers.Chat] | None = None) -> Server:
    """Put the server together. It holds no model and opens no connection until it is asked to complete something.

    Args:
        chat_of: who answers instructions about a folder.
    """
    server = Server(
        "farthing",
        __version__,
        protocol_cls=Protocol,
        converter_factory=default_converter,
        notebook_document_sync=handlers.NOTEBOOK_SYNC,
    )

    def publish(status: protocol.Status) -> None:
        server.protocol.notify(protocol.STATUS_DID_CHANGE, asdict(status))

    def publish_ledger(status: protocol.LedgerStatus) -> None:
        server.protocol.notify(protocol.LEDGER_DID_CHANGE, asdict(status))

    status = StatusBoard(publish)
    backend = LocalBackend(lambda: domain.settings.engine, status.show_activity)
    selected = SelectedBackend(backend, lambda: domain.settings.remote, status.show_activity)
    folders = Folders()
    # What is local-only is for the engine alone.
    surroundings = Surroundings(
        folders, lambda root, paths: kept(root, paths) if domain.settings.remote.url.strip() else ()
    )
    pipeline = CompletionPipeline(selected, Headers(surroundings))
    meter = Meter(publish_ledger)
    domain = handlers.Domain(backend, selected, pipeline, status, folders, Statistics(), surroundings, meter)

    chats: list[Chats] = []

    def own_chat_of(folder: str) -> handlers.Chat:
        if not chats:
            from farthing.assembly import Chats

            chats.append(Chats(domain, lambda: server.workspace))
        return chats[0].of(folder)

    domain.chat_of = chat_of or own_chat_of

    def generated(generation: Generation, outcome: Outcome) -> None:
        domain.statistics.generated(generation, outcome)
        domain.records.generated(generation, outcome)

    domain.pipeline.on_generated = generated
    domain.records.folder_of = lambda uri: handlers.folder_of(server.workspace, uri)
    handlers.register(server, domain)
    return server


def main(argv: list[str]) -> int:
    """Entry point of ``farthing serve``."""
    parser = argparse.ArgumentParser(prog="farthing serve", description="Run the language server on stdio.")
    parser.add_argument("--stdio", action="store_true", help="the default; taken because editors like to say it")
    parser.add_argument("--tcp", metavar="[HOST:]PORT", help="listen on TCP; HOST is 127.0.0.1 unless given")
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    options = parser.parse_args(argv)
    host, _, port = (options.tcp or "0").rpartition(":")
    if options.tcp is not None and (not port.isdecimal() or not 0 < int(port) < 65536):
        sys.stderr.write(f"farthing: {options.tcp!r} is not [HOST:]PORT. Give for example 127.0.0.1:7007\n")
        return 2
    logs.start(options.log_level)
    # pygls turns Ctrl-C into a wait for the thread that reads stdin, which may never end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = build()
    if options.tcp is None:
        server.start_io(Input(io.FileIO(sys.stdin.fileno(), closefd=False)))
        return server.exit_code
    logging.getLogger("pygls.server").setLevel(options.log_level)  # it says when it can be reached
    try:
        server.start_tcp(airgap.ear(host or "127.0.0.1"), int(port))
    except (AirGapped, OSError) as exc:
        no = f"can't listen on {options.tcp}: {exc.strerror}. Choose another port" if isinstance(exc, OSError) else exc
        sys.stderr.write(f"farthing: {no}\n")
        return 1
    return server.exit_code
