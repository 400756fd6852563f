"""Every language: what a file and a broken file hold, as somebody has read it line by line."""

import json
from pathlib import Path

import pytest

from farthing.index import languages
from tests.support import golden_tags

FOLDERS = sorted(path.parent for path in golden_tags.GOLDEN.glob(f"*/{golden_tags.EXPECTED}"))
FILES = [path for folder in FOLDERS for path in golden_tags.inputs(folder)]
BROKEN = [path for path in FILES if path.stem == "broken"]


def _id(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_a_file_has_its_tags(path: Path) -> None:
    expected = json.loads((path.parent / golden_tags.EXPECTED).read_text(encoding="utf-8"))[path.name]
    found = golden_tags.as_json(golden_tags.tags_of(path))
    for key in ("definitions", "references", "imports", "errors"):
        assert found[key] == expected[key], key


@pytest.mark.parametrize("path", BROKEN, ids=_id)
def test_a_broken_file_keeps_its_good_parts(path: Path) -> None:
    tags = golden_tags.tags_of(path)
    assert tags.errors == (languages.grammar(tags.language) is not None)
    names = {each.name.lower() for each in tags.definitions}
    assert names & {"before", "good"}
    assert "after" in names or path.suffix == ".md"


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_spans_lie_in_the_file_and_in_their_parents(path: Path) -> None:
    data = path.read_bytes()
    tags = golden_tags.tags_of(path)
    for each in tags.definitions:
        assert 0 <= each.start < each.end <= len(data)
        assert each.start_line == data.count(b"\n", 0, each.start) + 1
        assert each.start_line <= each.end_line <= data.count(b"\n") + 1
        if each.parent >= 0:
            parent = tags.definitions[each.parent]
            assert parent.start <= each.start and each.end <= parent.end
    lines = data.decode().split("\n")
    for reference in tags.references:
        assert reference.name in lines[reference.line - 1]
