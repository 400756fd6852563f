"""From the bytes of a file to its tags.

The queries in ``queries/*.scm`` say what is what; this module only joins their captures:

``@definition.KIND``  a definition, from its first byte to its last
``@name``             the name of the innermost definition around it that has none yet
``@scope``            no definition, but its ``@name`` qualifies those inside (Rust's ``impl``)
``@outer``            belongs to the definition inside that ends where it ends (decorators, ``export``)
``@body``             where the signature of the innermost definition around it ends; the field ``body`` by default
``@doc``              documentation inside a definition
``@comment``          documentation of the definition that starts on the next line
``@reference.KIND``   a use of a name
``@import.module``    a module that is named; ``@import.name``: what is taken from the last one named
"""

import re
from bisect import bisect_right
from dataclasses import replace

import tree_sitter

from farthing.index import languages
from farthing.index.tags import Definition, FileTags, Import, Reference

MAX_SIGNATURE = 300
"""Code points of a signature."""

_Nodes = list[tree_sitter.Node]


def parse(data: bytes, language: str) -> FileTags | None:
    """The tags of a file; None for a language without a grammar. A part that can't be parsed is left out."""
    parser, query = languages.parser(language), languages.query(language)
    if parser is None or query is None:
        return None
    root = parser.parse(data).root_node
    captures = tree_sitter.QueryCursor(query).captures(root)
    definitions = _definitions(data, captures)
    return FileTags(
        language,
        tuple(definitions),
        tuple(_references(captures, definitions)),
        tuple(_imports(captures)),
        root.has_error,
    )


class _Open:
    """A definition while its parts are collected."""

    __slots__ = ("body", "doc", "end", "head", "kind", "name", "node", "parent", "start")

    def __init__(self, node: tree_sitter.Node, kind: str) -> None:
        self.node, self.kind = node, kind
        self.start, self.end = node.start_byte, node.end_byte
        self.head = self.start
        self.body = -1
        self.name = self.doc = ""
        self.parent = -1


def _definitions(data: bytes, captures: dict[str, _Nodes]) -> list[Definition]:
    opened = [
        _Open(node, capture.removeprefix("definition."))
        for capture, nodes in captures.items()
        if capture.startswith("definition.") or capture == "scope"
        for node in nodes
    ]
    opened.sort(key=lambda each: (each.start, -each.end))
    _nest(opened)
    starts = [each.start for each in opened]
    for node in captures.get("name", ()):
        owner = _innermost(opened, starts, node.start_byte, unnamed=True)
        if owner is not None:
            owner.name = _text(node)
    for node in captures.get("body", ()):
        owner = _innermost(opened, starts, node.start_byte)
        if owner is not None and owner.body < 0:
            owner.body = node.start_byte
    for node in captures.get("doc", ()):
        owner = _innermost(opened, starts, node.start_byte)
        if owner is not None and not owner.doc:
            owner.doc = _first_line(_text(node))
    _stretch(opened, captures)
    _comments(opened, captures)
    return _finish(data, opened)


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
        i = each.parent if each.end > at or each.parent >= 0 else i - 1
    return None


def _stretch(opened: list[_Open], captures: dict[str, _Nodes]) -> None:
    """Let definitions begin where their decorators do."""
    outers = captures.get("outer", ())
    if outers:
        by_end: dict[int, list[_Open]] = {}
        for each in opened:
            by_end.setdefault(each.end, []).append(each)
        for node in outers:
            inside = [each for each in by_end.get(node.end_byte, ()) if each.head >= node.start_byte]
            if inside:
                outermost = min(inside, key=lambda each: each.start)
                outermost.start = node.start_byte
                outermost.node = node


def _comments(opened: list[_Open], captures: dict[str, _Nodes]) -> None:
    comments = captures.get("comment", ())
    if not comments:
        return
    by_line: dict[int, list[_Open]] = {}
    for each in opened:
        if not each.doc:
            by_line.setdefault(each.node.start_point.row, []).append(each)
    first: tree_sitter.Node | None = None
    last_row = -2
    for node in comments:
        row = node.start_point.row
        if row != last_row + 1 or first is None:
            first = node
        last_row = node.end_point.row - (1 if node.end_point.column == 0 else 0)
        for each in by_line.get(last_row + 1, ()):
            each.doc = _first_line(_text(first))


def _finish(data: bytes, opened: list[_Open]) -> list[Definition]:
    kept: list[Definition] = []
    index = [-1] * len(opened)
    qualified = [""] * len(opened)
    for i, each in enumerate(opened):
        above = qualified[each.parent] if each.parent >= 0 else ""
        qualified[i] = f"{above}.{each.name}" if above and each.name else each.name or above
        parent = index[each.parent] if each.parent >= 0 else -1
        if each.kind == "scope" or not each.name:
            index[i] = parent
            continue
        index[i] = len(kept)
        node = each.node
        kind = each.kind
        if kind == "function" and each.parent >= 0 and opened[each.parent].kind in _METHOD_OWNERS:
            kind = "method"
        end = node.end_point
        kept.append(
            Definition(
                kind,
                each.name,
                qualified[i],
                _signature(data, each),
                each.doc,
                each.start,
                each.end,
                node.start_point.row + 1,
                end.row + (0 if end.column == 0 and end.row > node.start_point.row else 1),
                parent,
            )
        )
    return kept


_METHOD_OWNERS = {"class", "interface", "enum", "type", "scope"}
_SPACE = re.compile(r"\s+")


def _signature(data: bytes, each: _Open) -> str:
    end = each.body
    if end < 0:
        end = data.find(b"\n", each.head, each.end)
        end = each.end if end < 0 else end
    text = data[each.head : min(end, each.head + 4 * MAX_SIGNATURE)].decode("utf-8", "replace")
    return _SPACE.sub(" ", text).strip(" {:=\n")[:MAX_SIGNATURE]


def _references(captures: dict[str, _Nodes], definitions: list[Definition]) -> list[Reference]:
    found: list[tuple[int, str, int, str]] = []
    for capture, nodes in captures.items():
        if capture.startswith("reference."):
            kind = capture[10:]
            found += [(node.start_byte, _text(node), node.start_point.row + 1, kind) for node in nodes]
    found.sort()
    references: list[Reference] = []
    stack: list[int] = []
    upcoming = 0
    last = -1
    for at, name, line, kind in found:
        if at == last:
            continue  # two patterns took the same node: the first in the order of kinds is kept
        last = at
        while upcoming < len(definitions) and definitions[upcoming].start <= at:
            while stack and definitions[stack[-1]].end <= definitions[upcoming].start:
                stack.pop()
            stack.append(upcoming)
            upcoming += 1
        while stack and definitions[stack[-1]].end <= at:
            stack.pop()
        references.append(Reference(name, kind, line, stack[-1] if stack else -1))
    return references


def _imports(captures: dict[str, _Nodes]) -> list[Import]:
    nodes = [(node.start_byte, True, node) for node in captures.get("import.module", ())]
    nodes += [(node.start_byte, False, node) for node in captures.get("import.name", ())]
    nodes.sort(key=lambda each: each[0])
    found: list[Import] = []
    for _, is_module, node in nodes:
        text = _text(node)
        if is_module:
            found.append(Import(text.strip("\"'`<>"), (), node.start_point.row + 1))
        elif found:
            found[-1] = replace(found[-1], names=(*found[-1].names, text))
    return found


def _first_line(text: str) -> str:
    for line in text.split("\n"):
        cleaned = line.strip(" \t\r/*#!-\"'`;<>").strip()
        if cleaned:
            return cleaned[:MAX_SIGNATURE]
    return ""


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def parse_any(data: bytes, language: str) -> FileTags:
    """The tags of any file."""
    return parse(data, language) or FileTags(language, (), (), (), False)
