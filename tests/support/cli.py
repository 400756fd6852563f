"""The command line as a user has it: a process of its own."""

import resource
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "farthing"]
Ran = subprocess.CompletedProcess[str]


def run(*arguments: str | Path, file_size: int | None = None) -> Ran:
    """Run the command.

    Args:
        file_size: bytes beyond which no file can be written, as on a full disk.
    """

    def limit() -> None:
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, preexec_fn=limit)


def refused(ran: Ran, code: int = 2) -> str:
    """The one line that a refused command says."""
    assert ran.returncode == code, ran
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith("farthing: ")
    return ran.stderr
