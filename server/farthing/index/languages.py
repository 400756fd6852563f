"""The languages that are parsed, by file name. A grammar is imported when the first file of its language comes."""

import functools
import importlib
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath

import tree_sitter


@dataclass(frozen=True)
class Language:
    """A language with a grammar."""

    id: str
    """LSP language id."""
    module: str
    """Python module of the grammar."""
    function: str = "language"
    """Its function that returns the language."""
    queries: tuple[str, ...] = ()
    """Names of the query files, where it is not one with the id."""


_LANGUAGES = (
    Language("python", "tree_sitter_python"),
    Language("javascript", "tree_sitter_javascript", queries=("javascript", "jsx")),
    Language("javascriptreact", "tree_sitter_javascript", queries=("javascript", "jsx")),
    Language("typescript", "tree_sitter_typescript", "language_typescript"),
    Language("typescriptreact", "tree_sitter_typescript", "language_tsx", ("typescript", "jsx")),
    Language("go", "tree_sitter_go"),
    Language("rust", "tree_sitter_rust"),
    Language("java", "tree_sitter_java"),
    Language("c", "tree_sitter_c"),
    Language("cpp", "tree_sitter_cpp"),
    Language("csharp", "tree_sitter_c_sharp"),
    Language("ruby", "tree_sitter_ruby"),
    Language("php", "tree_sitter_php", "language_php"),
    Language("shellscript", "tree_sitter_bash"),
    Language("lua", "tree_sitter_lua"),
    Language("kotlin", "tree_sitter_kotlin"),
    Language("scala", "tree_sitter_scala"),
    Language("swift", "tree_sitter_swift"),
)
BY_ID = {language.id: language for language in _LANGUAGES}

_SUFFIXES = {
    "python": "py pyi pyw",
    "javascript": "js mjs cjs",
    "javascriptreact": "jsx",
    "typescript": "ts mts cts",
    "typescriptreact": "tsx",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "c": "c h",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp inl",
    "csharp": "cs",
    "ruby": "rb rake gemspec",
    "php": "php phtml",
    "shellscript": "sh bash",
    "lua": "lua",
    "kotlin": "kt kts",
    "scala": "scala sc sbt",
    "swift": "swift",
    "markdown": "md markdown",
    "json": "json jsonc",
    "yaml": "yaml yml",
    "toml": "toml",
}
_BY_SUFFIX = {f".{suffix}": id for id, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_BY_NAME = {"Rakefile": "ruby", "Gemfile": "ruby", "PKGBUILD": "shellscript", ".bashrc": "shellscript"}


def language_id(path: str) -> str:
    """LSP language id of a file by its name; empty for one that is not known here."""
    pure = PurePath(path)
    return _BY_NAME.get(pure.name) or _BY_SUFFIX.get(pure.suffix.lower(), "")


@functools.cache
def grammar(id: str) -> tree_sitter.Language | None:
    """The grammar of a language; None for one without."""
    language = BY_ID.get(id)
    if language is None:
        return None
    return tree_sitter.Language(getattr(importlib.import_module(language.module), language.function)())


@functools.cache
def query(id: str) -> tree_sitter.Query | None:
    """What is looked for in a file of the language."""
    found = grammar(id)
    if found is None:
        return None
    folder = resources.files(__package__) / "queries"
    names = BY_ID[id].queries or (id,)
    return tree_sitter.Query(found, "\n".join((folder / f"{name}.scm").read_text(encoding="utf-8") for name in names))
