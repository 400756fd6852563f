"""Does a text parse? tree-sitter answers for incomplete code too: it counts what does not fit."""

from farthing.index import trees


def count_errors(text: str, language: str) -> int | None:
    """Places in a text that don't parse: tree-sitter's ERROR and MISSING nodes.

    Args:
        language: LSP language id.

    Returns:
        None for a language without a grammar here.
    """
    root = trees.root(text.encode(errors="replace"), language)
    if root is None:
        return None
    if not root.has_error:
        return 0
    count, pending = 0, [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            count += 1
        pending.extend(child for child in node.children if child.has_error)
    return count
