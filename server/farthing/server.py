"""The language server's composition root: builds everything, starts it, and takes it down."""

import argparse
import json
import logging
import logging.handlers
import sys
from dataclasses import asdict
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter

from farthing import __version__, handlers, paths, protocol
from farthing.backends.local import LocalBackend
from farthing.completion.pipeline import CompletionPipeline
from farthing.status import StatusBoard

_logger = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """pygls' protocol, except that a request which can't be read is answered: pygls only logs it, and the client waits
    for ever."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """See pygls."""
        try:
            return super().structure_message(data)
        except Exception as exc:
            if "method" in data and isinstance(data.get("id"), int | str):
                text = f"the parameters of {data['method']!r} are not as the protocol has them"
                self._send_response(data["id"], error=types.ResponseError(types.ErrorCodes.InvalidParams, text))
            raise exc


class Server(LanguageServer):
    """pygls' server, except that what arrives garbled is answered by JSON-RPC's means and not by a pop-up."""

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Called by pygls for whatever it could not handle."""
        _logger.warning("could not handle a message: %s", error)
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
            fault = types.ResponseError(types.ErrorCodes.ParseError, "the message is not JSON")
            self.protocol._send_data(types.ResponseErrorMessage(error=fault, id=None))


def build() -> Server:
    """Put the server together. It holds no model and opens no connection until it is asked to complete something."""
    server = Server("farthing", __version__, protocol_cls=Protocol, converter_factory=default_converter)

    def publish(status: protocol.Status) -> None:
        server.protocol.notify(protocol.STATUS_DID_CHANGE, asdict(status))

    status = StatusBoard(publish)
    backend = LocalBackend(lambda: domain.settings.engine, status.show_activity)
    domain = handlers.Domain(backend, CompletionPipeline(backend), status)
    handlers.register(server, domain)
    return server


def main(argv: list[str]) -> int:
    """Entry point of ``farthing serve``."""
    parser = argparse.ArgumentParser(prog="farthing serve", description="Run the language server on stdio.")
    parser.add_argument("--stdio", action="store_true", help="the default; taken because editors like to say it")
    parser.add_argument("--tcp", metavar="[HOST:]PORT", help="listen on TCP; HOST is 127.0.0.1 unless given")
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    options = parser.parse_args(argv)
    _start_log(options.log_level)
    if options.tcp is None:
        build().start_io()
        return 0
    host, _, port = options.tcp.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.stderr.write(f"farthing: {options.tcp!r} is not [HOST:]PORT. Give for example 127.0.0.1:7007\n")
        return 2
    try:
        build().start_tcp(host or "127.0.0.1", int(port))
    except OSError as exc:
        sys.stderr.write(f"farthing: can't listen on {options.tcp}: {exc.strerror}. Choose another port\n")
        return 1
    return 0


def _start_log(level: str) -> None:
    """Log to stderr, which editors show in an output channel. stdout belongs to the protocol."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(max(logging.WARNING, logging.getLevelName(level)))
    _logger.info("farthing %s, state in %s", __version__, paths.data_dir())
