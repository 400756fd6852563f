"""Edits of real functions, with what is to be true of each afterwards; the cases lie in the folder of the same name."""

import ast
import functools
import hashlib
import importlib.util
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "edit_cases"


class CaseError(Exception):
    """A case can't be used: the package is not the one that it was written for, or the case is wrong."""


@dataclass(frozen=True)
class Case:
    """One edit of one function."""

    id: str
    kind: str
    """What sort of edit it is."""
    file: str
    """Path of a module within site-packages."""
    symbol: str
    """The function, qualified by its classes."""
    instruction: str
    """As a developer would type it."""
    check: str
    """Python that fails before the edit and passes after it; :mod:`edit_check` says what it may use."""
    before: str
    """The file's text, with a planted bug where there is one."""
    first: int
    """Line of the function, from 1, decorators included."""
    last: int
    """Its last line."""
    reference: str
    """The file's text with a right edit."""

    @property
    def lines(self) -> int:
        """Of the whole file."""
        return self.before.count("\n")

    @property
    def function(self) -> str:
        """The text of the function, with its line ends."""
        return "".join(self.before.splitlines(keepends=True)[self.first - 1 : self.last])


def load(kinds: Sequence[str] = (), folder: Path = FOLDER) -> list[Case]:
    """All cases, those of one kind together.

    Args:
        kinds: only these; all where it is empty.

    Raises:
        CaseError: a kind is unknown, a package is missing or another version, or a case does not fit its file.
    """
    sources = tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))
    known = sorted(path.stem for path in folder.glob("*.toml") if path.stem != "sources")
    if unknown := set(kinds) - set(known):
        raise CaseError(f"there are no cases of the kind {min(unknown)}: choose from {', '.join(known)}")
    return [
        _case(kind, row, source(row["file"], sources))
        for kind in kinds or known
        for row in tomllib.loads((folder / f"{kind}.toml").read_text(encoding="utf-8"))["case"]
    ]


def mixed(cases: Iterable[Case], seed: int) -> list[Case]:
    """In an order that looks random and is the same everywhere, each kind as often as any other in every part of it."""
    ordered = sorted(cases, key=lambda case: hashlib.sha256(f"{seed} {case.id}".encode()).digest())
    seen: dict[str, int] = {}
    ranks = {}
    for case in ordered:
        ranks[case.id] = seen[case.kind] = seen.get(case.kind, -1) + 1
    return sorted(ordered, key=lambda case: ranks[case.id])


def site_packages(file: str) -> Path:
    """Where a module of a package is installed, without an import of it.

    Raises:
        CaseError: the package is not installed.
    """
    package = file.partition("/")[0]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise CaseError(f"{package} is not installed: install server/requirements-dev.lock")
    return Path(found.submodule_search_locations[0]).parent / file


def source(file: str, sources: dict[str, dict[str, str]]) -> str:
    """The text of a module, as the cases were written for.

    Raises:
        CaseError: it is missing, or another one.
    """
    wanted = sources.get(file)
    if wanted is None:
        raise CaseError(f"sources.toml does not know {file}")
    return _text(site_packages(file), wanted["sha256"], wanted["package"])


@functools.cache
def _text(path: Path, sha256: str, package: str) -> str:
    if not path.is_file() or hashlib.sha256(data := path.read_bytes()).hexdigest() != sha256:
        raise CaseError(f"{path.name} is not that of {package}: install server/requirements-dev.lock")
    return data.decode()


def _case(kind: str, row: dict[str, object], text: str) -> Case:
    name, symbol = str(row["id"]), str(row["symbol"])
    try:
        for old, new in _pairs(row.get("plant")):
            text = _replaced(text, symbol, old, new)
        after = text
        if rename := row.get("rename"):
            assert isinstance(rename, list)
            first, last = span(text, symbol)
            lines = text.splitlines(keepends=True)
            body = re.sub(rf"\b{rename[0]}\b", rename[1], "".join(lines[first - 1 : last]))
            after = "".join([*lines[: first - 1], body, *lines[last:]])
        for old, new in _pairs(row.get("reference")):
            after = _replaced(after, symbol, old, new)
        first, last = span(text, symbol)
    except CaseError as exc:
        raise CaseError(f"{name}: {exc}") from exc
    return Case(
        name, kind, str(row["file"]), symbol, str(row["instruction"]), str(row["check"]), text, first, last, after
    )


def _pairs(value: object) -> list[tuple[str, str]]:
    return [(old, new) for old, new in value] if isinstance(value, list) else []


def _replaced(text: str, symbol: str, old: str, new: str) -> str:
    first, last = span(text, symbol)
    lines = text.splitlines(keepends=True)
    body = "".join(lines[first - 1 : last])
    if body.count(old) != 1:
        raise CaseError(f"{symbol} holds {old!r} {body.count(old)} times")
    return "".join([*lines[: first - 1], body.replace(old, new), *lines[last:]])


def span(text: str, symbol: str) -> tuple[int, int]:
    """Lines of a function, from 1 and inclusive, its decorators included; of several with its name, the last one's.

    Raises:
        CaseError: there is none.
    """
    node: ast.AST = ast.parse(text)
    for name in symbol.split("."):
        found = [each for each in ast.iter_child_nodes(node) if getattr(each, "name", None) == name]
        if not found:
            raise CaseError(f"there is no {symbol}")
        node = found[-1]
    assert isinstance(node, ast.FunctionDef) and node.end_lineno
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.end_lineno
