"""Chat completions as OpenAI streams them, and everything that is compatible with it."""

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

from farthing.backends.chat import ChatRequest, Delta, End, Event
from farthing.backends.cloud.door import Answer, Door, Patience
from farthing.backends.cloud.providers import Provider
from farthing.backends.cloud.usage import Counts
from farthing.backends.remote.framing import ServerSentEvents
from farthing.errors import CloudGarbled, CloudUnavailable, RemoteGarbled

PATH = "/chat/completions"


class OpenAiChat:
    """One provider's chat completions. Belongs to one event loop, and opens nothing before the first request.

    Args:
        key: of the provider; see :meth:`farthing.backends.cloud.providers.Provider.key`.
        patience: how long to wait for what.
    """

    def __init__(self, provider: Provider, key: str, patience: Patience | None = None) -> None:
        self._provider = provider
        self._door = Door(provider.name, provider.endpoint, key, patience)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`."""
        reader = Reader()
        async with (
            self._door.post(PATH, body(self._provider, request)) as answer,
            contextlib.aclosing(self._messages(answer)) as messages,
        ):
            try:
                async for message in messages:
                    if message.get("error"):
                        raise self._door.complaint(json.dumps(message).encode())
                    for event in reader.read(message):
                        yield event
                    answer.ended = bool(reader.reason)
            except CloudUnavailable:
                # What the model had to say has come; only its counts may be missing.
                if not reader.reason:
                    raise
        yield End(reader.reason or "stop", reader.model)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._door.aclose()

    async def _messages(self, answer: Answer) -> AsyncGenerator[dict[str, Any], None]:
        """Up to the mark at the end.

        Raises:
            CloudUnavailable: the stream ends without that, and before the model does; or see :meth:`Answer.chunk`.
            CloudGarbled: this is no such stream.
        """
        async for message in _framed(answer, self._provider.name):
            if message.strip() == b"[DONE]":
                return
            yield self._decoded(message)
        if not answer.ended:
            raise CloudUnavailable(f"{self._provider.name} broke its answer off", "Ask again later")

    def _decoded(self, message: bytes) -> dict[str, Any]:
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise _garbled(self._provider.name)
        return value


class Reader:
    """From the chunks of one answer to events. Pure."""

    def __init__(self) -> None:
        self.reason = ""
        """Why the model ended; empty before."""
        self.model = ""
        """That answers, as the provider says."""
        self._counts = Counts()

    def read(self, chunk: Mapping[str, Any]) -> list[Event]:
        """What a chunk holds; whatever is not as it should be in it is passed over."""
        model = chunk.get("model")
        self.model = _whole(model[:200]) if isinstance(model, str) else self.model
        choices = chunk.get("choices")
        events: list[Event] = []
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, Mapping):
                events += self._choice(choice)
        for event in events:
            if isinstance(event, Delta):
                self._counts.generated(event.text)
        if chunk.get("usage") is not None:
            events.append(self._counts.report(chunk["usage"]))
        return events

    def _choice(self, choice: Mapping[str, Any]) -> list[Delta]:
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.reason = _whole(reason[:40])
        delta = choice.get("delta")
        if not isinstance(delta, Mapping):
            return []
        first = choice.get("index", 0) == 0  # a second answer was not asked for, but is billed
        thought = delta.get("reasoning_content") or delta.get("reasoning")  # some send both, which are the same
        found = [
            Delta(_whole(thought) if isinstance(thought, str) else "", "thought"),
            Delta(_text(delta, "content"), "answer" if first else "other"),
            Delta(_text(delta, "refusal"), "answer" if first else "other"),
            Delta("".join(_calls(delta)), "other"),
        ]
        return [each for each in found if each.text]


def body(provider: Provider, request: ChatRequest) -> dict[str, Any]:
    """What is sent. Models that think refuse ``max_tokens``, and compatible servers do not know its successor."""
    limit = "max_completion_tokens" if provider.kind == "openai" else "max_tokens"
    messages = [
        # Half of a pair of surrogates, from a file's name, say, can't be sent.
        {"role": message.role, "content": _whole(message.text)}
        for message in request.prompt.messages()
    ]
    made: dict[str, Any] = {"model": request.model, "messages": messages, limit: request.max_output, "stream": True}
    if provider.include_usage:
        made["stream_options"] = {"include_usage": True}
    return made


async def _framed(answer: Answer, name: str) -> AsyncIterator[bytes]:
    frames = ServerSentEvents()
    try:
        while (data := await answer.chunk()) is not None:
            for message in frames.feed(data):
                yield message
        for message in frames.end():
            yield message
    except RemoteGarbled as exc:
        raise _garbled(name) from exc


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


def _garbled(name: str) -> CloudGarbled:
    return CloudGarbled(f"what {name} sends is no stream of chat completions", f"Check cloud.{name}.base_url and kind")
