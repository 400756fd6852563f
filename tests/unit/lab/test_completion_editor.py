"""The editor and its typist, with an assistant that answers as it is told."""

import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

editor_module = importlib.import_module("completion_editor")
assistant_module = importlib.import_module("completion_assistant")
document_module = importlib.import_module("completion_document")
HABITS = editor_module.Habits(cps=100.0, pause=0.0)
NEVER = importlib.import_module("completion_statistics").NEVER
LINE = "return total(prices)"
Reply = Callable[["Told", str, Any], Any]
"""Assistant, what was typed of the line, and token -> answer, None, or something that will be one."""


def place() -> Any:
    return document_module.Place(Path("/project/a.py"), "a.py", "python", 2, "def f():", "\n\nend()\n", "    ", LINE)


class Told:
    """An assistant."""

    name = "told"

    def __init__(self, reply: Reply) -> None:
        self.grew: Callable[[], None] = lambda: None
        self._reply = reply
        self.text = ""
        self.cursor = 0
        self.accepted: list[str] = []
        self.closed = False

    async def open(self, document: Any) -> None:
        self.text = document.head + document.tail

    def change(self, before: Any, text: str) -> None:
        assert before.head + before.tail == self.text
        self.text = before.head + text + before.tail

    async def ask(self, document: Any, token: Any) -> Any:
        assert document.head + document.tail == self.text
        typed = document.head.partition("    ")[2]
        answer = self._reply(self, typed, token)
        return await answer if asyncio.iscoroutine(answer) else answer

    async def finish(self, document: Any) -> Any:
        return await self.ask(document, assistant_module.Token())

    def accept(self, answer: Any) -> None:
        self.accepted.append(answer.text)

    async def close(self, document: Any) -> None:
        assert document.head + document.tail == self.text
        self.closed = True


def answer(text: str) -> Any:
    return assistant_module.Answer(text)


async def retype(reply: Reply) -> tuple[Any, Told]:
    assistant = Told(reply)
    line = await editor_module.Editor(assistant, HABITS).retype(place())
    assert assistant.text == f"def f():\n    {LINE}\n\nend()\n"
    assert assistant.closed
    return line, assistant


async def test_without_suggestions_every_character_is_a_key() -> None:
    line, assistant = await retype(lambda self, typed, token: answer(""))
    assert line.pressed == line.characters == len(LINE)
    assert not assistant.accepted
    assert all(key.latency_ms < NEVER and key.shown_ms == NEVER and not key.on_screen for key in line.keystrokes)


async def test_a_right_suggestion_is_accepted_with_one_key() -> None:
    line, assistant = await retype(lambda self, typed, token: answer("total(prices)" if typed == "return " else ""))
    assert line.pressed == len("return ") + 1
    assert assistant.accepted == ["total(prices)"]
    assert [key.on_screen for key in line.keystrokes][-2:] == [True, False]


async def test_what_a_suggestion_repeats_of_the_lines_below_is_not_inserted() -> None:
    line, assistant = await retype(lambda self, typed, token: answer(LINE + "\n\nend()" if not typed else ""))
    assert line.pressed == 1
    assert assistant.accepted == [LINE + "\n\nend()"]


async def test_a_wrong_suggestion_is_typed_past_and_vanishes() -> None:
    line, _ = await retype(lambda self, typed, token: answer("return sum()") if not typed else None)
    assert line.pressed == len(LINE)
    shown = [key.on_screen for key in line.keystrokes]
    assert shown == [True] * (1 + len("return ")) + [False] * (len(LINE) - len("return "))
    assert [key.shown_ms for key in line.keystrokes[1:8]] == [0.0] * 7  # it stayed
    assert sum(key.latency_ms == NEVER for key in line.keystrokes) == len(LINE)


async def test_an_answer_that_comes_late_is_not_shown_but_its_time_counts() -> None:
    async def late(token: Any) -> Any:
        gone = asyncio.Event()
        token.on_cancel(gone.set)
        await gone.wait()
        return answer(LINE)

    line, assistant = await retype(lambda self, typed, token: answer("") if typed else late(token))
    assert not assistant.accepted
    assert line.keystrokes[0].latency_ms < NEVER
    assert line.keystrokes[0].shown_ms == NEVER


async def test_a_late_empty_answer_is_none() -> None:
    async def late(token: Any) -> Any:
        gone = asyncio.Event()
        token.on_cancel(gone.set)
        await gone.wait()
        return answer("")

    line, _ = await retype(lambda self, typed, token: late(token))
    assert all(key.latency_ms == NEVER for key in line.keystrokes)


async def test_what_grew_is_asked_for_again() -> None:
    asked: list[str] = []

    def reply(self: Told, typed: str, token: Any) -> Any:
        asked.append(typed)
        if asked.count(typed) == 1 and typed == "return ":
            asyncio.get_running_loop().call_soon(self.grew)
            return answer("total(")
        return answer("total(prices)" if typed == "return " else "")

    _, assistant = await retype(reply)
    assert asked.count("return ") == 2
    assert assistant.accepted == ["total(prices)"]


async def test_growth_while_a_request_is_under_way_is_asked_for_after_it() -> None:
    asked: list[str] = []

    def reply(self: Told, typed: str, token: Any) -> Any:
        asked.append(typed)
        if typed == "return " and asked.count(typed) == 1:
            self.grew()
        return answer("total(prices)" if asked.count("return ") == 2 and typed == "return " else "")

    line, _ = await retype(reply)
    assert asked.count("return ") == 2
    assert line.pressed == len("return ") + 1


async def test_the_rest_of_the_line_is_compared_with_the_first_line_of_the_answer() -> None:
    typed = LINE[: len(LINE) // 3]

    async def rest(text: str) -> Any:
        assistant = Told(lambda self, so_far, token: answer(text) if so_far == typed else None)
        return await editor_module.Editor(assistant, HABITS).rest(place())

    right = await rest(LINE[len(typed) :] + "  \r\nmore")
    assert right.exact
    wrong = await rest(LINE[len(typed) :] + ")")
    assert (wrong.exact, wrong.wanted) == (False, LINE[len(typed) :])
