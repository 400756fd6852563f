"""The chats of a language server, put together from their parts.

Imported when somebody first says something: a language server that only completes starts without all of this.
"""

import os
from collections.abc import Callable
from pathlib import Path

from pygls.workspace import Workspace

from farthing.backends.cloud.connect import Pool
from farthing.chat.chat import Chat
from farthing.chat.keeping import keeper
from farthing.chat.opening import open_chat
from farthing.checking import check_of
from farthing.handlers.domain import Domain
from farthing.handlers.texts import open_document


class Chats:
    """The chats of a language server's folders, made when they are first used."""

    def __init__(self, domain: Domain, workspace: Callable[[], Workspace]) -> None:
        self._domain, self._workspace = domain, workspace
        self._open: dict[str, Chat] = {}
        self._pool = Pool()
        domain.at_close.append(self._pool.aclose)

    def of(self, folder: str) -> Chat:
        """The chat of a folder, by the path that the editor has for it."""
        if folder not in self._open:
            self._open[folder] = self._made(folder)
        return self._open[folder]

    def _made(self, folder: str) -> Chat:
        domain, root = self._domain, Path(folder).resolve()

        def unsaved(path: str) -> str | None:
            document = open_document(self._workspace(), os.path.normpath(os.path.join(folder, path)))
            return document.source if document else None

        return open_chat(
            root, Path(domain.meter.root or root), domain.backend, domain.folders, domain.meter.ledger,
            domain.meter.record, lambda: domain.settings, unsaved,
            check_of(root, lambda: domain.settings.edit, lambda: [domain.settings.remote.api_key_env]),
            keeper(lambda: domain.settings.edit.keep_replies), self._pool,
            domain.at_close,
        )  # fmt: skip
