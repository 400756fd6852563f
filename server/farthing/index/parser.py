"""From the bytes of a file to its tags.

The queries in ``queries/*.scm`` say what is what; this module and ``uses`` only join their captures:

``@definition.KIND``  a definition, from its first byte to its last
``@name``             the name of the innermost definition around it that has none yet; ``A::b`` is ``b`` of ``A``
``@qualifier``        stands before that name in the qualified one (the receiver of a Go method)
``@scope``            no definition, but its ``@name`` qualifies those inside (Rust's ``impl``)
``@outer``            the first definition inside begins where this does (decorators, ``export``)
``@head``             the same, and so does its signature (``const``, ``template <class T>``)
``@attribute``        belongs to the definition that starts with it or right after it, not to its signature
``@body``             where the signature of the innermost definition around it ends; the field ``body`` by default
``@doc``              documentation inside a definition
``@comment``          documentation of the definition that starts on the next line
``@reference.KIND``   a use of a name, unless it is the ``@name`` of a definition or ``@ignore``
``@import.module``    a module that is named; ``@import.name``: what is taken from the last one named,
                      ``@import.early``: from the next one named; ``@import.part``: more of its dotted name

Of definitions that are the same node, the one whose kind says most is kept.
"""

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise

import tree_sitter

from farthing.index import docs, languages, names, sections, trees, uses
from farthing.index.tags import Definition, FileTags

MAX_SIGNATURE = 300
"""Code points of a signature."""

_GAP = re.compile(rb"(?:\s|//[^\n]*+|/\*.*?\*/)*+", re.DOTALL)
"""White space and comments; possessive, as a long one must not be tried in all its parts."""
_Nodes = list[tree_sitter.Node]


def parse(data: bytes, language: str, root: tree_sitter.Node | None = None) -> FileTags | None:
    """The tags of a file; None for a language without a grammar. A part that can't be parsed is left out.

    Args:
        root: of its tree, where that is known.
    """
    query = languages.query(language)
    if query is None:
        return None
    root = root or trees.root(data, language)
    if root is None:
        return FileTags(language, (), (), (), True)
    captures = tree_sitter.QueryCursor(query).captures(root)
    definitions = _definitions(data, captures)
    return FileTags(
        language,
        tuple(definitions),
        tuple(uses.references(data, captures, definitions)),
        tuple(uses.imports(data, captures)),
        root.has_error,
    )


class _Open:
    """A definition while its parts are collected."""

    __slots__ = ("body", "doc", "end", "head", "kind", "name", "node", "parent", "qualifier", "row", "start")

    def __init__(self, node: tree_sitter.Node, kind: str) -> None:
        self.node, self.kind = node, kind
        self.start, self.end = node.start_byte, node.end_byte
        self.head = self.start
        self.row = node.start_point.row
        self.body = -1
        self.name = self.qualifier = self.doc = ""
        self.parent = -1


def _definitions(data: bytes, captures: dict[str, _Nodes]) -> list[Definition]:
    opened = [
        _Open(node, capture.removeprefix("definition."))
        for capture, nodes in captures.items()
        if capture.startswith("definition.") or capture == "scope"
        for node in nodes
    ]
    opened.sort(key=lambda each: (each.start, -each.end, _RANK.get(each.kind, len(_RANK))))
    opened = [each for each, after in pairwise(opened) if not _same(each, after)] + opened[-1:]
    _nest(opened)
    starts = [each.start for each in opened]
    # A query's captures come in no order; where several fit, the first in the file is to be taken.
    for node in sorted(captures.get("name", ()), key=_start):
        owner = _innermost(opened, starts, node.start_byte, unnamed=True)
        if owner is not None:
            owner.qualifier, owner.name = names.split(uses.text_of(data, node))
    for node in captures.get("qualifier", ()):
        owner = _innermost(opened, starts, node.start_byte)
        if owner is not None:
            owner.qualifier = uses.text_of(data, node).strip(":").replace("::", ".").replace(":", ".")
    for node in captures.get("body", ()):
        owner = _innermost(opened, starts, node.start_byte)
        while owner is not None and owner.start == node.start_byte:  # the first definition in the body begins with it
            owner = opened[owner.parent] if owner.parent >= 0 else None
        if owner is not None and (owner.body < 0 or node.start_byte < owner.body):
            owner.body = node.start_byte
    for node in captures.get("doc", ()):
        owner = _innermost(opened, starts, node.start_byte)
        if owner is not None and not owner.doc:
            owner.doc = docs.first_line(uses.text_of(data, node))
    _stretch(opened, starts, captures)
    _attributes(data, opened, starts, captures)
    _comments(data, opened, captures)
    return _finish(data, opened)


_RANK = {kind: rank for rank, kind in enumerate(("scope", "variable", "field", "constant", "function", "class"))}
"""Kinds that say less than the others, the least first."""


def _same(each: _Open, other: _Open) -> bool:
    return each.start == other.start and each.end == other.end and each.node.id == other.node.id


def _nest(opened: list[_Open]) -> None:
    stack: list[int] = []
    for i, each in enumerate(opened):
        while stack and opened[stack[-1]].end < each.end:
            stack.pop()
        each.parent = stack[-1] if stack else -1
        stack.append(i)


def _innermost(opened: list[_Open], starts: list[int], at: int, unnamed: bool = False) -> _Open | None:
    i = bisect_right(starts, at) - 1
    while i >= 0:
        each = opened[i]
        if each.end > at and not (unnamed and each.name):
            return each
        i = each.parent
    return None


def _stretch(opened: list[_Open], starts: list[int], captures: dict[str, _Nodes]) -> None:
    """Let definitions begin where what stands around them does."""
    for capture in ("outer", "head"):
        for node in captures.get(capture, ()):
            at = node.start_byte
            i = bisect_left(starts, at)
            if i == len(opened) or opened[i].end > node.end_byte:
                continue
            each = opened[i]
            if at < each.start:
                each.start, each.row = at, node.start_point.row
            if capture == "head":
                each.head = min(each.head, at)


def _attributes(data: bytes, opened: list[_Open], starts: list[int], captures: dict[str, _Nodes]) -> None:
    attributes = sorted(captures.get("attribute", ()), key=_start)
    owned = [(node, opened[i]) for node in attributes if (i := bisect_left(starts, node.start_byte)) < len(opened)]
    for node, each in reversed(owned):
        gap = _GAP.match(data, node.end_byte, each.start) if node.end_byte <= each.start else None
        if gap is not None and gap.end() == each.start:
            each.start, each.row = node.start_byte, node.start_point.row
    heads = {each.head: each for each in opened} if attributes else {}
    for node in attributes:
        found = heads.get(node.start_byte)
        if found is not None and (gap := _GAP.match(data, node.end_byte, found.end)):
            found.head = gap.end()
            heads[found.head] = found


def _comments(data: bytes, opened: list[_Open], captures: dict[str, _Nodes]) -> None:
    comments = captures.get("comment", ())
    if not comments:
        return
    by_line: dict[int, _Open] = {}
    for each in opened:
        by_line.setdefault(each.row, each)
        by_line.setdefault(each.node.start_point.row, each)
    for row, block in docs.blocks(data, comments):
        owner = by_line.get(row)
        if owner is not None and not owner.doc:
            owner.doc = docs.first_line_of(data, block)


def _finish(data: bytes, opened: list[_Open]) -> list[Definition]:
    kept: list[Definition] = []
    index = [-1] * len(opened)
    qualified = [""] * len(opened)
    for i, each in enumerate(opened):
        above = qualified[each.parent] if each.parent >= 0 else ""
        qualified[i] = ".".join(part for part in (above, each.qualifier, each.name) if part)
        parent = index[each.parent] if each.parent >= 0 else -1
        inside = parent >= 0 and kept[parent].kind in _FUNCTIONS
        local = inside and (each.kind in _VARIABLES or each.node.type == _AMBIGUOUS)
        if each.kind == "scope" or not each.name or local:
            index[i] = parent
            continue
        index[i] = len(kept)
        kind = each.kind
        if kind == "function" and each.parent >= 0 and opened[each.parent].kind in _METHOD_OWNERS:
            kind = "method"
        end = each.node.end_point
        kept.append(
            Definition(
                kind,
                each.name,
                qualified[i],
                _signature(data, each),
                each.doc,
                each.start,
                each.end,
                each.row + 1,
                end.row + (0 if end.column == 0 and end.row > each.row else 1),
                parent,
            )
        )
    return kept


_METHOD_OWNERS = {"class", "interface", "enum", "type", "scope"}
_FUNCTIONS = {"function", "method"}
_VARIABLES = {"variable", "constant"}
"""Those of a function are for nobody else, so they are left out."""
_AMBIGUOUS = "declaration"
"""In a C++ function, ``Type name(value);`` is read as a prototype."""


def _signature(data: bytes, each: _Open) -> str:
    end = each.body
    if end < 0 and each.kind in _FUNCTIONS:
        end = each.end  # one without a body is all head, on as many lines as it takes
    elif end < 0:
        end = data.find(b"\n", max(each.head, each.node.start_byte), each.end)
        end = each.end if end < 0 else end
    text = data[each.head : min(end, each.head + 4 * MAX_SIGNATURE)].decode("utf-8", "replace")
    return " ".join(text.split()).strip(" {:=;,\\").removesuffix("=>").rstrip()[:MAX_SIGNATURE]


def parse_any(data: bytes, language: str) -> FileTags:
    """The tags of any file; of one without a grammar its sections, or its words."""
    return parse(data, language) or sections.parse(data, language)


def _start(node: tree_sitter.Node) -> int:
    return node.start_byte
