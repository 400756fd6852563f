"""What the llama.vscode extension does between the editor and llama-server, as of its version 0.0.63.

After ``src/completion.ts`` and ``src/lru-cache.ts`` (MIT licence, ggml-org), with its default settings but for two that
would cost it time: one candidate instead of three, and no ring of extra context.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from completion_assistant import Answer, Token
from completion_document import Document

PREFIX_LINES, SUFFIX_LINES = 256, 64
MAX_LINE_SUFFIX = 8
CACHE_KEYS = 250
POLL = 0.150
"""Seconds between two looks at whether the request before has ended."""

_BREAK = re.compile(r"\r?\n")

Key = tuple[str, str, str]
"""Input prefix, input suffix and prompt, in this order."""

Send = Callable[[dict[str, object]], Awaitable[dict[str, Any]]]
"""Posts a body to ``/infill``; returns the answer's."""


@dataclass(frozen=True)
class Place:
    """A cursor among lines."""

    lines: tuple[str, ...]
    line: int
    column: int

    @classmethod
    def of(cls, document: Document) -> "Place":
        """The cursor of a document."""
        above = _BREAK.split(document.head)
        lines = _BREAK.split(document.head + document.tail)
        return cls(tuple(lines), len(above) - 1, len(above[-1]))

    @property
    def before(self) -> str:
        """The line up to the cursor."""
        return self.lines[self.line][: self.column]

    @property
    def after(self) -> str:
        """The rest of the line."""
        return self.lines[self.line][self.column :]

    @property
    def key(self) -> Key:
        """What is sent, and what the result cache is asked for."""
        above = self.lines[max(0, self.line - PREFIX_LINES) : self.line]
        below = self.lines[self.line + 1 : self.line + 1 + SUFFIX_LINES]
        prompt = self.before if self.before.strip(" \t") else ""
        return "\n".join(above) + "\n", self.after + "\n" + "\n".join(below) + "\n", prompt


class ResultCache:
    """Least recently used results by key."""

    def __init__(self, capacity: int = CACHE_KEYS) -> None:
        self._capacity = capacity
        self._map: OrderedDict[Key, str] = OrderedDict()

    def get(self, key: Key) -> str | None:
        """A result, which counts as used."""
        if key in self._map:
            self._map.move_to_end(key)
        return self._map.get(key)

    def put(self, key: Key, text: str) -> None:
        """Keep a result."""
        self._map[key] = text
        self._map.move_to_end(key)
        if len(self._map) > self._capacity:
            self._map.popitem(last=False)

    def typed_through(self, key: Key) -> str | None:
        """A result for this prompt, or what is left of one for a shorter prompt that was typed on as it said. What was
        typed to its end leaves an empty one, as in the original, and nothing is asked then."""
        prefix, suffix, prompt = key
        if (text := self.get(key)) is not None:
            return text
        for end in range(len(prompt) - 1, -1, -1):
            text, typed = self.get((prefix, suffix, prompt[:end])), prompt[end:]
            if text and text.startswith(typed):
                return text[len(typed) :]
        return None


def discarded(lines: list[str], place: Place) -> bool:
    """Whether a suggestion is dropped because it is empty or repeats what stands there."""
    if not lines or (len(lines) == 1 and not lines[0].strip()):
        return True
    if place.line == len(place.lines) - 1:
        return False
    below = place.lines[place.line + 1 :]
    if len(lines) > 1 and lines[0].strip() in ("", place.after.strip()) and _repeats(lines[1:], below):
        return True
    if len(lines) == 1 and lines[0] == place.after:
        return True
    first = next((index for index, line in enumerate(below) if line.strip()), None)
    if first is None or place.before + lines[0] != below[first]:
        return False
    after = below[first + 1 :]
    if len(lines) == 1:
        return True
    if len(lines) == 2:
        return bool(after) and after[0].startswith(lines[1])
    return _repeats(lines[1:], after)


def _repeats(lines: list[str], below: tuple[str, ...]) -> bool:
    return tuple(lines) == below[: len(lines)]


def trimmed(text: str) -> list[str]:
    """Lines of a suggestion without blank ones at its end."""
    lines = _BREAK.split(text)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def updated(lines: list[str], after: str) -> str:
    """The suggestion, cut where text follows on its line."""
    if after.strip():
        if lines[0].endswith(after):
            return lines[0][: -len(after)]
        if len(lines) > 1:
            return lines[0]
    return "\n".join(lines)


def unindented(text: str, spaces: int) -> str:
    """Without the white space that stands before the cursor already."""
    at = 0
    while at < len(text) and (text[at] == "\t" or (at < spaces and text[at] == " ")):
        at += 1
    return text[at:]


class LlamaVscode:
    """The extension's completion provider.

    Args:
        send: posts to ``/infill``.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._cache = ResultCache()
        self._free = asyncio.Event()
        self._free.set()
        self._later: set[asyncio.Task[None]] = set()

    async def provide(self, document: Document, token: Token) -> Answer | None:
        """What it answers VS Code; None where it gives up before the server is asked."""
        while not self._free.is_set():  # it polls; there is no queue
            await asyncio.sleep(POLL)
            if token.cancelled:
                return None
        self._free.clear()
        try:
            return await self._provide(Place.of(document), token)
        finally:
            self._free.set()

    async def _provide(self, place: Place, token: Token) -> Answer | None:
        if len(place.after) > MAX_LINE_SUFFIX:
            return Answer("", cached=True)
        key, prefilled = place.key, 0
        text = self._cache.typed_through(key)
        cached = text is not None
        if text is None:
            if token.cancelled:
                return None
            line = place.lines[place.line]
            text, prefilled = await self._infill(key, len(line) - len(line.lstrip()))
        lines = trimmed(text)
        if discarded(lines, place):
            return Answer("", cached, prefilled)
        text = updated(lines, place.after)
        if not cached:
            self._cache.put(key, text)
        if not token.cancelled and not place.after.strip():
            task = asyncio.create_task(self._prefetch(key, lines))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        spaces = 0 if place.before.strip(" \t") else len(place.before)
        return Answer(unindented(text, spaces), cached, prefilled)

    async def rest(self) -> None:
        """Until nothing is asked any more."""
        await self._free.wait()
        await asyncio.gather(*self._later)

    async def _infill(self, key: Key, indent: int) -> tuple[str, int]:
        answer = await self._send(infill_body(key, indent))
        return answer.get("content") or "", int(answer.get("timings", {}).get("prompt_n", 0))

    async def _prefetch(self, key: Key, lines: list[str]) -> None:
        """Asks for what follows the suggestion, and keeps its later lines for who accepts the first alone."""
        prefix, suffix, prompt = key
        future: Key = (prefix, suffix, prompt + lines[0])
        if len(lines) > 1:
            above = (prefix + prompt + "\n".join(lines[:-1])).split("\n")[-PREFIX_LINES:]
            future = ("\n".join(above) + "\n", suffix, lines[-1])
        if self._cache.get(future) is None:
            text, _ = await self._infill(future, len(prompt) - len(prompt.lstrip()))
            if text.strip():
                self._cache.put(future, "\n".join(trimmed(text)))
        if len(lines) > 1:
            second: Key = (prefix + prompt + lines[0] + "\n", suffix, "")
            if self._cache.get(second) is None:
                self._cache.put(second, "\n".join(lines[1:]))


def infill_body(key: Key, indent: int) -> dict[str, object]:
    """What it posts to ``/infill``."""
    prefix, suffix, prompt = key
    body: dict[str, object] = {
        "id_slot": 0,
        "input_prefix": prefix,
        "input_suffix": suffix,
        "input_extra": [],
        "prompt": prompt,
        "n_predict": 128,
        "top_k": 40,
        "top_p": 0.99,
        "stream": False,
        "samplers": ["top_k", "top_p", "infill"],
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 500,
    }
    return {**body, "n_indent": indent} if indent else body
