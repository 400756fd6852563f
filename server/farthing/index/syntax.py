"""Does a text parse? tree-sitter answers for incomplete code too: it counts what does not fit."""

import functools
import importlib
from pathlib import PurePath

import tree_sitter

_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "javascriptreact": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "typescriptreact": ("tree_sitter_typescript", "language_tsx"),
}
"""LSP language id -> module of the grammar and its function."""

_LANGUAGE_IDS = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascriptreact",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "typescriptreact",
}


def language_id(path: str) -> str:
    """LSP language id of a file by its name; empty for one without a grammar here."""
    return _LANGUAGE_IDS.get(PurePath(path).suffix.lower(), "")


def count_errors(text: str, language: str) -> int | None:
    """Places in a text that don't parse: tree-sitter's ERROR and MISSING nodes.

    Args:
        language: LSP language id.

    Returns:
        None for a language without a grammar here.
    """
    parser = _parser(language)
    if parser is None:
        return None
    tree = parser.parse(text.encode(errors="replace"))
    if not tree.root_node.has_error:
        return 0
    count, pending = 0, [tree.root_node]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            count += 1
        pending.extend(child for child in node.children if child.has_error)
    return count


@functools.cache
def _parser(language: str) -> tree_sitter.Parser | None:
    if language not in _GRAMMARS:
        return None
    module, function = _GRAMMARS[language]
    return tree_sitter.Parser(tree_sitter.Language(getattr(importlib.import_module(module), function)()))
