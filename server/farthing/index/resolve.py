"""Imports -> files, as far as paths tell: what a language resolves by its build system is left alone."""

import posixpath
from collections.abc import Iterable

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


class Resolver:
    """Resolves imports among the files of a repository.

    Args:
        paths: all files, relative to the root.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = set(paths)
        self._by_tail: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        for path in sorted(self._paths):
            folder, name = posixpath.split(path)
            self._by_tail.setdefault(name, []).append(path)
            if folder:
                self._by_tail.setdefault(f"{posixpath.basename(folder)}/{name}", []).append(path)
            self._folders.setdefault(folder, []).append(path)

    def resolve(self, path: str, language: str, module: str, names: Iterable[str] = ()) -> list[str]:
        """Files of the repository that an import in ``path`` names; none for what comes from elsewhere."""
        language = _FAMILY.get(language, language)
        if language == "go":
            return self._go(module)
        suffixes = _SUFFIXES.get(language)
        if suffixes is None or not module:
            return []
        found: list[str] = []
        for candidate in _candidates(path, language, module, tuple(names)):
            for suffix in suffixes:
                hit = self._find(candidate + suffix, path, relative=candidate.startswith(("./", "../")))
                if hit and hit != path and hit not in found:
                    found.append(hit)
                    break
        return found

    def _find(self, wanted: str, path: str, relative: bool) -> str | None:
        if relative:
            exact = posixpath.normpath(posixpath.join(posixpath.dirname(path), wanted))
            return exact if exact in self._paths else None
        if wanted in self._paths:
            return wanted
        # By the last two parts: every package has an __init__.py, but few have a forms/__init__.py.
        tail = "/".join(wanted.split("/")[-2:])
        matches = [each for each in self._by_tail.get(tail, ()) if each.endswith("/" + wanted)]
        # Several packages may hold a module of this name: the nearest one is meant.
        return max(matches, key=lambda each: (_shared(each, path), -len(each)), default=None)

    def _go(self, module: str) -> list[str]:
        parts = module.split("/")
        for start in range(len(parts)):
            folder = "/".join(parts[start:])
            if folder in self._folders:
                return [each for each in self._folders[folder] if each.endswith(".go")]
        return []


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
