"""Which files belong to the repository: ``.gitignore``, ``.farthingignore`` at every level, and what nobody reads."""

from collections.abc import Iterable
from pathlib import Path

import pathspec

IGNORE_FILES = (".gitignore", ".farthingignore")

NEVER = frozenset(
    ".git .hg .svn .jj node_modules bower_components __pycache__ .venv venv .tox .nox .mypy_cache .pytest_cache "
    ".ruff_cache .hypothesis .idea .gradle .terraform site-packages .eggs .next .nuxt .turbo .cache".split()
)
"""Folders that hold no source of this repository, wherever they stand and whatever ignore files say."""

VENDORED = frozenset("vendor vendored third_party third-party thirdparty external_libs Pods Carthage".split())
"""Folders with other people's source."""


class IgnoreRules:
    """The rules of one folder, on top of those of the folders above it.

    Args:
        prefix: the folder, relative to the root, with a trailing slash; empty for the root.
    """

    def __init__(self, prefix: str = "", parent: "IgnoreRules | None" = None, lines: Iterable[str] = ()) -> None:
        self._prefix = prefix
        self._parent = parent
        self._spec = pathspec.GitIgnoreSpec.from_lines(lines)

    @classmethod
    def of_root(cls, root: Path) -> "IgnoreRules":
        """The rules of a repository's root: also git's own list that is not committed."""
        lines = [*_lines(root / ".git" / "info" / "exclude")]
        for name in IGNORE_FILES:
            lines += _lines(root / name)
        return cls("", None, lines)

    def below(self, root: Path, prefix: str, names: Iterable[str]) -> "IgnoreRules":
        """The rules inside a folder; these where it has no ignore files among its names."""
        lines: list[str] = []
        for name in IGNORE_FILES:
            if name in names:
                lines += _lines(root / prefix / name)
        return IgnoreRules(prefix, self, lines) if lines else self

    def ignores(self, path: str, is_folder: bool = False) -> bool:
        """Whether a path, relative to the root, is left out. The innermost rule that speaks of it decides."""
        rules: IgnoreRules | None = self
        while rules is not None:
            inside = path[len(rules._prefix) :] + ("/" if is_folder else "")
            verdict = rules._spec.check_file(inside).include
            if verdict is not None:
                return verdict
            rules = rules._parent
        return False


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # A pattern that can't be compiled would take the others with it.
    return [line for line in text.splitlines() if _valid(line)]


def _valid(line: str) -> bool:
    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def is_generated(head: bytes) -> bool:
    """Whether a file says, in its first lines, that a program wrote it; or is minified."""
    first = head[:1024].lower()
    if b"@generated" in first or (b"generated" in first and b"do not edit" in first):
        return True
    lines = head.count(b"\n") + 1
    return len(head) > 4000 and len(head) / lines > 500


def folder_reason(name: str) -> str:
    """Why a folder is left out by its name; empty when it is not."""
    if name in NEVER:
        return "not source"
    return "vendored" if name in VENDORED else ""
