"""From a chat's hunks to the tests that the user has named, and back to a line and to what the model is told."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from farthing.chat.model import Check, Checked
from farthing.edit.model import FileChange
from farthing.errors import FarthingError
from farthing.settings import EditSettings
from farthing.verify import commands
from farthing.verify.feedback import feedback
from farthing.verify.model import Report
from farthing.verify.run import verify


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
