"""Secrets go, and come back to where they were."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.errors import Private
from farthing.privacy.redaction import Redactor
from tests.support import secret_cases
from tests.support.secret_cases import Maker

TOKENS = [secret_cases.token(kind, 7) for kind in ("github personal", "stripe live", "slack bot", "anthropic", "jwt")]
ODD = ["__REDACTED_", "__REDACTED_1__", "__REDACTED_12", "_", "__", "1__", "\n", "é", " = '", "'", "password", "R", '"']
TEXTS = st.lists(
    st.one_of(st.sampled_from(TOKENS), st.sampled_from(ODD), st.text(max_size=8)), max_size=12
).map("".join)  # fmt: skip


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_what_is_restored_is_what_was_redacted(texts: Sequence[str]) -> None:
    redactor = Redactor()
    redactor.learn(TOKENS)  # a detector wants something between two of them
    for text in texts:
        clean, _ = redactor.redact(text, "src/a.py")
        assert not any(token in clean for token in TOKENS)
        assert redactor.restore(clean) == text
        assert redactor.redact(text, "src/a.py")[0] == clean


@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_pieces_come_to_the_same(text: str, sizes: Sequence[int]) -> None:
    redactor = Redactor()
    clean, _ = redactor.redact(text)
    restorer, made, at = redactor.restorer(), "", 0
    for size in list(sizes) * (len(clean) // sum(sizes) + 1):
        made += restorer.feed(clean[at : at + size])
        at += size
    assert made + restorer.feed(clean[at:]) + restorer.end() == text


def test_text_that_can_be_no_placeholder_is_passed_on_at_once() -> None:
    restorer = Redactor().restorer()
    assert restorer.feed("def a():\n") == "def a():\n"
    assert (restorer.feed("x_"), restorer.feed("y")) == ("x", "_y")


def test_a_secret_has_one_placeholder_wherever_it_stands() -> None:
    redactor, token = Redactor(), TOKENS[0]
    first, findings = redactor.redact(f"a = 1\nkey = '{token}'\n", "src/a.py")
    assert first == "a = 1\nkey = '__REDACTED_1__'\n"
    assert [str(each) for each in findings] == ["src/a.py:2 github pat"]
    second, _ = redactor.redact(f"again {token}, and {TOKENS[1]}", "b.md")
    assert second == "again __REDACTED_1__, and __REDACTED_2__"


def test_a_known_secret_is_taken_out_where_nothing_tells_that_it_is_one() -> None:
    redactor, secret = Redactor(), Maker(8).of(secret_cases.WORD, 14)
    assert redactor.redact(f"so {secret} it is", "a.py")[0] == f"so {secret} it is"
    redactor.redact(f"password = '{secret}'", "a.py")
    clean, findings = redactor.redact(f"so {secret} it is", "a.py")
    assert clean == "so __REDACTED_1__ it is"
    assert [str(each) for each in findings] == ["a.py:1 known secret"]


def test_a_reply_with_a_placeholder_fits_the_file() -> None:
    redactor, token = Redactor(), TOKENS[1]
    line = f'STRIPE = "{token}"'
    clean, _ = redactor.redact(line, "pay.py")
    reply = f"pay.py\n<<<<<<< SEARCH\n{clean}\n=======\n{clean}  # the shop's\n>>>>>>> REPLACE"
    assert line in redactor.restore(reply)
    assert redactor.restore("__REDACTED_99__ and __REDACTED_99999999999999__") == (
        "__REDACTED_99__ and __REDACTED_99999999999999__"
    )


@pytest.mark.parametrize("name", ["RSA ", "OPENSSH ", ""])
def test_a_private_key_is_refused(name: str) -> None:
    block = Maker(9).pem(name)
    with pytest.raises(Private, match=r"deploy/key.txt:3 holds a private key") as caught:
        Redactor().redact(f"# a\n\n{block}\n", "deploy/key.txt")
    assert block.splitlines()[2] not in str(caught.value)


def test_what_would_be_left_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from farthing.privacy import detector

    real = detector.spans
    found = iter([[], real(TOKENS[0])])
    monkeypatch.setattr(detector, "spans", lambda text, path="": next(found))
    with pytest.raises(Private, match="not all secrets"):
        Redactor().redact(TOKENS[0], "a.py")


def test_a_finding_never_shows_the_secret() -> None:
    redactor = Redactor()
    _, findings = redactor.redact(f"key = '{TOKENS[0]}'", "a.py")
    assert TOKENS[0] not in repr(findings)
    assert TOKENS[0] not in repr(redactor)
