"""The command line as a user has it: a process of its own."""

import io
import resource
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from farthing.__main__ import main

COMMAND = [sys.executable, "-m", "farthing"]
Ran = subprocess.CompletedProcess[str]


def run(
    *arguments: str | Path, file_size: int | None = None, stdin: str | None = None, before: Sequence[str] = ()
) -> Ran:
    """Run the command.

    Args:
        file_size: bytes beyond which no file can be written, as on a full disk.
        before: put before the command.
        stdin: what stands there; nothing of ours when None.
    """

    def limit() -> None:
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    command = [*before, *COMMAND, *map(str, arguments)]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=240, check=False, preexec_fn=limit
    )


def run_here(*arguments: str | Path) -> Ran:
    """As :func:`run`, in this process and so ten times faster: for commands that start nothing and end at once. An
    error that the command does not translate is raised."""
    out, err = io.StringIO(), io.StringIO()
    command = ["farthing", *map(str, arguments)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", command)
        try:
            code: object = main()
        except SystemExit as exc:
            code = exc.code
    return subprocess.CompletedProcess(command, code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


def refused(ran: Ran, code: int = 2) -> str:
    """The one line that a refused command says."""
    assert ran.returncode == code, ran
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith("farthing: ")
    return ran.stderr
