"""Workspaces whose tests are run, and what is still running of them."""

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from farthing import paths
from farthing.edit.model import FileChange
from farthing.verify.model import Command, Limits

QUICK = Limits(grace=0.2)


def shell(script: str, *, seconds: float = 60.0, sandbox: bool = True) -> Command:
    """A command that runs a script of the shell."""
    return Command(("sh", "-c", script), seconds, sandbox)


def change(path: str, after: str, before: str | None = "") -> FileChange:
    """A file as it becomes."""
    return FileChange(path, before, (), after)


def git(root: Path, *arguments: str) -> str:
    """Run git, with nothing of the user's own configuration."""
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    names = ["-c", "user.name=Ann", "-c", "user.email=ann@example.invalid", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(root), *names, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | quiet).stdout


def repository(root: Path, files: dict[str, str]) -> Path:
    """A checkout with files, all of them committed."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "-q")
    git(root, "add", "-A", "-f")
    git(root, "commit", "-q", "-m", "All of it")
    return root


def program(path: Path, script: str) -> Path:
    """An executable script of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def left() -> list[str]:
    """What is left of copies."""
    folder = paths.cache_dir() / "verify"
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


def running(token: str) -> list[str]:
    """The command lines of processes that hold a token, ours aside."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if token in line and int(each.parent.name) != os.getpid():
            found.append(line)
    return found


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def mark(path: Path) -> str:
    """A command of the shell that leaves a mark."""
    return f"touch {shlex.quote(str(path))}"
