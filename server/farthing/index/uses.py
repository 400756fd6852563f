"""From the captures of a query to the references and imports of a file; ``parser`` says what the captures mean."""

from dataclasses import replace

import tree_sitter

from farthing.index.tags import Definition, Import, Reference

Nodes = list[tree_sitter.Node]


def references(data: bytes, captures: dict[str, Nodes], definitions: list[Definition]) -> list[Reference]:
    """The uses of names, in order, each with the innermost definition around it."""
    # There are some 150 in a file: what is asked of a node here is most of what a file costs after its query.
    found: list[tuple[int, int, str]] = []
    for capture, nodes in captures.items():
        if capture.startswith("reference."):
            kind = capture[10:]
            found += [(node.start_byte, node.end_byte, kind) for node in nodes]
    found.sort()
    no_uses = {node.start_byte for capture in ("name", "ignore") for node in captures.get(capture, ())}
    starts = [each.start for each in definitions]
    starts.append(len(data) + 1)
    references: list[Reference] = []
    stack: list[int] = []
    upcoming, counted, line = 0, 0, 1
    last = -1
    for at, end, kind in found:
        if at in (last, end) or at in no_uses:
            continue  # two patterns took the same node: the first in the order of kinds is kept
        last = at
        while starts[upcoming] <= at:
            while stack and definitions[stack[-1]].end <= starts[upcoming]:
                stack.pop()
            stack.append(upcoming)
            upcoming += 1
        while stack and definitions[stack[-1]].end <= at:
            stack.pop()
        line += data.count(b"\n", counted, at)
        counted = at
        name = data[at:end].decode("utf-8", "replace")
        references.append(Reference(name, kind, line, stack[-1] if stack else -1))
    return references


def imports(data: bytes, captures: dict[str, Nodes]) -> list[Import]:
    """The modules that are named, in order."""
    kinds = ("module", "part", "name", "early")
    nodes = [(node.start_byte, kind, node) for kind in kinds for node in captures.get(f"import.{kind}", ())]
    nodes.sort(key=lambda each: each[0])
    found: list[Import] = []
    early: list[str] = []
    for _, kind, node in nodes:
        text = text_of(data, node)
        if kind == "module":
            found.append(Import(text.strip("\"'`<>"), tuple(early), node.start_point.row + 1))
            early.clear()
        elif kind == "early":
            early.append(text)
        elif found and kind == "part":
            found[-1] = replace(found[-1], module=f"{found[-1].module}.{text}")
        elif found:
            found[-1] = replace(found[-1], names=(*found[-1].names, text))
    return found


def text_of(data: bytes, node: tree_sitter.Node) -> str:
    """The text of a node; what is no UTF-8 in it is replaced."""
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")
