"""Which answers are given again, and where."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.base import Usage
from farthing.completion.cache import DOCUMENTS, MAX_BACK, MAX_TEXT, PER_DOCUMENT, AnswerCache
from farthing.completion.generation import Completion, CompletionRequest

HEAD, TAIL = "def f(a, b):\n    return ", "\n"


def at(head: str = HEAD, tail: str = TAIL, **changes: Any) -> CompletionRequest:
    return replace(CompletionRequest("file:///a.py", head + tail, len(head), "python", "m.gguf"), **changes)


def answer(text: str = "a + b", id: str = "1") -> Completion:
    return Completion(id, text, Usage(10, 0, 3), 1.0, 2.0)


def found(cache: AnswerCache, request: CompletionRequest, context: int = 0) -> str | None:
    hit = cache.find(request, context)
    return hit[0].text[len(hit[1]) :] if hit else None


def filled(*requests: CompletionRequest, text: str = "a + b") -> AnswerCache:
    cache = AnswerCache()
    for request in requests or (at(),):
        cache.add(request, answer(text))
    return cache


def test_the_same_place_and_what_was_typed_of_it() -> None:
    cache = filled()
    assert found(cache, at()) == "a + b"
    assert found(cache, at(HEAD + "a +")) == " b"
    assert found(cache, at(HEAD + "a + b")) is None
    assert found(cache, at(HEAD + "x")) is None


def test_a_change_anywhere_else_ends_it() -> None:
    cache = filled()
    assert found(cache, at("# new\n" + HEAD)) is None
    assert found(cache, at(tail="\n# new\n")) is None
    assert found(cache, at(document="file:///b.py")) is None
    assert found(cache, at(model="n.gguf")) is None
    assert found(cache, at(language="ruby")) is None
    assert found(cache, at(multiline=True)) is None
    assert found(cache, at(), context=1) is None


def test_after_a_backspace_the_answer_begins_with_what_was_taken_back() -> None:
    cache = filled(at(HEAD + "se"), text="lf.a")
    assert found(cache, at(HEAD + "s")) == "elf.a"
    assert found(cache, at(HEAD)) == "self.a"
    cache.add(at(HEAD + "s"), answer("um(a)"))
    assert found(cache, at(HEAD + "s")) == "um(a)"
    assert found(filled(at(HEAD + "a" * (MAX_BACK + 1))), at(HEAD)) is None
    assert found(filled(at(HEAD + "\n")), at(HEAD)) is None


def test_what_the_editor_closed_does_not_count() -> None:
    cache = filled(text="g(a, b)")
    assert found(cache, at(HEAD + "g(", ")" + TAIL)) == "a, b)"
    assert found(cache, at(HEAD + "g(", "]" + TAIL)) is None


def test_the_newest_answer_wins_and_old_ones_go() -> None:
    cache = filled()
    cache.add(at(), answer("a * b"))
    assert found(cache, at()) == "a * b"
    for number in range(PER_DOCUMENT):
        cache.add(at(HEAD + f"{number}"), answer())
    assert found(cache, at(HEAD + "a ")) is None
    for number in range(DOCUMENTS):
        cache.add(at(document=f"{number}"), answer())
    assert found(cache, at(HEAD + "0")) is None
    assert found(cache, at(document=f"{DOCUMENTS - 1}")) == "a + b"
    cache.forget(f"{DOCUMENTS - 1}")
    assert found(cache, at(document=f"{DOCUMENTS - 1}")) is None


def test_long_documents_are_remembered_less_often() -> None:
    long = "x" * (MAX_TEXT // 4)
    cache = filled(at(document="file:///b.py"), *(at(HEAD + f"{number}", tail=long) for number in range(9)))
    assert found(cache, at(document="file:///b.py")) is None
    assert [found(cache, at(HEAD + f"{number}", tail=long)) is not None for number in range(9)] == [False] * 6 + [
        True
    ] * 3
    cache = filled(*(at(HEAD + f"{number}", tail=2 * MAX_TEXT * "x") for number in range(2)))
    assert found(cache, at(HEAD + "1", tail=2 * MAX_TEXT * "x")) == "a + b"


@given(
    st.lists(st.tuples(st.text("ab(\n", max_size=6), st.text("ab(\n", min_size=1, max_size=6)), max_size=8), st.data()
)
def test_what_is_found_was_once_said_of_this_very_text(places: list[tuple[str, str]], data: st.DataObject) -> None:
    cache = AnswerCache()
    for head, text in places:
        cache.add(at(head), answer(text))
    now = data.draw(st.text("ab(\n", max_size=8))
    rest = found(cache, at(now))
    if rest is not None:
        assert any(head + text == now + rest for head, text in places)
