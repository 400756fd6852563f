"""Tasks for models: a place in a package, what is changed there beforehand, and how it is judged what comes of it.

A task is stored as coordinates only; texts are made of the package's own sources, so none of them are in this
repository. ``tasks.json`` was made by :mod:`router_make`.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar

from router_mutants import Function, MutantError, Places, blocks, code, find, mutants, span
from router_packages import FOLDER

_T = TypeVar("_T")

Kind = Literal["complete", "debug", "edit", "refactor", "test", "docs"]

KINDS: tuple[Kind, ...] = ("complete", "debug", "edit", "refactor", "test", "docs")
"""All that have an executable check; an explanation has none that is honest, a design and a review neither."""

Way = Literal["line", "block", "mutant", "described", "body", "rename", "invert", "test", "docs"]
"""What is asked for. ``described``: what to change is said. ``body``: the function is to be written."""


@dataclass(frozen=True)
class Task:
    """One of the tasks."""

    id: str
    kind: Kind
    way: Way
    package: str
    file: str
    """From where imports begin."""
    symbol: str
    operator: str = ""
    """Of :mod:`router_mutants`; empty where nothing is broken. For a renaming, the name."""
    site: int = 0
    """Which of the operator's places, or of the lines, blocks or branches that could be chosen."""
    tests: tuple[str, ...] = ()
    """Ids of pytest, relative to the distribution."""


@dataclass(frozen=True)
class Work:
    """A task with its texts."""

    task: Task
    original: str
    """The file's text as it was published."""
    before: str
    """The file's text as the model meets it."""
    first: int
    """Line of the function in that, from 1, decorators included."""
    last: int
    offset: int = 0
    """Where to complete, in code points; 0 for other kinds."""
    instruction: str = ""
    """For a fault, what its test says comes behind it."""
    mutant: str = ""
    """The file's text with the fault that a new test must find."""

    @property
    def function(self) -> str:
        """The function as the model meets it."""
        return "".join(self.before.splitlines(keepends=True)[self.first - 1 : self.last])

    @property
    def reference(self) -> str:
        """The function as it was published."""
        first, last = span(find(self.original, self.task.symbol))
        return "".join(self.original.splitlines(keepends=True)[first - 1 : last])


def load(path: Path = FOLDER / "tasks.json") -> list[Task]:
    """All tasks, those of one kind together."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Task(**{**row, "tests": tuple(row.get("tests", ()))}) for row in rows]


def save(tasks: Iterable[Task], path: Path = FOLDER / "tasks.json") -> None:
    """Write them, one a line, without what is empty."""
    rows = [json.dumps({name: value for name, value in asdict(task).items() if value}) for task in tasks]
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


def mixed(tasks: Iterable[Task]) -> list[Task]:
    """In an order that looks random and is the same everywhere, each kind as often as any other in every part of it."""
    ordered = sorted(tasks, key=lambda task: hashlib.sha256(task.id.encode()).digest())
    seen: dict[str, int] = {}
    ranks = {}
    for task in ordered:
        ranks[task.id] = seen[task.kind] = seen.get(task.kind, -1) + 1
    return sorted(ordered, key=lambda task: ranks[task.id])


def prepare(task: Task, original: str) -> Work:
    """The texts of a task.

    Raises:
        MutantError: the text is not the one that the task was made for.
    """
    match task.way:
        case "line" | "block":
            start, end = _chosen(gaps(original, task.symbol, task.way), task.site)
            return _work(task, original, original[:start] + original[end:], offset=start)
        case "mutant" | "described":
            fault = _chosen(
                [each for each in mutants(original, task.symbol) if each.operator == task.operator], task.site
            )
            before = fault.put(original)
            said = "" if task.way == "mutant" else described(original, before)
            return _work(task, original, before, instruction=said)
        case "body":
            said = "Implement this function as its docstring says."
            return _work(task, original, emptied(original, task.symbol), instruction=said)
        case "rename":
            said = f"Rename the variable `{task.operator}` to `{renamed(task.operator)}` everywhere in this function."
            return _work(task, original, original, instruction=said)
        case "invert":
            branch = _chosen(branches(find(original, task.symbol)), task.site)
            test = " ".join(ast.unparse(branch.test).split())
            said = (
                f"Negate the condition `{test}` and swap the two branches of that if, so that it still does the same."
            )
            return _work(task, original, original, instruction=said)
        case "test":
            fault = _chosen(
                [each for each in mutants(original, task.symbol) if each.operator == task.operator], task.site
            )
            return _work(task, original, original, mutant=fault.put(original))
        case "docs":
            return _work(task, original, undocumented(original, task.symbol))


def _work(task: Task, original: str, before: str, offset: int = 0, instruction: str = "", mutant: str = "") -> Work:
    if task.kind == "complete":
        return Work(task, original, before, *span(find(original, task.symbol)), offset)
    return Work(task, original, before, *span(find(before, task.symbol)), offset, instruction, mutant)


def _chosen(found: Sequence[_T], site: int) -> _T:
    if site >= len(found):
        raise MutantError(f"there are {len(found)} places, and number {site} is wanted")
    return found[site]


def gaps(text: str, symbol: str, way: str) -> list[tuple[int, int]]:
    """What can be taken out for a completion: offsets behind the indentation, and of the last line's end.

    Args:
        way: ``line`` for a simple statement of one line, ``block`` for all of two to five lines behind a colon.
    """
    places, function = Places(text), find(text, symbol)
    found = []
    for block in list(blocks(function))[way == "block" :]:
        groups = [[each] for each in block] if way == "line" else [block]
        for group in groups:
            (start, _), (_, end) = places.span(group[0]), places.span(group[-1])
            size = text.count("\n", start, end) + 1
            compound = any(hasattr(each, "body") for each in group)
            own = not text[text.rfind("\n", 0, start) + 1 : start].strip() and text[end : end + 1] in ("\n", "\r", "")
            if own and end - start >= 8 and (2 <= size <= 5 if way == "block" else size == 1 and not compound):
                found.append((start, end))
    return sorted(found)


def described(original: str, before: str) -> str:
    """The instruction that makes a text of another: the lines that differ, as a developer would say it."""
    old, new = before.splitlines(), original.splitlines()
    head = next(at for at, (one, two) in enumerate(zip(old, new, strict=False)) if one != two)
    added = len(new) - len(old)
    if added > 0:
        lines = " ".join(line.strip() for line in new[head : head + added])
        where = f"behind `{old[head - 1].strip()}`" if old[head - 1].strip() else "at its beginning"
        return f"Add `{lines}` {where}."
    return f"Change `{old[head].strip()}` to `{new[head].strip()}`."


def emptied(text: str, symbol: str) -> str:
    """The text with a function that has nothing but its docstring."""
    body, places = code(find(text, symbol)), Places(text)
    last = body[-1].end_lineno
    assert last is not None
    start, end = places.lines(body[0].lineno, last)
    return text[:start] + " " * body[0].col_offset + "raise NotImplementedError\n" + text[end:]


def undocumented(text: str, symbol: str) -> str:
    """The text with a function without its docstring."""
    function, places = find(text, symbol), Places(text)
    node = function.body[0]
    assert node.end_lineno is not None
    start, end = places.lines(node.lineno, node.end_lineno)
    return text[:start] + text[end:].lstrip("\n") if len(function.body) > 1 else text


def renamed(name: str) -> str:
    """What a variable is called afterwards."""
    return f"current_{name}"


def branches(function: Function) -> list[ast.If]:
    """What can be turned round: two branches, neither of which is an ``elif``."""
    found = []
    inner = {id(each.orelse[0]) for each in ast.walk(function) if isinstance(each, ast.If) and len(each.orelse) == 1}
    for node in ast.walk(function):
        if (
            isinstance(node, ast.If)
            and node.orelse
            and id(node) not in inner
            and not isinstance(node.orelse[0], ast.If)
        ):
            found.append(node)
    return sorted(found, key=lambda node: node.lineno)
