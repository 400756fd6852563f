"""Chats put together from their parts, for the language server and for the command line.

Imported when somebody first says something: a language server that only completes starts without all of this.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from pygls.workspace import Workspace

from farthing.chat.chat import Chat
from farthing.chat.keeping import keeper
from farthing.chat.model import Check, Checked
from farthing.chat.opening import open_chat
from farthing.edit.model import FileChange
from farthing.errors import FarthingError
from farthing.handlers.domain import Domain
from farthing.handlers.texts import open_document
from farthing.settings import EditSettings
from farthing.verify import commands
from farthing.verify.feedback import feedback
from farthing.verify.model import Report
from farthing.verify.run import verify


class Chats:
    """The chats of a language server's folders, made when they are first used."""

    def __init__(self, domain: Domain, workspace: Callable[[], Workspace]) -> None:
        self._domain, self._workspace = domain, workspace
        self._open: dict[str, Chat] = {}

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
            keeper(lambda: domain.settings.edit.keep_replies),
        )  # fmt: skip


def check_of(
    root: Path, settings: Callable[[], EditSettings], secrets: Callable[[], Collection[str]] = lambda: ()
) -> Check:
    """Runs the tests that the user has named for a folder.

    Args:
        secrets: names of environment variables that they do not get.
    """

    async def check(changes: Sequence[FileChange]) -> Checked | None:
        configured: Mapping[str, tuple[str, ...]] = settings().test_commands
        try:
            command = commands.find(root, configured)
        except FarthingError as exc:
            return Checked(False, f"the tests can't be run: {exc}")
        if command is None:
            return None
        report = await verify(root, changes, command, secrets=secrets())
        return Checked(report.passed, _line(report), "" if report.passed else feedback(report))

    return check


def _line(report: Report) -> str:
    where = "" if report.sandboxed else ", not closed in"
    if report.passed:
        return f"the tests pass ({report.seconds:.1f} s{where})"
    return f"the tests fail: {report.reason} ({report.seconds:.1f} s{where})"
