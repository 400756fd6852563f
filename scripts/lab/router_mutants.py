"""Small faults for real functions: each is a replacement of a few characters, and everything else stays as it is."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


class MutantError(Exception):
    """A text is not the one that a task was made for."""


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    operator: str
    start: int
    """Where it is in the text, in code points."""
    end: int
    new: str
    """What stands there instead."""

    def put(self, text: str) -> str:
        """The text with the fault."""
        return text[: self.start] + self.new + text[self.end :]


class Places:
    """Offsets of a text's nodes, in code points; the parser counts UTF-8 bytes in a line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt | ast.arg) -> tuple[int, int]:
        """First offset of a node, and the one behind it."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Its text."""
        start, end = self.span(node)
        return self.text[start:end]

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Offsets of whole lines, from 1 and inclusive."""
        return self._starts[first - 1], self._starts[last]

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


def find(text: str, symbol: str) -> Function:
    """The function of that name, qualified by its classes; of several the last.

    Raises:
        MutantError: there is none.
    """
    node: ast.AST = ast.parse(text)
    for name in symbol.split("."):
        found = [each for each in ast.iter_child_nodes(node) if getattr(each, "name", None) == name]
        if not found:
            raise MutantError(f"there is no {symbol}")
        node = found[-1]
    if not isinstance(node, Function):
        raise MutantError(f"{symbol} is no function")
    return node


def span(function: Function) -> tuple[int, int]:
    """Its lines, from 1 and inclusive, decorators included."""
    assert function.end_lineno is not None
    return min([function.lineno, *(each.lineno for each in function.decorator_list)]), function.end_lineno


def code(function: Function) -> list[ast.stmt]:
    """Its statements without the docstring."""
    return function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body


def mutants(text: str, symbol: str) -> list[Mutant]:
    """All faults that the operators make in a function, those of one operator together, in the order of the text.

    Raises:
        MutantError: there is no such function.
    """
    function, places = find(text, symbol), Places(text)
    found = []
    for operator, make in OPERATORS.items():
        each = sorted(make(function, places), key=lambda edit: edit[:2])
        found += [Mutant(operator, *edit) for edit in each if text[edit[0] : edit[1]] != edit[2]]
    return found


Edit = tuple[int, int, str]


def _nodes(function: Function) -> Iterator[ast.AST]:
    for statement in code(function):
        yield from ast.walk(statement)


_COMPARED = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"), ast.NotIn: (r"not\s+in", "in"), ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
}  # fmt: skip


def _comparison(function: Function, places: Places) -> Iterator[Edit]:
    for node in _nodes(function):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            old, new = _COMPARED[type(node.ops[0])]
            yield from _between(places, node.left, node.comparators[0], old, new)


_COMPUTED = {
    ast.Add: (r"\+", "-"), ast.Sub: ("-", "+"), ast.Mult: (r"\*", "+"), ast.FloorDiv: ("//", "*"),
    ast.Div: ("/", "*"), ast.Mod: ("%", "//"),
}  # fmt: skip


def _arithmetic(function: Function, places: Places) -> Iterator[Edit]:
    for node in _nodes(function):
        text = isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
        if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED and not text:
            yield from _between(places, node.left, node.right, *_COMPUTED[type(node.op)])


def _logic(function: Function, places: Places) -> Iterator[Edit]:
    for node in _nodes(function):
        if isinstance(node, ast.BoolOp):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            yield from _between(places, node.values[0], node.values[1], rf"\b{old}\b", new)


def _between(places: Places, left: ast.expr, right: ast.expr, old: str, new: str) -> Iterator[Edit]:
    start, end = places.span(left)[1], places.span(right)[0]
    if found := re.search(old, places.text[start:end]):
        yield start + found.start(), start + found.end(), new


def _negation(function: Function, places: Places) -> Iterator[Edit]:
    for node in _nodes(function):
        if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare):
            start, end = places.span(node.test)
            negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
            said = places.text[start:end]
            plain = isinstance(node.test, ast.Name | ast.Call | ast.Attribute)
            yield start, end, re.sub(r"^not\s+", "", said) if negated else f"not {said}" if plain else f"not ({said})"


def _number(function: Function, places: Places) -> Iterator[Edit]:
    for node in _nodes(function):
        if isinstance(node, ast.Constant) and type(node.value) is int and places.of(node).isdecimal():
            yield *places.span(node), str(node.value + 1)


def _truth(function: Function, places: Places) -> Iterator[Edit]:
    defaults = [*function.args.defaults, *(each for each in function.args.kw_defaults if each)]
    for node in [*_nodes(function), *defaults]:
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield *places.span(node), str(not node.value)
    for node in defaults:
        if isinstance(node, ast.Constant) and type(node.value) is int and places.of(node).isdecimal():
            yield *places.span(node), str(node.value + 1)


def _variable(function: Function, places: Places) -> Iterator[Edit]:
    names = list(dict.fromkeys(locals_of(function)))
    for node in _nodes(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names and len(names) > 1:
            yield *places.span(node), names[(names.index(node.id) + 1) % len(names)]


def locals_of(function: Function) -> Iterator[str]:
    """Parameters, then what is assigned, in the order of the text; ``self`` and ``cls`` left out."""
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg not in ("self", "cls"):
            yield argument.arg
    stored = [node for node in _nodes(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    yield from (node.id for node in sorted(stored, key=lambda node: (node.lineno, node.col_offset)))


def _arguments(function: Function, places: Places) -> Iterator[Edit]:
    for node in _nodes(function):
        if isinstance(node, ast.Call) and len(node.args) >= 2:
            one, two = node.args[:2]
            if isinstance(one, ast.Starred) or isinstance(two, ast.Starred) or ast.dump(one) == ast.dump(two):
                continue
            (start, _), (_, end) = places.span(one), places.span(two)
            middle = places.text[places.span(one)[1] : places.span(two)[0]]
            if "(" not in middle and ")" not in middle:
                yield start, end, places.of(two) + middle + places.of(one)


def _statement(function: Function, places: Places) -> Iterator[Edit]:
    for block in blocks(function):
        for node in block:
            if len(block) > 1 and isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Raise | ast.Continue):
                assert node.end_lineno is not None
                start, end = places.lines(node.lineno, node.end_lineno)
                if places.text[start:end].strip() == places.of(node):
                    yield start, end, ""


def _branch(function: Function, places: Places) -> Iterator[Edit]:
    for block in blocks(function):
        for node in block:
            if isinstance(node, ast.If) and not node.orelse and len(block) > 1 and len(node.body) <= 2:
                assert node.end_lineno is not None
                start, end = places.lines(node.lineno, node.end_lineno)
                if places.text[start:end].strip() == places.of(node):
                    yield start, end, ""


def blocks(function: Function) -> Iterator[list[ast.stmt]]:
    """All lists of statements of a function; the docstring is in none."""
    yield code(function)
    for node in _nodes(function):
        for name in ("body", "orelse", "finalbody"):
            found = getattr(node, name, None)
            # What follows an "elif" is no block of its own in the text.
            if isinstance(found, list) and found and not (name == "orelse" and isinstance(found[0], ast.If)):
                yield found


OPERATORS: dict[str, Callable[[Function, Places], Iterator[Edit]]] = {
    "comparison": _comparison,
    "arithmetic": _arithmetic,
    "logic": _logic,
    "negation": _negation,
    "number": _number,
    "truth": _truth,
    "variable": _variable,
    "arguments": _arguments,
    "statement": _statement,
    "branch": _branch,
}
"""Every operator by its name."""
