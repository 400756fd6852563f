"""An answer as if it had been begun for the model, however its pieces come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.chat import Hints
from farthing.backends.remote.unwrap import Unwrap

CODE = Hints(start="```python\n", stop=("\n```",))


def unwrapped(hints: Hints, *pieces: str) -> tuple[str, bool]:
    it = Unwrap(hints)
    said = "".join(map(it.feed, pieces))
    return said + it.end(), it.done


@pytest.mark.parametrize(
    ("reply", "code", "done"),
    [
        ("```python\nx = 1\n```", "x = 1", True),
        ("Here it is:\n\n```py\nx = 1\n```\nIt sets x.", "x = 1", True),
        ("```\nx = 1\ny = 2\n```\n", "x = 1\ny = 2", True),
        ("  ```python\nx = 1\n", "x = 1\n", False),
        ("x = 1\n", "x = 1\n", False),
        ("```python\nx = '``'\n``", "x = '``'\n``", False),
        ("", "", False),
    ],
)
def test_the_code_is_what_is_left(reply: str, code: str, done: bool) -> None:
    assert unwrapped(CODE, reply) == unwrapped(CODE, *reply) == (code, done)


def test_a_longer_fence_is_not_opened_by_a_shorter_one() -> None:
    longer = Hints(start="````markdown\n", stop=("\n````",))
    assert unwrapped(longer, "````md\n```\nx\n```\n````") == ("```\nx\n```", True)


def test_words_are_left_as_they_are() -> None:
    assert unwrapped(Hints(conversation="c"), "See ```x```", ":\n```python\nx\n```") == (
        "See ```x```:\n```python\nx\n```", False
    )  # fmt: skip


@given(
    st.text(alphabet="ab \n`"),
    st.lists(st.integers(0, 40)),
    st.sampled_from([CODE, Hints(stop=("\n```", "ab")), Hints(start="````x\n", stop=("\n````",))]),
)
def test_it_does_not_matter_how_it_comes(reply: str, cuts: list[int], hints: Hints) -> None:
    ends = [0, *sorted(min(cut, len(reply)) for cut in cuts), len(reply)]
    pieces = [reply[start:end] for start, end in itertools.pairwise(ends)]
    assert unwrapped(hints, *pieces) == unwrapped(hints, reply)
