"""Completion can't reach what costs: nothing that it is made of imports it, however far one follows."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "server" / "farthing"
COSTS = ("farthing.backends.cloud", "farthing.backends.metered")


def imports(name: str) -> set[str]:
    """Modules of ours that a module imports, wherever in it."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {each for each in found if each.startswith("farthing.") and is_module(each)}


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def reached(*starts: str) -> set[str]:
    """Everything that is imported from there on."""
    seen: set[str] = set()
    left = list(starts)
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += imports(name)
    return seen


def test_completion_never_reaches_what_costs() -> None:
    parts = [f"farthing.completion.{path.stem}" for path in (PACKAGE / "completion").glob("[a-z]*.py")]
    found = reached(*parts, "farthing.backends.select", "farthing.backends.local", "farthing.backends.remote.backend")
    assert "farthing.engine.client" in found or "farthing.backends.engine_connection" in found
    assert not [name for name in found if name.startswith(COSTS)]


def test_what_does_reach_it_is_seen() -> None:
    assert any(name.startswith(COSTS) for name in reached("farthing.chat.models"))
