"""Responses as OpenAI streams them."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Literal

from farthing.backends.chat import ChatRequest, Delta, Event
from farthing.backends.cloud.dialect import Abilities, Complaint
from farthing.backends.cloud.fields import table, text, whole
from farthing.backends.cloud.usage import Counts, responses

INCOMPLETE = {"max_output_tokens": "length", "content_filter": "filtered"}
"""Its words for ours."""

_KINDS: dict[str, Literal["answer", "thought"]] = {
    "response.output_text.delta": "answer",
    "response.refusal.delta": "answer",
    "response.reasoning_text.delta": "thought",
    "response.reasoning_summary_text.delta": "thought",
}


class Reader:
    """See :class:`farthing.backends.cloud.dialect.Reader`."""

    def __init__(self) -> None:
        self.reason = ""
        self.model = ""
        self.ended = False
        self._counts = Counts(responses)
        self._refused = False

    def read(self, name: str, value: Mapping[str, Any]) -> list[Event]:
        """See :class:`farthing.backends.cloud.dialect.Reader`."""
        kind = value.get("type", name)
        if kind == "error" or value.get("error"):
            raise Complaint(_complaint(value))
        if not isinstance(kind, str):
            return []
        if kind.endswith(".delta"):
            return self._generated(kind, text(value, "delta"))
        response = table(value, "response")
        self.model = text(response, "model", 200) or self.model
        match kind:
            case "response.completed" | "response.incomplete":
                return self._at_end(response, kind)
            case "response.failed":
                raise Complaint(_complaint(response))
        return []

    def _generated(self, kind: str, said: str) -> list[Event]:
        if not said:
            return []
        self._counts.generated(said)
        self._refused |= kind == "response.refusal.delta"
        return [Delta(said, _KINDS.get(kind, "other"))]

    def _at_end(self, response: Mapping[str, Any], kind: str) -> list[Event]:
        reason = text(table(response, "incomplete_details"), "reason", 40)
        if reason or "incomplete" in (kind.rpartition(".")[2], response.get("status")):  # gateways have it by halves
            self.reason = INCOMPLETE.get(reason, reason) or "incomplete"
        else:
            self.reason = "refusal" if self._refused else "stop"
        self.ended = True
        said = response.get("usage")
        return [] if said is None else [self._counts.report(said)]


class OpenAiResponses:
    """See :class:`farthing.backends.cloud.dialect.Dialect`."""

    done = "[DONE]"
    """Some compatible servers send it behind the last event."""

    def path(self, model: str) -> str:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return "/responses"

    def headers(self, key: str) -> dict[str, str]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, request: ChatRequest, abilities: Abilities) -> dict[str, Any]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`. Nothing is to be kept there to be looked up later."""
        messages = request.prompt.messages()
        made: dict[str, Any] = {
            "model": request.model,
            "max_output_tokens": request.max_output,
            "store": False,
            "stream": True,
        }
        if messages and messages[0].role == "system":
            made["instructions"] = whole(messages.pop(0).text)
        made["input"] = [{"role": message.role, "content": whole(message.text)} for message in messages]
        if request.caching.key and abilities.cache_key:
            made["prompt_cache_key"] = request.caching.key
        return made

    def reader(self) -> Reader:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return Reader()

    def learn(self, said: str, abilities: Abilities) -> Abilities | None:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        if abilities.cache_key and "prompt_cache_key" in said:
            return dataclasses.replace(abilities, cache_key=False)
        return None


def _complaint(value: Mapping[str, Any]) -> bytes:
    """The error of an event, which holds it as an object or is one itself."""
    inner = value.get("error")
    return json.dumps({"error": inner or {name: value.get(name) for name in ("code", "message")}}).encode()
