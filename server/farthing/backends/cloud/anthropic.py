"""Messages as Anthropic streams them."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Literal

from farthing.backends.chat import ChatRequest, Delta, Event
from farthing.backends.cloud.dialect import Abilities, Complaint
from farthing.backends.cloud.fields import table, text, whole
from farthing.backends.cloud.usage import Counts, anthropic

VERSION = "2023-06-01"

BREAKPOINTS = 4
"""More of them are refused."""

REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
"""Its words for ours; ``refusal`` is the same, and ``pause_turn`` and ``tool_use`` are for tools, which we send none
of."""

GENERATED: dict[str, Literal["answer", "thought", "other"]] = {
    "text": "answer",
    "thinking": "thought",
    "name": "other",
    "partial_json": "other",
}
"""Fields that hold what was generated; the last two are a tool's."""


class Reader:
    """See :class:`farthing.backends.cloud.dialect.Reader`."""

    def __init__(self) -> None:
        self.reason = ""
        self.model = ""
        self.ended = False
        self._counts = Counts(anthropic)
        self._said: dict[str, Any] = {}
        """The provider's counts so far. They are cumulative: each replaces the one before, and null says nothing."""

    def read(self, name: str, value: Mapping[str, Any]) -> list[Event]:
        """See :class:`farthing.backends.cloud.dialect.Reader`."""
        match value.get("type", name):
            case "message_start":
                message = table(value, "message")
                self.model = text(message, "model", 200)
                self._take(table(message, "usage"))
            case "content_block_start":
                return self._generated(table(value, "content_block"))
            case "content_block_delta":
                return self._generated(table(value, "delta"))
            case "message_delta":
                return self._at_end(value)
            case "message_stop":
                self.ended = True
            case "error":
                raise Complaint(json.dumps(value).encode())
        return []  # and nothing for ping, or for what is not known yet

    def _generated(self, block: Mapping[str, Any]) -> list[Event]:
        """What a block begins with, or goes on with. Signatures and what is thought in secret are passed over: they are
        far longer than the tokens that they stand for."""
        deltas: list[Event] = []
        for name, kind in GENERATED.items():
            if said := text(block, name):
                self._counts.generated(said)
                deltas.append(Delta(said, kind))
        return deltas

    def _at_end(self, value: Mapping[str, Any]) -> list[Event]:
        reason = text(table(value, "delta"), "stop_reason", 40)
        self.reason = REASONS.get(reason, reason) or self.reason
        said = table(value, "usage")
        self._take(said)
        # The first message's count of the output only holds its place: it is not believed without another.
        return [] if said.get("output_tokens") is None else [self._counts.report(self._said)]

    def _take(self, said: Mapping[str, Any]) -> None:
        self._said |= {name: count for name, count in said.items() if count is not None}


class Anthropic:
    """See :class:`farthing.backends.cloud.dialect.Dialect`."""

    done = ""

    def path(self, model: str) -> str:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return "/messages"

    def headers(self, key: str) -> dict[str, str]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return {"anthropic-version": VERSION} | ({"x-api-key": key} if key else {})

    def body(self, request: ChatRequest, abilities: Abilities) -> dict[str, Any]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`. All of one prompt is kept for the same time, so what
        is written to the cache has one price."""
        system: list[dict[str, Any]] = []
        messages: list[dict[str, Any]] = []
        marked = request.caching.breakpoints[-BREAKPOINTS:] if abilities.cache_key else ()
        mark: dict[str, str] = {"type": "ephemeral"}
        if request.caching.keep == "1h":
            mark["ttl"] = "1h"
        for index, message in enumerate(request.prompt.messages()):
            if not message.text.strip():
                continue  # it would be refused
            block: dict[str, Any] = {"type": "text", "text": whole(message.text)}
            if index in marked:
                block["cache_control"] = mark
            if message.role == "system":
                system.append(block)
            else:
                messages.append({"role": message.role, "content": [block]})
        made: dict[str, Any] = {"model": request.model, "max_tokens": request.max_output, "stream": True}
        return made | ({"system": system} if system else {}) | {"messages": messages}

    def reader(self) -> Reader:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return Reader()

    def learn(self, said: str, abilities: Abilities) -> Abilities | None:
        """See :class:`farthing.backends.cloud.dialect.Dialect`. Compatible servers may not know the cache."""
        if abilities.cache_key and "cache_control" in said:
            return dataclasses.replace(abilities, cache_key=False)
        return None
