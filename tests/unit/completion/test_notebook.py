"""What a cell is written in, and what it sees of the cells above it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.completion.context import CHUNK, MAX_PREFIX, STEP, window
from farthing.completion.notebook import BOUNDARY, boundary, language_of, text_before
from farthing.settings import CompletionSettings

SETTINGS = CompletionSettings()
cells = st.lists(
    st.lists(st.sampled_from(["x = 1", "", "  y()", "\U0001f600"]), max_size=30).map("\n".join), max_size=12
)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("x = 1", "python", "python"),
        ("", "python", "python"),
        ("%matplotlib inline\nx", "python", "python"),
        ("%%time\nx", "python", "python"),
        ("%%an_unknown_one\nx", "python", "python"),
        ("%%bash\nls", "python", "shellscript"),
        ("%%sql select 1", "python", "sql"),
        ("x = 1\n%%bash\n", "python", "python"),
        ("%% a section", "matlab", "matlab"),
    ],
)
def test_a_magic_for_the_whole_cell_is_another_language(text: str, language: str, expected: str) -> None:
    assert language_of(text, language) == expected


@pytest.mark.parametrize("language", ["python", "r", "typescript", "sql", ""])
def test_the_boundary_is_known_as_one(language: str) -> None:
    assert BOUNDARY.match(boundary(language))


def test_the_cells_stand_in_order_each_before_a_boundary() -> None:
    assert text_before(["a = 1\r\n\r\n", "  \n", "b = 2"], "python", 48) == "a = 1\n\n# %%\nb = 2\n\n# %%\n"
    assert text_before(["let a = 1"], "typescript", 48) == "let a = 1\n\n// %%\n"
    assert text_before([], "python", 48) == ""


@given(above=cells, text=cells.map("\n".join), data=st.data(), lines=st.integers(4, 60))
def test_what_is_left_out_is_out_of_sight(above: list[str], text: str, data: st.DataObject, lines: int) -> None:
    offset = data.draw(st.integers(0, len(text)))
    settings = CompletionSettings(prefix_lines=lines)
    mark = boundary("python")
    whole = "".join(f"{cell.rstrip()}\n\n{mark}" for cell in above if cell.strip())
    before = text_before(above, "python", lines)
    assert whole.endswith(before)
    assert before.count("\n") < lines + STEP
    assert window(text, offset, settings, before) == window(whole + text, len(whole) + offset, settings)


def test_typing_keeps_the_prefix_for_a_step_of_lines() -> None:
    above = [f"x{number} = {number}\ny{number} = {number}" for number in range(200)]
    before = text_before(above, "python", SETTINGS.prefix_lines)
    typed = "".join(f"line {number}\n" for number in range(4 * STEP))
    prefixes = [window(typed[:at], at, SETTINGS, before).prefix for at in range(len(typed))]
    moved = sum(not later.startswith(earlier) for earlier, later in itertools.pairwise(prefixes))
    assert moved == 3  # of 63 line breaks


def test_the_next_cell_begins_with_what_was_read_for_this_one() -> None:
    above = [f"x{number} = {number}" for number in range(5)]
    last = "z = 1"
    here = window(last, len(last), SETTINGS, text_before(above, "python", SETTINGS.prefix_lines)).prefix
    below = window("", 0, SETTINGS, text_before([*above, last], "python", SETTINGS.prefix_lines)).prefix
    assert below.startswith(here)


def test_endless_lines_are_cut() -> None:
    assert len(text_before(["x" * 1_000_000], "python", 48)) == MAX_PREFIX + CHUNK
