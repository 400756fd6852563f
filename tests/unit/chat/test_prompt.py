"""What a model is shown to answer a question."""

from hypothesis import given
from hypothesis import strategies as st

from farthing import tokens
from farthing.backends.chat import Message
from farthing.chat.prompt import SYSTEM, build
from farthing.index.pack import Item


def item(text: str) -> Item:
    return Item("a/b.py", "f", "body", 3, 4, 9, "named", text)


def test_the_question_comes_last_and_files_with_their_lines() -> None:
    prompt = build("Why?", [item("def f():\n    pass\n"), item("x")])
    assert [part.kind for part in prompt.parts] == ["system", "files", "instruction"]
    assert prompt.messages() == [
        Message("system", SYSTEM),
        Message("user", "a/b.py:3-4\n```\ndef f():\n    pass\n```\n\na/b.py:3-4\n```\nx\n```\n\nWhy?"),
    ]


def test_a_question_without_context() -> None:
    assert [part.kind for part in build("Why?", []).parts] == ["system", "instruction"]


def test_the_system_prompt_stays_short() -> None:
    assert tokens.count(SYSTEM) < 60  # it is paid for with every request


@given(st.text(alphabet="`x\n", max_size=30))
def test_no_text_ends_its_own_fence(text: str) -> None:
    body = build("Why?", [item(text)]).parts[1].text
    fence = body.splitlines()[1]
    assert body.endswith(f"\n{fence}")
    assert fence not in body.split(f"\n{fence}\n", 1)[1].removesuffix(fence)
