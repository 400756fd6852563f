"""Whether what a model made of a task is right: tests decide, and trees where the code must be of a certain shape."""

import ast
import copy
from dataclasses import dataclass

from router_mutants import Function, MutantError, find
from router_packages import Bench
from router_tasks import Work, branches, renamed

LEAST_DOCS = 20
"""Characters of a docstring that says anything."""


@dataclass(frozen=True)
class Judged:
    """What became of a task."""

    passed: bool
    why: str
    """Why not; empty where it is done."""
    tests: bool
    """Whether all that judges passes, but the shape of the code: of a new test, itself."""
    half: bool
    """Whether every second of these tests passes, as a user's tests are seldom all that there could be."""


def judge(bench: Bench, work: Work, after: str, path: str) -> Judged:
    """Whether a task is done.

    Args:
        after: the text of the file that was changed.
        path: of that file; it is another one only for new tests.
    """
    task = work.task
    if task.kind == "test":
        return _tests(bench, work, after, path)
    if path != task.file:
        return Judged(False, "another file is changed", True, True)
    wrong = shape(work, after)
    if task.kind == "docs":
        return Judged(not wrong, wrong, True, True)
    verdict = bench.run({task.file: after}, task.tests)
    some = task.tests[1::2]
    half = verdict.passed or not some or bench.run({task.file: after}, some).passed
    return Judged(verdict.passed and not wrong, wrong or verdict.complaint, verdict.passed, half)


def _tests(bench: Bench, work: Work, after: str, path: str) -> Judged:
    """New tests pass with the function as it is, and one fails with the fault."""
    file = work.task.file
    right = bench.run({path: after, file: work.original}, [path], cwd=bench.root)
    if not right.passed:
        return Judged(False, right.complaint, False, False)
    wrong = bench.run({path: after, file: work.mutant}, [path], cwd=bench.root)
    return Judged(not wrong.passed, "they miss the fault" if wrong.passed else "", True, True)


def shape(work: Work, after: str) -> str:
    """Why the code has not the shape that was asked for; empty where it has, or any will do."""
    try:
        function = find(after, work.task.symbol)
    except (SyntaxError, ValueError):
        return "it is no Python"
    except MutantError as exc:
        return str(exc)
    old = find(work.original, work.task.symbol)
    match work.task.way:
        case "docs":
            said = ast.get_docstring(function) or ""
            if len(said) < LEAST_DOCS:
                return "there is no docstring"
            return "" if _bare(function) == _bare(old) else "the code is changed"
        case "rename":
            return "" if _bare(function) == _bare(_renaming(old, work.task.operator)) else "it is not just renamed"
        case "invert":
            return "" if _inverted(old, function, work.task.site) else "the branches are not just swapped"
        case _:
            return ""


def _bare(function: Function) -> str:
    """The tree without a docstring."""
    node = copy.deepcopy(function)
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(node)


def _renaming(function: Function, name: str) -> Function:
    node = copy.deepcopy(function)
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id == name:
            each.id = renamed(name)
    return node


def _inverted(old: Function, new: Function, site: int) -> bool:
    """Whether two branches are swapped and only the condition before them is another one: what that does, tests say."""
    wanted, found = copy.deepcopy(old), copy.deepcopy(new)
    here = branches(wanted)[site]
    there = branches(found)
    if len(there) <= site:
        return False
    if ast.dump(here.test) == ast.dump(there[site].test):
        return False
    here.body, here.orelse = here.orelse, here.body
    here.test = there[site].test = ast.Constant(True)
    return _bare(wanted) == _bare(found)
