"""Imports -> files, as far as paths tell: what a language resolves by its build system is left alone."""

import posixpath
from collections.abc import Iterable, Iterator

_SUFFIXES: dict[str, tuple[str, ...]] = {
    "python": (".py", ".pyi", "/__init__.py"),
    "javascript": ("", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", "/index.js", "/index.ts", "/index.tsx"),
    "typescript": ("", ".ts", ".tsx", ".d.ts", ".js", ".jsx", "/index.ts", "/index.tsx", "/index.js"),
    "java": (".java",),
    "kotlin": (".kt", ".java"),
    "scala": (".scala", ".java"),
    "rust": (".rs", "/mod.rs"),
    "ruby": ("", ".rb"),
    "php": ("", ".php"),
    "lua": (".lua", "/init.lua"),
    "c": ("",),
    "cpp": ("",),
    "shellscript": ("",),
}
_FAMILY = {"javascriptreact": "javascript", "typescriptreact": "typescript"}


TAIL = (
    "substr(f.path, length(rtrim(f.path, replace(f.path, '/', ''))) + 1) || '/' || "
    "substr(f.path, length(rtrim(rtrim(rtrim(f.path, replace(f.path, '/', '')), '/'), replace(f.path, '/', ''))) + 1)"
)
"""A file's name, and again after its folder's: ``core.py/app/core.py``. The store has an index on this very expression,
by which files are found by the end of their path."""


class Resolver:
    """Resolves imports among the files of a repository, or among those of them that :func:`endings` name.

    Args:
        paths: relative to the root.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = set(paths)
        self._by_name: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        for path in sorted(self._paths):
            folder, name = posixpath.split(path)
            self._by_name.setdefault(name, []).append(path)
            self._folders.setdefault(folder, []).append(path)

    def resolve(self, path: str, language: str, module: str, names: Iterable[str] = ()) -> list[str]:
        """Files of the repository that an import in ``path`` names; none for what comes from elsewhere."""
        if language == "go":
            return next((self._folders[folder] for folder in folders(module) if folder in self._folders), [])
        found: list[str] = []
        for choice in _choices(path, language, module, names):
            hit = next((hit for ending, exact in choice if (hit := self._find(ending, path, exact))), None)
            if hit and hit != path and hit not in found:
                found.append(hit)
        return found

    def _find(self, ending: str, path: str, exact: bool) -> str | None:
        if ending in self._paths:
            return ending
        if exact:
            return None
        matches = [each for each in self._by_name.get(posixpath.basename(ending), ()) if each.endswith("/" + ending)]
        # Several packages may hold a module of this name: the nearest one is meant.
        return max(matches, key=lambda each: (_shared(each, path), -len(each)), default=None)


def endings(path: str, language: str, module: str, names: Iterable[str] = ()) -> Iterator[str]:
    """How the paths of all files end that :meth:`Resolver.resolve` may look for. Not for Go, see :func:`folders`."""
    return (ending for choice in _choices(path, language, module, names) for ending, _ in choice)


def tails(ending: str) -> tuple[str, str]:
    """The first and the last :data:`TAIL` of paths that end so."""
    folder, name = posixpath.split(ending)
    # "0" comes after "/": whatever the folder.
    exact = f"{name}/{posixpath.basename(folder)}/{name}"
    return (exact, exact) if folder else (name + "/", name + "0")


def folders(module: str) -> list[str]:
    """Where the files of a Go package may be; the first that holds any has them."""
    parts = module.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _choices(path: str, language: str, module: str, names: Iterable[str]) -> Iterator[list[tuple[str, bool]]]:
    """For each file that an import may name: ends of paths of which the first that is there counts, and whether one is
    the whole path."""
    language = _FAMILY.get(language, language)
    suffixes = _SUFFIXES.get(language)
    if suffixes is None or not module:
        return
    here = posixpath.dirname(path)
    for candidate in _candidates(path, language, module, tuple(names)):
        exact = candidate.startswith(("./", "../"))
        base = posixpath.join(here, candidate) if exact else candidate
        yield [(posixpath.normpath(base + suffix) if exact else base + suffix, exact) for suffix in suffixes]


def _candidates(path: str, language: str, module: str, names: tuple[str, ...]) -> list[str]:
    match language:
        case "python":
            return _python(module, names)
        case "javascript" | "typescript":
            return [module if module.startswith(("./", "../")) else module.removeprefix("@/")]
        case "java" | "kotlin" | "scala":
            base = module.replace(".", "/").removesuffix("/*").removesuffix("/_")
            return [base, *(f"{base}/{name}" for name in names)]
        case "rust":
            parts = [part for part in module.split("::") if part not in ("crate", "self", "super", "")]
            return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
        case "ruby" | "php" | "shellscript":
            return [module.replace("\\", "/"), "./" + module.removeprefix("./")]
        case "lua":
            return [module.replace(".", "/")]
        case _:
            return ["./" + module, module]


def _python(module: str, names: tuple[str, ...]) -> list[str]:
    dots = len(module) - len(module.lstrip("."))
    base = module[dots:].replace(".", "/")
    if dots:
        up = "./" + "../" * (dots - 1)
        base = up + base
    joined = base + "/" if base and not base.endswith("/") else base
    return [*(joined + name for name in names), *([base] if base.strip("./") else [joined + "__init__"])]


def _shared(a: str, b: str) -> int:
    return len(posixpath.commonprefix([a.split("/"), b.split("/")]))
