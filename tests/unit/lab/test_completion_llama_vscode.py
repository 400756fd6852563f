"""The rival's ways, as its sources have them."""

import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

rival = importlib.import_module("completion_llama_vscode")
Token: Callable[[], Any] = importlib.import_module("completion_assistant").Token
Document: Callable[..., Any] = importlib.import_module("completion_document").Document


def at(head: str, tail: str = "\nbelow\n") -> Any:
    return Document(Path("/project/a.py"), "python", head, tail)


class Server:
    """Answers as it is told, when it is told."""

    def __init__(self, *contents: str) -> None:
        self._contents = list(contents)
        self.bodies: list[Any] = []
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def send(self, body: Any) -> Any:
        self.bodies.append(body)
        self.asked.set()
        await self.go.wait()
        return {"content": self._contents.pop(0) if self._contents else "", "timings": {"prompt_n": 9}}


def test_the_windows_of_a_request() -> None:
    above = [f"line {n}" for n in range(300)]
    below = [f"below {n}" for n in range(100)]
    place = rival.Place.of(at("\n".join([*above, "  total = "]), "\n" + "\n".join(below)))
    prefix, suffix, prompt = place.key
    assert prefix == "\n".join(above[-256:]) + "\n"
    assert suffix == "\n" + "\n".join(below[:64]) + "\n"
    assert prompt == "  total = "
    assert rival.Place.of(at("above\n    ")).key[2] == ""


async def test_what_was_answered_serves_what_is_typed_on_of_it() -> None:
    server = Server("total = 1", "")
    extension = rival.LlamaVscode(server.send)
    first = await extension.provide(at("a\nx"), Token())
    assert (first.text, first.cached, first.prefilled) == ("total = 1", False, 9)
    await extension.rest()
    asked = len(server.bodies)
    again = await extension.provide(at("a\nxtot"), Token())
    assert (again.text, again.cached, again.prefilled) == ("al = 1", True, 0)
    await extension.rest()
    assert len(server.bodies) >= asked
    other = await extension.provide(at("a\nxyz"), Token())
    assert not other.cached


async def test_while_a_request_runs_the_next_one_waits_and_gives_up_with_its_keystroke() -> None:
    server = Server("one")
    server.go.clear()
    extension = rival.LlamaVscode(server.send)
    running = asyncio.create_task(extension.provide(at("a\nx"), Token()))
    waiting_token = Token()
    waiting = asyncio.create_task(extension.provide(at("a\nxy"), waiting_token))
    await server.asked.wait()
    waiting_token.cancel()
    assert await waiting is None
    assert len(server.bodies) == 1
    server.go.set()
    assert (await running).text == "one"
    await extension.rest()


async def test_what_follows_a_suggestion_is_asked_for_ahead() -> None:
    server = Server("one\n  two", "three")
    extension = rival.LlamaVscode(server.send)
    await extension.provide(at("a\nx = "), Token())
    await extension.rest()
    assert [body["prompt"] for body in server.bodies] == ["x = ", "  two"]
    assert server.bodies[1]["input_prefix"] == "a\nx = one\n"
    accepted = await extension.provide(at("a\nx = one\n  two"), Token())
    assert (accepted.text, accepted.cached) == ("three", True)


async def test_a_late_answer_is_kept_but_nothing_is_asked_ahead_of_it() -> None:
    server = Server("late")
    extension = rival.LlamaVscode(server.send)
    token = Token()
    server.go.clear()
    running = asyncio.create_task(extension.provide(at("a\nx"), token))
    await server.asked.wait()
    token.cancel()
    server.go.set()
    assert (await running).text == "late"
    await extension.rest()
    assert len(server.bodies) == 1
    assert (await extension.provide(at("a\nxl"), Token())).text == "ate"
    await extension.rest()


async def test_indentation_that_stands_there_is_not_inserted_twice() -> None:
    server = Server("    return 1")
    answer = await rival.LlamaVscode(server.send).provide(at("def f():\n    "), Token())
    assert answer.text == "return 1"
    assert server.bodies[0]["prompt"] == ""
    assert server.bodies[0]["n_indent"] == 4


@pytest.mark.parametrize(
    ("lines", "head", "tail", "dropped"),
    [
        ([], "x", "\nbelow", True),
        (["  "], "x", "\nbelow", True),
        (["elow"], "b", "\nbelow\nmore", True),  # repeats the next line
        (["elow", "mo"], "b", "\n\nbelow\nmore", True),
        (["elow", "other"], "b", "\nbelow\nmore", False),
        (["", "below"], "x", "\nbelow\nmore", True),
        (["fresh"], "x", "\nbelow", False),
        (["fresh"], "x", "", False),
    ],
)
def test_which_suggestions_are_dropped(lines: list[str], head: str, tail: str, dropped: bool) -> None:
    assert rival.discarded(lines, rival.Place.of(at("above\n" + head, tail))) is dropped


def test_the_cache_forgets_what_was_used_least_recently() -> None:
    cache = rival.ResultCache(2)
    one, two, three = (("p", "s", prompt) for prompt in "abc")
    cache.put(one, "1")
    cache.put(two, "2")
    assert cache.get(one) == "1"
    cache.put(three, "3")
    assert cache.get(two) is None
    assert cache.get(one) == "1"
