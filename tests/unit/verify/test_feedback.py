"""What a model is told: the end of the output, bounded."""

from hypothesis import given
from hypothesis import strategies as st

from farthing import tokens
from farthing.verify.feedback import MAX_TOKENS, feedback
from farthing.verify.model import Report


def report(tail: str, reason: str = "it failed with exit code 1") -> Report:
    return Report(False, 1, 1.0, tail, reason)


def test_short_output_is_whole() -> None:
    text = feedback(report("E  assert 1 == 2\n1 failed\n\n\n"))
    assert text == (
        "The tests were run with this change: it failed with exit code 1. The end of their output:\n"
        "```\nE  assert 1 == 2\n1 failed\n```"
    )


def test_none_is_said_in_a_sentence() -> None:
    assert feedback(report(" \n", "it was ended after 2 seconds")) == (
        "The tests were run with this change: it was ended after 2 seconds."
    )


def test_colours_and_progress_are_left_out_and_fences_cannot_be_ended() -> None:
    text = feedback(report("\x1b[31mred\x1b[0m\n 1%\r50%\r100%\r\n\x1b]0;title\x07same\nsame\nsame\n```\n"))
    assert text.endswith("\n````\nred\n100%\nsame\n```\n````")


def test_of_long_output_the_end_is_kept_and_the_room_is_used() -> None:
    text = feedback(report("".join(f"line {at} of the output\n" for at in range(5000))))
    assert "line 4999 of the output\n```" in text
    assert MAX_TOKENS * 0.8 < tokens.count(text) <= MAX_TOKENS


def test_a_line_without_end_is_cut() -> None:
    text = feedback(report("word " * 20000 + "\nlast"))
    assert tokens.count(text) <= MAX_TOKENS
    assert text.endswith("last\n```")


@given(st.text(alphabet=st.sampled_from("ab é中🙂`\x1b[m\r\n\t\0{}"), max_size=2000), st.integers(40, 200))
def test_it_is_never_more_than_allowed(tail: str, limit: int) -> None:
    text = feedback(report(tail), limit)
    assert tokens.count(text) <= limit
    assert "\x1b" not in text
