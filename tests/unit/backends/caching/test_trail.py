"""What is remembered of requests, and why something was not read."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing.backends.caching.key import SALT_BYTES, cache_key
from farthing.backends.caching.miss import Miss, note
from farthing.backends.caching.trail import CONVERSATIONS, Asked, Trail
from farthing.backends.chat import Caching, Part, Prompt
from farthing.ledger.model import NANO, Price, Usage

PRICE = Price(3 * NANO, 15 * NANO, 300_000_000, 3_750_000_000, "2025-06-01", "user")
SYSTEM = Part("system", "You change code.", "system")
CODE = "x = 1\n" * 2000
"""Some 3,400 tokens."""


class Talk:
    """A conversation with a provider that keeps what is marked."""

    def __init__(self, kind: str = "anthropic", model: str = "claude-sonnet-4-5") -> None:
        self.now = 1e9
        self.trail = Trail("/w", clock=lambda: self.now)
        self.kind, self.model, self.provider, self.name = kind, model, "work", "c:blocks"
        self.system = SYSTEM
        self.history: list[Part] = []
        self.tries = 1

    def ask(
        self, text: str, read: float = 0.0, fails: bool = False, total: int = 10_000
    ) -> tuple[Caching, Miss | None]:
        """A turn of which so large a share is read."""
        said = Part("instruction", text)
        prompt = Prompt((self.system, *self.history, said))
        asked = Asked(self.name, self.kind, self.provider, self.model, prompt, tries=self.tries)
        step = self.trail.plan(asked, PRICE)
        miss = self.trail.ended(step, Usage(total, 10, round(total * read)))
        if not fails:
            self.history += [Part("history", text), Part("history", f"Answer to {text[:20]}", "assistant")]
        return step.caching, miss


@pytest.fixture
def talk(farthing_home: Path) -> Iterator[Talk]:
    yield Talk()


def cause(found: tuple[Caching, Miss | None]) -> str:
    miss = found[1]
    return miss.cause if miss else ""


def test_what_is_read_is_no_miss(talk: Talk) -> None:
    caching, miss = talk.ask(CODE)
    assert (caching.breakpoints, caching.keep, miss) == ((1,), "5m", None)
    talk.now += 60
    caching, miss = talk.ask("And then?", 0.98)
    assert (caching.breakpoints, miss) == ((1, 2, 3), None)


def test_a_rest_that_is_too_long_is_named(talk: Talk) -> None:
    talk.ask(CODE)
    talk.now += 7 * 60
    caching, miss = talk.ask("And then?")
    assert miss is not None
    assert (miss.cause, miss.avoidable) == ("rested", True)
    assert note(miss) == ("the cache was missed: the conversation rested 7 min, and work keeps it for 5",)
    assert caching.keep == "1h"  # it has learnt


def test_a_rest_after_an_hour_is_told_in_hours(talk: Talk) -> None:
    talk.ask(CODE)
    for _ in range(2):
        talk.now += 900
        talk.ask("More.", 0.5)
    talk.now += 3 * 3600
    _, miss = talk.ask("Once more.")
    assert miss is not None
    assert miss.text == "the conversation rested 3 h, and work keeps it for 60"


def test_what_was_changed_is_named(talk: Talk) -> None:
    talk.ask(CODE)
    talk.ask("And then?", 0.98)
    talk.system = Part("system", "You answer questions.", "system")
    _, miss = talk.ask("Really?")
    assert miss is not None
    assert (miss.cause, miss.text) == ("changed", "what the model is told about its work is not the same as before")
    talk.history[0] = Part("history", CODE.replace("1", "2"))
    _, miss = talk.ask("Really?")
    assert miss is not None
    assert (miss.cause, miss.text) == ("changed", "message 2 of 8, which was said before, is new")


def test_a_conversation_that_began_anew_is_named(talk: Talk) -> None:
    for text in (CODE, "And then?", "Why?"):
        talk.ask(text, 0.98)
    talk.history.clear()
    _, miss = talk.ask(CODE + "y = 2\n")
    assert miss is not None
    assert miss.text == "the conversation began anew, as it had become too long for the model"
    assert miss.avoidable


def test_another_model_is_named_once(talk: Talk) -> None:
    talk.ask(CODE)
    talk.model = "claude-opus-4-8"
    talk.history.clear()
    found = talk.ask(CODE)
    assert found[1] is not None
    assert found[1].text == "claude-sonnet-4-5 was asked before, and what that has read claude-opus-4-8 has not"
    assert cause(talk.ask("And?", 0.98)) == ""


def test_another_model_after_a_long_rest_has_lost_nothing(talk: Talk) -> None:
    talk.ask(CODE)
    talk.model, talk.now = "claude-opus-4-8", talk.now + 400
    assert cause(talk.ask(CODE)) == ""


def test_questions_and_edits_are_read_apart_which_nobody_can_help(talk: Talk) -> None:
    talk.ask(CODE)
    talk.name = "c:words"
    talk.history.clear()
    _, miss = talk.ask(CODE)
    assert miss is not None
    assert (miss.cause, note(miss)) == ("manner", ())
    talk.name = "d:words"
    talk.history.clear()
    assert cause(talk.ask(CODE)) == ""


def test_a_turn_that_failed_takes_its_own_part_out_and_no_more(talk: Talk) -> None:
    talk.ask(CODE)
    talk.ask("Do it.\n" + CODE, 0.5, fails=True)
    _, miss = talk.ask("Do it otherwise.", 0.98)
    assert miss is not None
    assert (miss.cause, note(miss)) == ("left out", ())
    assert cause(talk.ask("Well?", 0.98)) == ""


def test_too_little_is_no_miss_that_anybody_could_help(talk: Talk) -> None:
    kept = Talk("openai", "gpt-5")
    kept.ask("Hello.", total=100)
    _, miss = kept.ask("And then?", total=150)
    assert miss is not None
    assert (miss.cause, note(miss)) == ("short", ())
    talk.ask("Hello.")
    assert cause(talk.ask("And then?")) == ""  # nothing was marked


def test_who_never_says_what_is_read_is_believed_nothing(farthing_home: Path) -> None:
    talk = Talk("openai-compatible", "qwen")
    talk.ask(CODE)
    assert cause(talk.ask("And then?")) == "unknown"
    assert cause(talk.ask("And then?", 0.9)) == ""
    assert cause(talk.ask("And then?")) == "dropped"  # as it has said something once


def test_what_nothing_explains_is_the_providers(talk: Talk) -> None:
    talk.ask(CODE)
    talk.now += 10
    _, miss = talk.ask("And then?")
    assert miss is not None
    assert (miss.cause, note(miss)) == ("dropped", ())


def test_the_warm_provider_is_known(talk: Talk) -> None:
    assert talk.trail.warm("c") == ""
    talk.ask("Hello.")
    assert talk.trail.warm("c") == ""  # too little
    talk.ask(CODE)
    assert (talk.trail.warm("c"), talk.trail.warm("d")) == ("work", "")
    talk.now += 301
    assert talk.trail.warm("c") == ""


def test_the_latest_conversations_are_remembered(talk: Talk) -> None:
    talk.ask(CODE)
    for number in range(CONVERSATIONS):
        talk.name = f"{number}:blocks"
        talk.ask("Hello.")
    talk.name = "c:blocks"
    assert cause(talk.ask("And then?")) == ""


def test_keys_tell_conversations_apart_and_nothing_else(farthing_home: Path) -> None:
    key = cache_key("/w/ada", "c:words")
    assert key == cache_key("/w/ada", "c:words")
    assert len({key, cache_key("/w/ada", "c:blocks"), cache_key("/w/bob", "c:words")}) == 3
    assert len(key) == 32 and int(key, 16)
    file = farthing_home / "cache-salt"
    assert (len(file.read_bytes()), stat.S_IMODE(file.stat().st_mode)) == (SALT_BYTES, 0o600)


def test_keys_of_another_installation_are_others(farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = cache_key("/w", "c")
    monkeypatch.setenv("FARTHING_HOME", str(farthing_home / "other"))
    assert cache_key("/w", "c") != key


def test_a_home_that_cannot_be_written_gives_a_key_all_the_same(
    farthing_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (farthing_home / "file").write_text("")
    monkeypatch.setenv("FARTHING_HOME", str(farthing_home / "file" / "home"))
    assert cache_key("/w", "c") == cache_key("/w", "c")
