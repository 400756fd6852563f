"""What must stay on this machine, by its place: the user's word, the repository's, and names that are made for secrets.

::

    config.toml       [privacy] local_only = ["/absolute/folder"]
    .farthing.toml    [privacy] local_only = ["folder", "generated/*.sql"]     patterns as in .gitignore
    .farthing-local-only                                                       an empty file in a folder
    .farthingignore                                                            files that nobody reads

Each of them only forbids: no other one, and no word of a user or a repository, allows again what one of them keeps.
What can't be read or makes no sense forbids everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pathspec

from farthing import config
from farthing.errors import SettingsError
from farthing.privacy.names import is_secret

REPOSITORY_FILE = ".farthing.toml"
IGNORE_FILE = ".farthingignore"
MARK = ".farthing-local-only"
"""Keeps the folder that it lies in, with all beneath."""


def vetoes(root: Path, paths: Iterable[str]) -> list[str]:
    """Why files may not leave this machine: one line for each that may not, in the order of the paths. Reads files.

    Args:
        root: of the workspace; its repository's settings count from the repository's root on.
        paths: relative to it, with forward slashes.
    """
    return list(dict.fromkeys(kept(root, paths).values()))


def kept(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Those of some files that may not leave this machine, and why; arguments as of :func:`vetoes`."""
    wanted = list(dict.fromkeys(paths))
    if not wanted:
        return {}
    try:
        rules = _Rules(root.resolve())
    except SettingsError as exc:
        return dict.fromkeys(wanted, f"nothing of this folder leaves this machine: {exc.message}")
    return {path: reason for path in wanted if (reason := rules.reason(path))}


class _Rules:
    """All that holds for a workspace now.

    Raises:
        SettingsError: something of it can't be read, or is none.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._base = next((each for each in (root, *root.parents) if (each / ".git").exists()), root)
        self._folders = [Path(each).expanduser() for each in _listed(config.load(), "config.toml")]
        for folder in self._folders:
            if not folder.is_absolute():
                raise SettingsError("privacy.local_only in config.toml must name folders from the root on", "Mend it")
        repositories = dict.fromkeys((self._base, root))
        self._patterns = [(each, _repository(each)) for each in repositories]
        self._ignored: dict[Path, pathspec.GitIgnoreSpec | None] = {}

    def reason(self, path: str) -> str:
        """Why a file stays here; empty where it may leave."""
        if is_secret(path):
            return f"{path} is made to hold secrets, by its name"
        named = self._root / PurePosixPath(path)
        for absolute in dict.fromkeys((named, _real(named))):
            if is_secret(absolute.as_posix()) and absolute != named:
                return f"{path} leads to a file that is made to hold secrets, by its name"
            if folder := next((each for each in self._folders if absolute.is_relative_to(_real(each))), None):
                return f"{path} is in {folder}, which config.toml marks local-only"
            if where := next((each for each in absolute.parents if (each / MARK).exists()), None):
                return f"{path} is in {where.name or where}, which {MARK} marks local-only"
            for base, spec in self._patterns:
                if absolute.is_relative_to(base) and spec.match_file(absolute.relative_to(base).as_posix()):
                    return f"{path} is marked local-only by {REPOSITORY_FILE}"
            if self._is_ignored(absolute):
                return f"{path} is left out by {IGNORE_FILE}"
        return ""

    def _is_ignored(self, absolute: Path) -> bool:
        """By the innermost file that speaks of it, or of a folder that it is in: as git does, nothing in a folder that
        is left out comes back."""
        if not absolute.is_relative_to(self._base):
            return False
        parts = absolute.relative_to(self._base).parts
        for depth in range(1, len(parts) + 1):
            target = self._base.joinpath(*parts[:depth])
            if self._verdict(target, is_folder=depth < len(parts)):
                return True
        return False

    def _verdict(self, target: Path, is_folder: bool) -> bool:
        for folder in target.parents:
            if not folder.is_relative_to(self._base):
                break
            spec = self._spec(folder)
            inside = target.relative_to(folder).as_posix() + ("/" if is_folder else "")
            if spec is not None and (verdict := spec.check_file(inside).include) is not None:
                return verdict
        return False

    def _spec(self, folder: Path) -> pathspec.GitIgnoreSpec | None:
        if folder not in self._ignored:
            self._ignored[folder] = _ignore_file(folder / IGNORE_FILE)
        return self._ignored[folder]


def _repository(base: Path) -> pathspec.GitIgnoreSpec:
    lines = _listed(config.load(base / REPOSITORY_FILE), REPOSITORY_FILE)
    # Not "!name", which would take a file out again.
    return _patterns([line for line in lines if not line.startswith("!")], REPOSITORY_FILE)


def _ignore_file(path: Path) -> pathspec.GitIgnoreSpec | None:
    try:
        return _patterns(path.read_text(encoding="utf-8", errors="replace").splitlines(), None)
    except FileNotFoundError:
        return None
    except OSError:
        return pathspec.GitIgnoreSpec.from_lines(["*"])


def _patterns(lines: Sequence[str], where: str | None) -> pathspec.GitIgnoreSpec:
    """Args:
    where: whose lines must all be patterns; None to leave out those that are none, as git does.
    """
    good = []
    for line in lines:
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except ValueError as exc:
            if where:
                raise SettingsError(f"privacy.local_only in {where} holds no pattern: {line!r}", "Mend it") from exc
        else:
            good.append(line)
    return pathspec.GitIgnoreSpec.from_lines(good)


def _listed(tree: Mapping[str, object], where: str) -> list[str]:
    table = tree.get("privacy", {})
    found = table.get("local_only", []) if isinstance(table, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise SettingsError(f"privacy.local_only in {where} must be a list of texts", "Mend it")
    return [each for each in found if each.strip()]


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a circle of links
        return path
