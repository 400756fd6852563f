"""What the model sees of a document."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion.context import CHUNK, MAX_PREFIX, MAX_SUFFIX, STEP, Context, window
from farthing.settings import CompletionSettings

DEFAULT = CompletionSettings()
lines = st.lists(st.sampled_from(["", "x = 1", "    y()", "日本\U0001f600", "\t"]), max_size=200)


def unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(
    text=st.lists(st.sampled_from(["a", "\U0001f600", "\n", "\r\n", "\r", "long " * 50]), max_size=60).map("".join),
    data=st.data(),
    before=st.integers(4, 12),
    after=st.integers(0, 12),
)
def test_the_windows_touch_the_cursor(text: str, data: st.DataObject, before: int, after: int) -> None:
    offset = data.draw(st.integers(0, len(text)))
    context = window(text, offset, CompletionSettings(prefix_lines=before, suffix_lines=after))
    assert unix(text[:offset]).endswith(context.prefix)
    assert unix(text[offset:]).startswith(context.suffix)
    assert len(context.prefix) <= MAX_PREFIX
    assert len(context.suffix) <= MAX_SUFFIX
    assert "\r" not in context.prefix + context.suffix


@given(lines=lines, data=st.data(), before=st.integers(4, 60), after=st.integers(0, 60))
def test_so_many_lines_are_seen_and_whole(lines: list[str], data: st.DataObject, before: int, after: int) -> None:
    lines = [*lines, ""]
    at = data.draw(st.integers(0, len(lines) - 1))
    text, offset = "\n".join(lines), len("\n".join(lines[:at])) + (at > 0)
    context = window(text, offset, CompletionSettings(prefix_lines=before, suffix_lines=after))
    seen = context.prefix.count("\n")
    assert min(at, before) <= seen < before + STEP
    assert context.prefix == "".join(line + "\n" for line in lines[at - seen : at])
    assert context.suffix == "\n".join(lines[at : at + after + 1])


@given(lines=lines, data=st.data())
def test_a_document_of_windows_looks_the_same(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines)))
    before, after = lines[:at], lines[at:]
    seen = [
        window(breaks.join([*before, *after]), len(breaks.join(before)), CompletionSettings(suffix_lines=5))
        for breaks in ("\n", "\r\n")
    ]
    assert seen[0] == seen[1]


def test_the_start_moves_once_in_a_step() -> None:
    numbered = [f"line {number}\n" for number in range(300)]
    starts = [
        window("".join(numbered), len("".join(numbered[:at])), DEFAULT).prefix.partition("\n")[0]
        for at in range(1, len(numbered))
    ]
    moves = [at + 1 for at in range(1, len(starts)) if starts[at] != starts[at - 1]]
    assert moves == list(range(DEFAULT.prefix_lines + STEP, len(numbered), STEP))


def test_typing_leaves_the_start_where_it_is() -> None:
    above = "".join(f"line {number}\n" for number in range(70))
    typed = "result = compute(1, 2)"
    prefixes = [window(above + typed[:n] + "\n", len(above) + n, DEFAULT).prefix for n in range(len(typed) + 1)]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(prefixes))


def test_in_a_minified_file_too_the_start_moves_only_now_and_then() -> None:
    text = "".join(f"var v{number}={number};" for number in range(4000))
    prefixes = [window(text, 20_000 + n, DEFAULT).prefix for n in range(3 * CHUNK)]
    moved = sum(not later.startswith(earlier) for earlier, later in itertools.pairwise(prefixes))
    assert moved == 3
    assert all(MAX_PREFIX - CHUNK < len(prefix) <= MAX_PREFIX for prefix in prefixes)


def test_a_minified_file_is_cut_on_both_sides() -> None:
    text = "x" * 1_000_000
    context = window(text, 500_000, DEFAULT)
    assert (len(context.prefix), len(context.suffix)) == (MAX_PREFIX, MAX_SUFFIX)


@pytest.mark.parametrize(
    ("context", "before", "after", "below"),
    [
        (Context("", ""), "", "", ""),
        (Context("a\n  b", "c\n\n   \n  d\ne"), "  b", "c", "  d"),
        (Context("a", "b"), "a", "b", ""),
        (Context("a\n", "\nb"), "", "", "b"),
    ],
)
def test_the_lines_around_the_cursor(context: Context, before: str, after: str, below: str) -> None:
    assert (context.line_before, context.line_after, context.next_line) == (before, after, below)
