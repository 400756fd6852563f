"""Chat completions as OpenAI streams them, and everything that is compatible with it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from farthing.backends.chat import ChatRequest, Delta, Event
from farthing.backends.cloud.dialect import Abilities, Complaint
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
        model = value.get("model")
        self.model = _whole(model[:200]) if isinstance(model, str) else self.model
        choices = value.get("choices")
        events: list[Event] = []
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, Mapping):
                events += self._choice(choice)
        for event in events:
            if isinstance(event, Delta):
                self._counts.generated(event.text)
        if value.get("usage") is not None:
            events.append(self._counts.report(value["usage"]))
        return events

    def _choice(self, choice: Mapping[str, Any]) -> list[Delta]:
        first = choice.get("index", 0) == 0  # a second answer was not asked for, but is billed
        delta = choice.get("delta")
        found = _deltas(delta, first) if isinstance(delta, Mapping) else []
        if first and isinstance(delta, Mapping) and _text(delta, "refusal"):
            self._refused = True
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            reason = REASONS.get(reason, _whole(reason[:40]))
            self.reason = "refusal" if self._refused and reason == "stop" else reason
        return found


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
            {"role": message.role, "content": _whole(message.text)}
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
        if not _UNKNOWN.search(said.lower()):
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
    thought = delta.get("reasoning_content") or delta.get("reasoning")  # some send both, which are the same
    found = [
        Delta(_whole(thought) if isinstance(thought, str) else "", "thought"),
        Delta(_text(delta, "content"), "answer" if first else "other"),
        Delta(_text(delta, "refusal"), "answer" if first else "other"),
        Delta("".join(_calls(delta)), "other"),
    ]
    return [each for each in found if each.text]


def _calls(delta: Mapping[str, Any]) -> list[str]:
    calls = delta.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []
    functions.append(delta.get("function_call"))
    return [_text(each, name) for each in functions if isinstance(each, Mapping) for name in ("name", "arguments")]


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    return _whole(value) if isinstance(value, str) else ""


def _whole(text: str) -> str:
    """A text that can be written anywhere: JSON can hold half of a pair of surrogates, and nothing else can."""
    return text.encode("utf-8", "replace").decode()
