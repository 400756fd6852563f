"""Whole statements, the comments above them, and what is defined, in the text of a document. It is parsed once.

Lines are counted from 1 and end with ``\\n``.
"""

import functools
import re

import tree_sitter

from farthing.index import parser, trees
from farthing.index.tags import FileTags

MAX_TEXT = 1_000_000
"""Code points. Of a longer text nothing is said: it is data, and parsing it takes longer than a user waits."""

# Over all grammars: what holds statements, members or cases, each on lines of its own.
_HOLDS = re.compile(
    r"^(?:module|program|source_file|translation_unit|compilation_unit|chunk|compound_statement|body_statement"
    r"|preproc_(?:if|ifdef|else|elif))$"
    r"|(?:^|_)(?:block|body|statements|statement_list|declaration_list|suite|do_group|then|members)$"
)


def outline(text: str, language: str) -> FileTags:
    """What is defined and used in a text; nothing where it is too long."""
    if len(text) > MAX_TEXT:
        return FileTags(language, (), (), (), True)
    data, root = text.encode(errors="replace"), _root(text, language)
    return (root and parser.parse(data, language, root)) or parser.parse_any(data, language)


def grown(text: str, language: str, first: int, last: int) -> tuple[int, int]:
    """The least run of whole statements that holds some lines; of lines in a class body, of whole members.

    Args:
        language: LSP language id; without a grammar for it the lines are given back as they are.
    """
    root = _root(text, language)
    if root is None:
        return first, last
    node, best = root, (first, last)
    while True:
        inside = [
            child for child in node.children
            if child.is_named and _row_of_end(child) >= first - 1 and child.start_point[0] <= last - 1
        ]  # fmt: skip
        if node is root or _HOLDS.search(node.type):
            if not inside and node.start_point[0] < first - 1 and last - 1 < _row_of_end(node):
                return first, last  # between two of them
            best = (
                (min(first, inside[0].start_point[0] + 1), max(last, _row_of_end(inside[-1]) + 1)) if inside else best
            )
        around = [child for child in inside if child.start_point[0] <= first - 1 and _row_of_end(child) >= last - 1]
        if len(around) != 1:
            return best
        node = around[0]


def final(text: str, language: str, most: int) -> tuple[int, int] | None:
    """The lines of a text's last statement; of one with more lines than ``most`` the last one inside it, and so on.

    Returns:
        None without a grammar, and for an empty text.
    """
    node, found = _root(text, language), None
    while node is not None:
        inside = [child for child in node.children if child.is_named]
        if not inside:
            return found
        node = inside[-1]
        found = node.start_point[0] + 1, _row_of_end(node) + 1
        if found[1] - found[0] < most:
            return found
        node = _holder_in(node)
    return found


def _holder_in(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """What holds the last statements in a node, the outermost one."""
    pending = [child for child in node.children if child.is_named]
    while pending:
        child = pending.pop()
        if _HOLDS.search(child.type):
            return child
        pending += [each for each in child.children if each.is_named]
    return None


def commented(text: str, language: str, first: int) -> int:
    """The first line of the comments that stand alone right above a line; the line itself where there are none."""
    root = _root(text, language)
    if root is None:
        return first
    lines = text.split("\n", first)
    while first > 1:
        above = lines[first - 2]
        column = len(above) - len(above.lstrip())
        at = (first - 2, len(above[:column].encode(errors="replace")))
        node = root.descendant_for_point_range(at, (at[0], at[1] + 1)) if above.strip() else None
        while node is not None and "comment" not in node.type and node.parent is not None:
            node = node.parent
        if node is None or "comment" not in node.type or _row_of_end(node) != first - 2:
            return first
        start = node.start_point
        if lines[start[0]].encode(errors="replace")[: start[1]].strip():
            return first  # behind code, so about that
        first = start[0] + 1
    return first


def _row_of_end(node: tree_sitter.Node) -> int:
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point[0] else row


@functools.lru_cache(maxsize=4)
def _root(text: str, language: str) -> tree_sitter.Node | None:
    if len(text) > MAX_TEXT:
        return None
    return trees.root(text.encode(errors="replace"), language)
