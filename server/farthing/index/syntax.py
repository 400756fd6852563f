"""Questions about a text's syntax. tree-sitter answers for incomplete code too.

Trees of the texts last asked about are kept: a text that differs from one of them by what was typed since is parsed
only around that place.
"""

import bisect
import functools
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import tree_sitter

from farthing.index import languages, magics, trees

Kind = Literal["comment", "string", "code"]

KEPT = 4
"""Trees that are remembered."""

AROUND = 50
"""Lines on each side of a place that say how it parses."""

LONG = 200_000
"""Code points: of longer texts a part is parsed for what one place is. After an open bracket in the middle of 50,000
lines even a reparse takes 40 ms."""

_STEP = 16_000
_AT_MARGIN = re.compile(r"^[^\W\d]", re.MULTILINE)

_CHUNK = 65536
_BRACKETS = "()[]{}"
# Names of nodes, over all grammars. What is inserted into a text (`${x}`) is code again.
_COMMENT = ("comment",)
_STRING = ("string", "char_literal", "character_literal", "rune_literal", "regex", "heredoc_body", "nowdoc")
_INSERTED = ("interpolation", "interpolated_expression", "template_substitution", "substitution", "expansion")


@dataclass(frozen=True)
class _Parsed:
    language: str
    data: bytes
    tree: tree_sitter.Tree


_recent: list[_Parsed] = []
"""Whole documents."""
_windows: list[_Parsed] = []
"""Parts of documents: there are several at each keystroke, which must not drive out the document."""
_lock = threading.Lock()


def count_errors(text: str, language: str) -> int | None:
    """Places in a text that don't parse: tree-sitter's ERROR and MISSING nodes.

    Args:
        language: LSP language id.

    Returns:
        None for a language without a grammar here.
    """
    # From scratch each time: what a reparse makes of broken code depends on what was there before.
    root = trees.root(magics.plain(text, language).encode(errors="replace"), language)
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


def surroundings(text: str, offset: int, language: str) -> tuple[int, int]:
    """The part of a text around a place that parses as it does within the whole: some lines on each side, up to where
    at least two definitions or statements of the outermost level are whole. Where there are none it reaches to the end.

    Args:
        offset: in code points.
        language: LSP language id; without a grammar for it the part is all of the text.

    Returns:
        Its start and end in code points.
    """
    text = magics.plain(text, language)
    data = text.encode(errors="replace")
    tree = _parse(data, language, _recent)
    if tree is None:
        return 0, len(text)
    at = len(text[:offset].encode(errors="replace"))
    line = data.count(b"\n", 0, at)
    # Not by the node's own search and siblings: where there are none, tree-sitter 0.26 may die of SIGSEGV.
    nodes = tree.root_node.children
    behind = bisect.bisect_right(nodes, at, key=lambda node: node.end_byte)
    first = _second_whole(reversed(nodes[:behind]), lambda node: line - node.start_point[0])
    last = _second_whole(nodes[behind:], lambda node: node.end_point[0] - line)
    start = 0 if first is None else len(data[: first.start_byte].decode(errors="replace"))
    return start, len(text) if last is None else offset + len(data[at : last.end_byte].decode(errors="replace"))


def _second_whole(
    nodes: Iterable[tree_sitter.Node], lines: Callable[[tree_sitter.Node], int]
) -> tree_sitter.Node | None:
    whole = 0
    for node in nodes:
        # What is indented may be a part of something that is broken.
        whole += not node.has_error and node.start_point[1] == 0
        if whole >= 2 and lines(node) >= AROUND:
            return node
    return None


def kind_at(text: str, offset: int, language: str) -> Kind | None:
    """What a character typed at an offset would be part of.

    Args:
        offset: in code points.
        language: LSP language id.

    Returns:
        None for a language without a grammar here.
    """
    text, offset = _part(text, offset)
    code = magics.plain(text, language)
    data = code.encode(errors="replace")
    tree = _parse(data, language, _recent)
    if tree is None:
        return None
    at = len(code[:offset].encode(errors="replace"))
    node = tree.root_node.descendant_for_byte_range(max(0, at - 1), at)
    while node is not None:
        if any(node.type.endswith(each) for each in _INSERTED) and node.start_byte < at < node.end_byte:
            return "code"
        if any(each in node.type for each in _COMMENT) and _within_comment(node, data, at):
            # A magic is no comment: it was only made one.
            return "comment" if code is text or _line(code, offset) == _line(text, offset) else "code"
        if any(each in node.type for each in _STRING) and node.is_named and node.start_byte < at < node.end_byte:
            return "string"
        node = node.parent
    return "code"


def _part(text: str, offset: int) -> tuple[str, int]:
    """Of a very long text the part around an offset, and the offset in it. It begins with a line at the left margin, as
    few strings and comments have within them, and has the same ends while something is typed."""
    if len(text) <= LONG:
        return text, offset
    start = max(0, offset - LONG // 4) // _STEP * _STEP
    found = _AT_MARGIN.search(text, start, offset)
    start = found.start() if found and start else start
    end = len(text) - max(0, len(text) - offset - LONG // 8) // _STEP * _STEP
    return text[start:end], offset - start


def _line(text: str, offset: int) -> str:
    end = text.find("\n", offset)
    return text[text.rfind("\n", 0, offset) + 1 : end if end >= 0 else len(text)]


def _within_comment(node: tree_sitter.Node, data: bytes, at: int) -> bool:
    """A comment to the end of the line goes on at its end, one that is closed does not."""
    if not node.start_byte < at <= node.end_byte:
        return False
    whole = data[node.start_byte : node.end_byte].rstrip()
    if whole.startswith((b"/*", b"--[[", b"--[=", b"<!--")) and whole.endswith((b"*/", b"]]", b"-->")):
        return at < node.start_byte + len(whole)
    return b"\n" not in data[node.start_byte : at] or at < node.start_byte + len(whole)


@functools.lru_cache(maxsize=8)
def brackets(text: str, language: str) -> tuple[tuple[int, str], ...] | None:
    """The brackets of a text that are code, not part of a string or a comment.

    Args:
        language: LSP language id.

    Returns:
        Offsets in code points, ascending, with the bracket there; None for a language without a grammar here.
    """
    text = magics.plain(text, language)
    data = text.encode(errors="replace")
    tree = _parse(data, language, _windows)
    if tree is None:
        return None
    found = [at for start, end in _punctuation(tree) for at in range(start, end) if chr(data[at]) in _BRACKETS]
    if len(data) == len(text):
        return tuple((at, text[at]) for at in found)
    offset = last = 0
    result = []
    for at in found:
        offset, last = offset + len(data[last:at].decode(errors="replace")), at
        result.append((offset, chr(data[at])))
    return tuple(result)


def _punctuation(tree: tree_sitter.Tree) -> Iterator[tuple[int, int]]:
    """Byte ranges of the leaves that have no name of their own. Names, numbers and what strings say have one."""
    cursor = tree.walk()
    while True:
        if not cursor.goto_first_child():
            node = cursor.node
            if node is not None and (not node.is_named or node.is_error):
                yield node.start_byte, node.end_byte
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return


def _parse(data: bytes, language: str, kept: list[_Parsed]) -> tree_sitter.Tree | None:
    grammar = languages.grammar(language)
    if grammar is None:
        return None
    with _lock:
        known = [each for each in kept if each.language == language]
    for each in known:
        if each.data == data:
            return each.tree
    older, shared = None, (0, 0)
    for each in known:
        common = _common(each.data, data)
        if sum(common) > max(sum(shared), len(data) // 2):
            older, shared = each, common
    tree = _fresh(data, grammar, _edited(older, data, *shared) if older else None)
    if tree is not None:
        with _lock:
            # It takes the place of the one that it came from, so that the others are not forgotten while one is typed.
            kept[:] = [*(each for each in kept if each is not older), _Parsed(language, data, tree)][-KEPT:]
    return tree


def _fresh(data: bytes, grammar: tree_sitter.Language, older: tree_sitter.Tree | None) -> tree_sitter.Tree | None:
    deadline = time.thread_time() + trees.MAX_SECONDS * (1 + len(data) / 1_000_000)
    parse = functools.partial(
        tree_sitter.Parser(grammar).parse,
        lambda at, _: data[at : at + _CHUNK],
        progress_callback=lambda _at, _has_error: time.thread_time() > deadline,
    )
    try:
        return parse() if older is None else parse(old_tree=older)
    except ValueError:
        return None


def _edited(parsed: _Parsed, data: bytes, start: int, end: int) -> tree_sitter.Tree:
    """A copy of the tree that knows what changed between the first ``start`` and the last ``end`` bytes."""
    tree = parsed.tree.copy()
    old_end, new_end = len(parsed.data) - end, len(data) - end
    points = (_point(data, start), _point(parsed.data, old_end), _point(data, new_end))
    tree.edit(start, old_end, new_end, *points)
    return tree


def _point(data: bytes, at: int) -> tuple[int, int]:
    return data.count(b"\n", 0, at), at - data.rfind(b"\n", 0, at) - 1


def _common(one: bytes, other: bytes) -> tuple[int, int]:
    """How many bytes two texts have in common at their starts, and behind those at their ends."""
    room = min(len(one), len(other))
    # In halves of what is left, so that no byte is compared more than about twice: the texts may be long.
    least, most = 0, room
    while least < most:
        middle = (least + most + 1) // 2
        same = one[least:middle] == other[least:middle]
        least, most = (middle, most) if same else (least, middle - 1)
    start, least, most = least, 0, room - least
    ours, theirs = len(one), len(other)
    while least < most:
        middle = (least + most + 1) // 2
        same = one[ours - middle : ours - least] == other[theirs - middle : theirs - least]
        least, most = (middle, most) if same else (least, middle - 1)
    return start, least
