"""Chat completions as OpenAI streams them, and everything that is compatible with it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from farthing.backends.chat import ChatRequest, Delta, Event
from farthing.backends.cloud.dialect import Abilities, Complaint
from farthing.backends.cloud.fields import table, tables, text, whole
from farthing.backends.cloud.usage import Counts

REASONS = {"content_filter": "filtered"}
"""Its words for ours, where they differ."""

_UNKNOWN = re.compile(
    r"unsupported|not support|n't support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed"
)
"""So servers say that they do not take something."""


class Reader:
    """See :class:`farthing.backends.cloud.dialect.Reader`."""

    def __init__(self) -> None:
        self.reason = ""
        self.model = ""
        self.ended = False
        self._counts = Counts()
        self._refused = False

    def read(self, name: str, value: Mapping[str, Any]) -> list[Event]:
        """See :class:`farthing.backends.cloud.dialect.Reader`."""
        if value.get("error"):
            raise Complaint(json.dumps(value).encode())
        self.model = text(value, "model", 200) or self.model
        events: list[Event] = []
        for choice in tables(value, "choices"):
            events += self._choice(choice)
        for event in events:
            if isinstance(event, Delta):
                self._counts.generated(event.text)
        if value.get("usage") is not None:
            events.append(self._counts.report(value["usage"]))
        return events

    def _choice(self, choice: Mapping[str, Any]) -> list[Delta]:
        first = choice.get("index", 0) == 0  # a second answer was not asked for, but is billed
        delta = table(choice, "delta")
        self._refused |= first and bool(text(delta, "refusal"))
        if reason := text(choice, "finish_reason", 40):
            self.reason = "refusal" if self._refused and reason == "stop" else REASONS.get(reason, reason)
        return _deltas(delta, first)


class OpenAiChat:
    """See :class:`farthing.backends.cloud.dialect.Dialect`."""

    done = "[DONE]"

    def path(self, model: str) -> str:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return "/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, request: ChatRequest, abilities: Abilities) -> dict[str, Any]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        limit = "max_completion_tokens" if abilities.completion_limit else "max_tokens"
        messages = [
            # Half of a pair of surrogates, from a file's name, say, can't be sent.
            {"role": message.role, "content": whole(message.text)}
            for message in request.prompt.messages()
        ]
        made: dict[str, Any] = {"model": request.model, "messages": messages, limit: request.max_output, "stream": True}
        if abilities.stream_options:
            made["stream_options"] = {"include_usage": True}
        if abilities.cache_key and request.caching.key:
            made["prompt_cache_key"] = request.caching.key
        return made

    def reader(self) -> Reader:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return Reader()

    def learn(self, said: str, abilities: Abilities) -> Abilities | None:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        if not _UNKNOWN.search(said):
            return None
        if abilities.stream_options and "stream_options" in said:
            return replace(abilities, stream_options=False)
        if abilities.cache_key and "prompt_cache_key" in said:
            return replace(abilities, cache_key=False)
        sent = "max_completion_tokens" if abilities.completion_limit else "max_tokens"
        if sent in said:
            return replace(abilities, completion_limit=not abilities.completion_limit)
        return None


def _deltas(delta: Mapping[str, Any], first: bool) -> list[Delta]:
    calls = [table(call, "function") for call in tables(delta, "tool_calls")] + [table(delta, "function_call")]
    found = [
        # Some send both, which are the same.
        Delta(text(delta, "reasoning_content") or text(delta, "reasoning"), "thought"),
        Delta(text(delta, "content"), "answer" if first else "other"),
        Delta(text(delta, "refusal"), "answer" if first else "other"),
        Delta("".join(text(call, name) for call in calls for name in ("name", "arguments")), "other"),
    ]
    return [each for each in found if each.text]
