"""A repository lowers, and never raises."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.privacy import policy
from farthing.privacy.policy import Policy

WORDS: list[Policy] = ["never", "ask", "auto"]


@given(st.sampled_from(WORDS), st.sampled_from(WORDS))
def test_the_stricter_word_counts(user: Policy, repository: Policy) -> None:
    found = policy.lowered(user, repository)
    assert WORDS.index(found) == min(WORDS.index(user), WORDS.index(repository))


@pytest.mark.parametrize(
    ("user", "repository", "expected"),
    [
        (None, None, "ask"),
        ("auto", None, "auto"),
        ("auto", "ask", "ask"),
        ("auto", "never", "never"),
        ("ask", "auto", "ask"),
        (None, "auto", "ask"),
        ("never", "auto", "never"),
    ],
)
def test_of_a_workspace(
    farthing_home: Path, tmp_path: Path, user: str | None, repository: str | None, expected: str
) -> None:
    for place, word in ((farthing_home / "config.toml", user), (tmp_path / ".farthing.toml", repository)):
        if word:
            place.write_text(f'[escalation]\npolicy = "{word}"\n')
    assert policy.of_workspace(tmp_path) == (expected, ())


@pytest.mark.parametrize("text", ['[escalation]\npolicy = "always"', "escalation = 1", "[escalation]\npolicy = 1", "="])
def test_what_makes_no_sense_is_never_and_told(farthing_home: Path, tmp_path: Path, text: str) -> None:
    for place in (farthing_home / "config.toml", tmp_path / ".farthing.toml"):
        place.write_text(text)
        found, problems = policy.of_workspace(tmp_path)
        assert (found, len(problems)) == ("never", 1)
        assert place.name in problems[0]
        place.unlink()
