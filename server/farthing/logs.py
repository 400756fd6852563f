"""The language server's log: to stderr, which editors show in an output channel. stdout belongs to the protocol."""

import logging
import sys

from pygls.exceptions import JsonRpcException

from farthing import __version__, paths
from farthing.backends.cloud import keys

_TALKATIVE = ("h2", "hpack", "httpcore", "httpx")
"""Libraries that log the headers of requests, and so keys, or where to every one goes."""


class _Formatter(logging.Formatter):
    """Tells no key, whoever logs it, also as part of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """See :class:`logging.Formatter`."""
        return keys.hidden(super().format(record))


def start(level: str) -> None:
    """Log from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(levelname)s %(name)s: %(message)s"))
    if level != "DEBUG":
        handler.addFilter(_shorten)
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("pygls").setLevel(max(logging.WARNING, logging.getLevelName(level)))
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(__name__).info("farthing %s, state in %s", __version__, paths.data_dir())


def _shorten(record: logging.LogRecord) -> bool:
    """pygls logs a client's mistakes with tracebacks. Only those of faults in a handler of ours are worth reading."""
    if record.name.startswith("pygls"):
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, JsonRpcException | ValueError | RecursionError):
            record.exc_info = None
        record.msg, record.args = record.getMessage().partition("\n")[0], None
    return True
