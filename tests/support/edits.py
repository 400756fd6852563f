"""Replies of models and workspaces to apply them to: the golden cases of ``tests/golden/edit``."""

import json
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.cli import Ran, run_here

GOLDEN = Path(__file__).parents[1] / "golden" / "edit"


@dataclass(frozen=True)
class Case:
    """One ``[[case]]``."""

    name: str
    reply: str
    statuses: list[str]
    """What becomes of the reply's hunks, in its order."""
    before: dict[str, str] = field(default_factory=dict)
    """The files of the workspace, by their paths."""
    after: dict[str, str] = field(default_factory=dict)
    """Those that are changed or new."""
    file: str = "a.py"
    """The default."""
    partial: bool = False
    says: str = ""
    """What the reason of some hunk holds."""
    matches: list[int] | None = None
    """The places of the first hunk."""


def cases() -> list[Case]:
    """All of them; their names differ."""
    found = [
        Case(**each)
        for path in sorted(GOLDEN.glob("*.toml"))
        for each in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    ]
    assert len({case.name for case in found}) == len(found)
    return found


def fill(root: Path, files: dict[str, str]) -> None:
    """Write files, line ends and all, as they are."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


def content(root: Path) -> dict[str, bytes]:
    """All files of a folder but git's own."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def apply(root: Path, reply: str, *arguments: str) -> tuple[Ran, Any]:
    """Run ``farthing apply --json`` on a reply, which lies beside the workspace."""
    path = root.parent / "reply.md"
    path.write_bytes(reply.encode())
    ran = run_here("apply", root, "--reply", path, "--json", *arguments)
    return ran, json.loads(ran.stdout)


def git_apply(root: Path, diff: str, *flags: str) -> None:
    """What git makes of a diff; it must take it. ``-R`` takes it back."""
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", *flags, "-"]
    ran = subprocess.run(
        command, cwd=root, input=diff.encode("utf-8", "surrogateescape"), capture_output=True, check=False
    )
    assert ran.returncode == 0, (ran.stderr, diff)
