"""Tags as the golden files in ``tests/golden/index`` hold them.

``python -m tests.support.golden_tags FOLDER…`` writes the ``expected.json`` of folders anew; read the difference line
by line before it is committed.
"""

import json
import sys
from pathlib import Path
from typing import Any

from farthing.index import languages
from farthing.index.parser import parse_any
from farthing.index.tags import FileTags

GOLDEN = Path(__file__).parents[1] / "golden" / "index"
EXPECTED = "expected.json"


def inputs(folder: Path) -> list[Path]:
    """The files of a folder that are parsed."""
    return sorted(path for path in folder.iterdir() if path.name != EXPECTED)


def tags_of(path: Path) -> FileTags:
    """The tags of a file, by the language that its name says."""
    return parse_any(path.read_bytes(), languages.language_id(path.name))


def as_json(tags: FileTags) -> dict[str, Any]:
    """What a golden file says of a file."""
    definitions = tags.definitions
    return {
        "errors": tags.errors,
        "definitions": [
            {
                "kind": each.kind,
                "name": each.name,
                "qualified": each.qualified,
                "signature": each.signature,
                "doc": each.doc,
                "start_line": each.start_line,
                "end_line": each.end_line,
                "parent": definitions[each.parent].name if each.parent >= 0 else "",
            }
            for each in definitions
        ],
        "references": [
            {
                "name": each.name,
                "kind": each.kind,
                "line": each.line,
                "enclosing": definitions[each.enclosing].qualified if each.enclosing >= 0 else "",
            }
            for each in tags.references
        ],
        "imports": [{"module": each.module, "names": list(each.names), "line": each.line} for each in tags.imports],
    }


def dumps(expected: dict[str, dict[str, Any]]) -> str:
    """JSON with one definition, reference or import a line, so that a change is a change of lines."""
    files = []
    for name, tags in expected.items():
        parts = [f'    "errors": {json.dumps(tags["errors"])}']
        for key in ("definitions", "references", "imports"):
            rows = ",\n".join(f"      {json.dumps(each, ensure_ascii=False)}" for each in tags[key])
            parts.append(f'    "{key}": [\n{rows}\n    ]' if rows else f'    "{key}": []')
        files.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(parts) + "\n  }")
    return "{\n" + ",\n".join(files) + "\n}\n"


def write(folder: Path) -> None:
    """Write what a folder is expected to hold as it is found now."""
    found = {path.name: as_json(tags_of(path)) for path in inputs(folder)}
    (folder / EXPECTED).write_text(dumps(found), encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        write(Path(argument))
