#!/usr/bin/env python3
"""Runs the check of a case against a file's text, in a process of its own with a time limit.

As a program it reads JSON from standard input and exits with 1 and one line where the check fails. A check is Python
that has ``module`` (the edited one, imported in place of the installed one), ``before`` and ``after`` (texts), ``ast``,
``warnings``, and the functions that :func:`_helpers` makes.
"""

import ast
import importlib
import importlib.util
import json
import logging
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

TIMEOUT = 60
"""Seconds; a check takes less than one."""

PASSED = b"passed"
"""Printed behind the check, as an edited module may end the process on its own."""


def failure(file: str, symbol: str, before: str, after: str, check: str) -> str | None:
    """Why an edited file is not right; None where it is."""
    task = {"file": file, "symbol": symbol, "before": before, "after": after, "check": check}
    with tempfile.TemporaryDirectory(prefix="farthing-edits-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-X", "utf8", "-B", __file__],
                input=json.dumps(task).encode(),
                capture_output=True,
                cwd=folder,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "it takes too long"
    if done.returncode == 0:
        return None if done.stdout == PASSED else "it ended before its check"
    return done.stderr.decode(errors="replace").strip().rpartition("\n")[2] or f"it ended with {done.returncode}"


def _span(text: str, symbol: str) -> ast.FunctionDef:
    node: ast.AST = ast.parse(text)
    for name in symbol.split("."):
        node = [each for each in ast.iter_child_nodes(node) if getattr(each, "name", None) == name][-1]
    assert isinstance(node, ast.FunctionDef), f"{symbol} is no function any more"
    return node


def _raises(error: type[BaseException], call: Callable[..., object], *values: object, **named: object) -> bool:
    try:
        call(*values, **named)
    except error:
        return True
    return False


class _Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See :class:`logging.Handler`."""
        record.getMessage()  # a message that does not fit its arguments is an error
        self.records.append(record)


def _logged(call: Callable[[], object]) -> list[logging.LogRecord]:
    root, handler = logging.getLogger(), _Records()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        call()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return handler.records


def _bare(node: ast.FunctionDef, docstring: bool, hints: bool) -> str:
    """The function as a tree without what a case may add."""
    if docstring and ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    if hints:
        node.returns = None
        for each in ast.walk(node):
            if isinstance(each, ast.arg):
                each.annotation = None
    return ast.dump(node)


def _helpers(before: str, after: str, symbol: str) -> dict[str, Any]:
    def function(text: str = after) -> ast.FunctionDef:
        """The function's tree."""
        return _span(text, symbol)

    def arguments() -> list[ast.arg]:
        found = function().args
        return [*found.posonlyargs, *found.args, *found.kwonlyargs]

    def names() -> set[str]:
        """Everything that the code of the function calls by a name."""
        nodes = list(ast.walk(function()))
        found = {node.id for node in nodes if isinstance(node, ast.Name)}
        found |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        return found | {node.attr for node in nodes if isinstance(node, ast.Attribute)}

    def hint(name: str = "") -> str:
        """The annotation of a parameter, or of what is returned."""
        node = next(each.annotation for each in arguments() if each.arg == name) if name else function().returns
        return ast.unparse(node) if node else ""

    return {
        "function": function,
        "names": names,
        "hint": hint,
        "parameters": lambda: [each.arg for each in arguments()],
        "constants": lambda: [each.value for each in ast.walk(function()) if isinstance(each, ast.Constant)],
        "docstring": lambda: ast.get_docstring(function()) or "",
        "undocumented": lambda text: _bare(function(text), docstring=True, hints=False),
        "unhinted": lambda text: _bare(function(text), docstring=False, hints=True),
        "raises": _raises,
        "logged": _logged,
    }


class _Edited:
    """Finds the edited text instead of the installed module."""

    def __init__(self, name: str, path: Path) -> None:
        self._name, self._path = name, path

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """See :class:`importlib.abc.MetaPathFinder`."""
        return importlib.util.spec_from_file_location(name, self._path) if name == self._name else None


def main() -> int:
    """Run one check."""
    task = json.load(sys.stdin)
    name = task["file"].removesuffix(".py").replace("/", ".")
    path = Path("edited.py").absolute()
    path.write_text(task["after"], encoding="utf-8", newline="")
    try:
        ast.parse(task["after"])
        sys.meta_path.insert(0, _Edited(name, path))
        module = importlib.import_module(name)
        assert module.__file__ == str(path), "the edited module is not the one that was imported"
        space = {"module": module, "before": task["before"], "after": task["after"], "ast": ast, "warnings": warnings}
        space |= _helpers(task["before"], task["after"], task["symbol"])
        exec(compile(task["check"], "check", "exec"), space)
    except Exception as exc:  # noqa: BLE001  the code is a model's: it may do anything
        sys.stderr.write(f"{type(exc).__name__}: {_line(exc, task['check'])}\n")
        return 1
    sys.stdout.buffer.write(PASSED)
    return 0


def _line(exc: BaseException, check: str) -> str:
    said = " ".join(str(exc).split())
    at = exc.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "check":
            return f"{said} in `{check.splitlines()[at.tb_lineno - 1].strip()}`".strip()
        at = at.tb_next
    return said


if __name__ == "__main__":
    sys.exit(main())
