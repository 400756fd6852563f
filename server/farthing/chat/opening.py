"""The chat of a folder in an editor: over its live index, the texts as the editor has them, and the window's ledger.

Imported when somebody first says something: a language server that only completes starts without all of this.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from farthing.backends.cloud.connect import Pool
from farthing.backends.local import LocalBackend
from farthing.backends.local_chat import LocalChat
from farthing.backends.remote.chat import SelectedChat
from farthing.chat.chat import Chat
from farthing.chat.files import Files
from farthing.chat.model import Check, Reply
from farthing.chat.models import LedgerSource, Models, Recorder
from farthing.errors import IndexUnavailable
from farthing.index.folders import Folders
from farthing.index.retrieval import Retrieval
from farthing.settings import Settings

_T = TypeVar("_T")


def open_chat(
    root: Path, session: Path, engine: LocalBackend, folders: Folders, ledger: LedgerSource, record: Recorder,
    settings: Callable[[], Settings], unsaved: Callable[[str], str | None], check: Check,
    keep: Callable[[Reply], None], pool: Pool, at_close: list[Callable[[], Awaitable[None]]],
) -> Chat:  # fmt: skip
    """The chat of one folder.

    Args:
        root: the folder, resolved.
        session: the folder whose session pays: the first one of the workspace.
        pool: the connections to what costs.
        at_close: gets what is to be called when the server ends.
        unsaved: the text of an open document by its path relative to the root.
    """

    async def ask(question: Callable[[Retrieval | None], _T]) -> _T:
        found: list[_T] = []
        try:
            # Any name in the folder will do: the index is asked, not the file.
            await folders.ask(str(root / "any"), lambda retrieval, inside: found.append(question(retrieval)))
        except IndexUnavailable:
            found.clear()
        return found[0] if found else question(None)

    server = SelectedChat(lambda: settings().remote, str(root))
    at_close.append(server.aclose)
    models = Models(
        root, session, LocalChat(engine), ledger, record, lambda: settings().edit.model,
        lambda: settings().engine.context_tokens, pool, server=server.choose,
    )  # fmt: skip
    return Chat(Files(root, ask, unsaved), models, check, keep)
