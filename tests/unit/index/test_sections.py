"""Files without a grammar: any bytes give tags, in time, and inside the file."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.index import outline, sections
from farthing.index.parser import parse_any
from farthing.index.tags import FileTags

LANGUAGES = ["markdown", "json", "yaml", "toml", ""]
SIGNS = "# a|\n|\r\n|```|~~~|---|===|  |\t|key|:| = |'|#|<!--|-->|{|}|[|]|[[a]]|,|/*|//|>|-|é|\0|1|\ufeff|a: b|?|&x"
PIECES = ["|", '"', '"""', "\\", *SIGNS.split("|")]

quick = settings(max_examples=60, deadline=None)  # the machine may be busy, and the first call imports


def _names(tags: FileTags) -> list[str]:
    return [each.qualified for each in tags.definitions]


def _check(data: bytes, language: str) -> None:
    tags = parse_any(data, language)
    rows = data.count(b"\n") + 1
    starts = [each.start for each in tags.definitions]
    assert starts == sorted(starts)
    for i, each in enumerate(tags.definitions):
        assert 0 <= each.start <= each.end <= len(data)
        assert each.start_line == data.count(b"\n", 0, each.start) + 1
        assert each.end_line == data.count(b"\n", 0, each.end) + 1
        assert 1 <= each.start_line <= each.end_line <= rows
        assert -1 <= each.parent < i
        if each.parent >= 0:
            parent = tags.definitions[each.parent]
            assert parent.start <= each.start and each.end <= parent.end
    for reference in tags.references:
        assert reference.kind == "word" and 1 <= reference.line <= rows


@pytest.mark.parametrize("language", LANGUAGES)
@quick
@given(data=st.binary(max_size=300))
def test_any_bytes_have_spans_in_the_file(language: str, data: bytes) -> None:
    _check(data, language)


@pytest.mark.parametrize("language", LANGUAGES)
@quick
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_mixture_of_signs_has_spans_in_the_file(language: str, pieces: list[str]) -> None:
    _check("".join(pieces).encode(), language)


@pytest.mark.parametrize(
    ("language", "data"),
    [
        ("json", b'{"a":[' + b'{"k":"v","n":[1,2,3]},' * 450_000 + b"1]}"),
        ("json", b'{"a": "' + b'\\"' * 500_000),
        ("json", b"/*" * 500_000),
        ("json", b"[" * 1_000_000),
        ("json", b"{" + b'"a":1,' * 200_000),
        ("yaml", (b"a" + b" " * 1990 + b"b\n") * 500),
        ("toml", (b"a . " * 490 + b"\n") * 500),
        ("toml", b'a = "\n' * 150_000),
        ("markdown", (b"# a" + b" " * 1990 + b"b\n") * 500),
        ("markdown", b"text\n" * 200_000 + b"---\n"),
        ("", b"A1b2" * 2_500_000),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[:8].decode()}…",
)
def test_large_and_hostile_files_take_little_time(language: str, data: bytes) -> None:
    started = time.process_time()
    tags = parse_any(data, language)
    assert time.process_time() - started < 5  # 0.5 s at most were seen; what is quadratic takes minutes
    assert len(tags.definitions) <= outline.MAX_SECTIONS


def test_no_more_than_the_first_part_of_a_file_is_read() -> None:
    data = b"a: 1\n" + b"# " + b"x" * outline.MAX_BYTES + b"\nb: 2\n"
    assert _names(parse_any(data, "yaml")) == ["a"]


def test_the_first_sections_are_kept_and_the_last_ends_with_the_file() -> None:
    data = b"# a\n" * (outline.MAX_SECTIONS + 10)
    definitions = parse_any(data, "markdown").definitions
    assert len(definitions) == outline.MAX_SECTIONS
    assert definitions[0].end_line == 1
    assert definitions[-1].end_line == outline.MAX_SECTIONS + 10


def test_a_byte_order_mark_and_carriage_returns_are_no_part_of_a_heading() -> None:
    definitions = parse_any(b"\xef\xbb\xbf# A\r\n\r\ntext\r\n", "markdown").definitions
    assert [(each.name, each.start, each.end_line) for each in definitions] == [("A", 3, 3)]


def test_front_matter_without_an_end_is_text() -> None:
    assert _names(parse_any(b"---\n# A\n", "markdown")) == ["A"]


def test_words_come_once_and_not_too_many() -> None:
    text = "two one\none " + " ".join(f"w{i}" for i in range(sections.MAX_WORDS))
    found = sections.words(text)
    assert [(each.name, each.line) for each in found[:3]] == [("two", 1), ("one", 1), ("w0", 2)]
    assert len(found) == sections.MAX_WORDS
    assert not sections.words("x " + "long" * 30 + " 12ab")
