"""Work that takes a while, shown by the editor and given up by its user."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextvars import ContextVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

TOKEN: ContextVar[int | str | None] = ContextVar("TOKEN", default=None)
"""What the request that is being answered wants its progress to be reported under."""

Say = Callable[[str], None]


@contextlib.asynccontextmanager
async def shown(ls: LanguageServer, title: str, give_up: Callable[[], None]) -> AsyncIterator[Say]:
    """Show that something is under way, where the client has named a token or can be given one.

    Args:
        give_up: called when the user cancels what is shown.
    """
    token = TOKEN.get()
    window = ls.client_capabilities.window
    if token is None and window and window.work_done_progress:
        token = f"farthing-{uuid.uuid4()}"
        try:
            await ls.work_done_progress.create_async(token)
        except JsonRpcException:
            token = None
    if token is None:
        yield lambda message: None
        return
    name, progress = token, ls.work_done_progress

    def ended(cancelled: "Future[None]") -> None:
        if cancelled.cancelled():
            give_up()

    progress.begin(name, types.WorkDoneProgressBegin(title, cancellable=True))
    progress.tokens[name].add_done_callback(ended)
    try:
        yield lambda message: progress.report(name, types.WorkDoneProgressReport(message=message))
    finally:
        progress.tokens.pop(name, None)
        progress.end(name, types.WorkDoneProgressEnd())
