"""The import rules: who may import whom, and which library stays behind which door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "server" / "farthing"
MAX_LINES = 300

# A module imports from layers beneath its own, from its own package, and within the first and the last layer.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset("__init__ airgap chat_protocol cloud_protocol config errors paths protocol settings text tokens".split()),
    frozenset({"engine", "ledger", "privacy"}),
    frozenset({"backends", "index", "routing"}),
    frozenset({"completion", "context", "edit", "meter", "status"}),
    frozenset({"chat", "review", "verify"}),
    frozenset({"handlers"}),
    frozenset({"__main__", "assembly", "checking", "cli", "logs", "server"}),
)

# Library -> where it may be imported: a package or module, or with a leading dot the last part of a module's name.
DOORS: dict[str, tuple[str, ...]] = {
    "genai_prices": ("ledger.prices",),
    "keyring": ("backends.cloud.keys",),
    "kingfisher_sdk": ("privacy.detector",),
    "llama_cpp": ("engine",),
    "lsprotocol": ("server", "handlers", "protocol", "cli.serve"),
    "pygls": ("assembly", "logs", "server", "handlers", "protocol", "cli.serve"),
    "sqlite3": (".store", ".migrations"),
    "tiktoken": ("tokens",),
    "tree_sitter": ("index",),
}


def _rank(name: str) -> int | None:
    return next((rank for rank, names in enumerate(LAYERS) if name in names), None)


def _imports(module: str, tree: ast.AST, is_package: bool) -> Iterator[str]:
    """Full names of what a module imports, wherever in it; of ``from a import b`` both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = ["farthing", *module.split(".")]
                parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*parts, base] if base else parts)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _inside(module: str, place: str) -> bool:
    if place.startswith("."):
        return place[1:] in module.split(".")
    return module == place or module.startswith(place + ".")


def _door_violation(module: str, imported: str) -> str | None:
    library = imported.split(".")[0]
    door = "tree_sitter" if library.startswith("tree_sitter") else library
    if door in DOORS and not any(_inside(module, place) for place in DOORS[door]):
        return f"{module} imports {library}, which only {', '.join(DOORS[door])} may"
    return None


def _layer_violation(module: str, imported: str) -> str | None:
    if not imported.startswith("farthing."):
        return None
    source, target = module.split(".")[0], imported.split(".")[1]
    if target.startswith("__version"):
        return None
    source_rank, target_rank = _rank(source), _rank(target)
    if source_rank is None or target_rank is None:
        return f"{module} imports {imported}: one of them is in no layer; name it in tests/unit/test_layout.py"
    if target == "cli" and source not in ("cli", "__main__"):
        return f"{module} imports {imported}: nothing imports cli"
    same_allowed = source == target or source_rank in (0, len(LAYERS) - 1)
    if target_rank > source_rank or (target_rank == source_rank and not same_allowed):
        return f"{module} imports {imported}, which is not beneath it"
    return None


def violations(module: str, source: str, is_package: bool = False) -> list[str]:
    """What is wrong with a module; its name is without the leading ``farthing.``."""
    found = [] if source.count("\n") <= MAX_LINES else [f"{module} has more than {MAX_LINES} lines"]
    for imported in _imports(module, ast.parse(source), is_package):
        for check in (_door_violation, _layer_violation):
            found += filter(None, [check(module, imported)])
    return sorted(set(found))


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] == "sample":  # the project that the tour works on: data, not part of the package
            continue
        yield ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts), path


def test_every_module_keeps_the_rules() -> None:
    found = []
    seen = 0
    for module, path in _modules():
        seen += 1
        found += violations(module, path.read_text(encoding="utf-8"), path.name == "__init__.py")
        if _rank(module.split(".")[0]) is None:
            found.append(f"{module} is in no layer; name it in tests/unit/test_layout.py")
    assert seen > 5
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("completion.pipeline", "from pygls.workspace import Workspace"),
        ("engine.client", "import pygls"),
        ("backends.local", "import llama_cpp"),
        ("completion.context", "def late():\n    from tree_sitter_python import language"),
        ("ledger.pricing", "import sqlite3"),
        ("completion.pipeline", "from farthing.edit import parse"),
        ("completion.pipeline", "from ..edit.parse import blocks"),
        ("edit.pipeline", "import farthing.completion"),
        ("engine.client", "from farthing.backends.base import Backend"),
        ("errors", "from farthing import engine"),
        ("handlers", "from farthing.cli.output import fail"),
        ("server", "from farthing.cli import output"),
        ("routing.route", "from farthing.backends.base import Usage"),
        ("completion.pipeline", "import farthing.brand_new"),
        ("text", "x = 1\n" * (MAX_LINES + 1)),
    ],
)
def test_a_breach_is_caught(module: str, source: str) -> None:
    assert violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("handlers", "from lsprotocol import types\nfrom farthing.completion.pipeline import Pipeline"),
        ("engine.runtime", "import llama_cpp\nfrom . import wire"),
        ("index.parser", "import tree_sitter_python\nfrom tree_sitter import Parser"),
        ("ledger.store", "import sqlite3"),
        ("cli.serve", "from farthing.server import create\nfrom farthing import __version__"),
        ("backends.local", "from farthing.engine.client import EngineClient\nfrom farthing.errors import Cancelled"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert violations(module, source) == []
