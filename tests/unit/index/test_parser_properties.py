"""Whatever the bytes are, parsing ends with tags that fit together."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farthing.index import languages, parser, trees
from farthing.index.tags import FileTags
from tests.support import golden_tags

INPUTS = {
    path: path.read_bytes()
    for folder in sorted(golden_tags.GOLDEN.iterdir())
    for path in golden_tags.inputs(folder)
    if path.stem == "input" and languages.language_id(path.name) in languages.BY_ID
}
PATHS = list(INPUTS)
PARTS = [
    part.encode("latin-1") for part in ("", "\n", *"{}()<>[]'\"#@;:=,\0\xff", "/*", "//", "::", "\r\n", "class ", "fn ")
]

# The grammar of Kotlin never gets past its twelfth byte.
ENDLESS = (
    b'""(""{("")\n'
    b"o\n"
    b"  \x00Cursor<K: K) {\n"
    b"        fun move() = this@Order.refresh()\n"
    b"    }\n"
    b"\n"
    b"    companion object Factory : Builder {\n"
    b'        const val VERSION = "1.2"\n'
    b"   ce Visitor {\n"
    b"    suspend fun visit(order: Order<*>)\n"
    b"}\n"
    b"\n"
    b"inline fun <reified T> load(id: Int, visit: (T) -> Unit = {}) where T : Any {\n"
    b"    val (first, second) = pair(id)\n"
    b"    val listener = object : Listener() {\n"
    b"        override fun handle() = notify(T::class, first)\n"
    b"    }\n"
    b"    listener.r"
)

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_every_query_has_a_golden_folder() -> None:
    covered = {languages.language_id(path.name) for path in PATHS}
    assert covered == set(languages.BY_ID) - {"javascriptreact"}  # the query is that of JavaScript
    assert all((path.parent / golden_tags.EXPECTED).exists() for path in PATHS)


@pytest.mark.parametrize("language", languages.BY_ID)
@quick
@given(data=st.binary(max_size=200))
def test_takes_any_bytes(language: str, data: bytes) -> None:
    _check(data, language)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
@quick
@given(at=st.floats(0, 1))
def test_takes_a_file_that_ends_early(path: Path, at: float) -> None:
    data = INPUTS[path]
    _check(data[: int(at * len(data))], languages.language_id(path.name))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
@quick
@given(edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(PARTS)), min_size=1, max_size=5))
def test_takes_a_file_with_parts_cut_and_put(path: Path, edits: list[tuple[float, int, bytes]]) -> None:
    data = INPUTS[path]
    for where, cut, put in edits:
        at = int(where * len(data))
        data = data[:at] + put + data[at + cut :]
    _check(data, languages.language_id(path.name))


def test_gives_up_on_a_file_that_a_grammar_gets_lost_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_SECONDS", 0.1)
    assert parser.parse(ENDLESS, "kotlin") == FileTags("kotlin", (), (), (), errors=True)
    after = parser.parse(b"fun after() {}\n", "kotlin")
    assert after is not None and [each.name for each in after.definitions] == ["after"]


def _check(data: bytes, language: str) -> None:
    tags = parser.parse(data, language)
    assert tags is not None
    lines = data.count(b"\n") + 1
    _check_definitions(tags, data, lines)
    for each in tags.references:
        assert each.name
        assert 1 <= each.line <= lines
        assert -1 <= each.enclosing < len(tags.definitions)
        if each.enclosing >= 0:
            around = tags.definitions[each.enclosing]
            assert around.start_line <= each.line <= around.end_line
    for named in tags.imports:
        assert 1 <= named.line <= lines


def _check_definitions(tags: FileTags, data: bytes, lines: int) -> None:
    for i, each in enumerate(tags.definitions):
        assert each.name
        assert each.qualified.endswith(each.name)
        assert len(each.signature) <= parser.MAX_SIGNATURE and "\n" not in each.signature
        assert 0 <= each.start <= each.end <= len(data)
        assert 1 <= each.start_line <= each.end_line <= lines
        assert -1 <= each.parent < i
        if each.parent >= 0:
            parent = tags.definitions[each.parent]
            assert parent.start <= each.start and each.end <= parent.end
            assert parent.start_line <= each.start_line and each.end_line <= parent.end_line
