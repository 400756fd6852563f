"""What providers say, in the words of each: a script is put into every wire format, and what they are asked is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from farthing.backends.cloud.providers import Kind
from tests.support.fake_remote import CUT, HOLD, Part, Reply

ANSWERED = "answered"
"""The model that says it has answered."""

Said = Literal["answer", "thought", "refusal"]
Then = Literal["end", "cut", "fail", "hold", "junk"]
Refusal = Literal["key", "model", "long", "filter", "quota", "busy", "overloaded"]


@dataclass(frozen=True)
class Tally:
    """What a provider says that it counted: whatever it likes."""

    input: int
    output: int
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Asked:
    """What a provider is asked."""

    model: str
    limit: int
    """Of the answer, in tokens."""
    texts: list[str]
    """Of the messages, in order."""
    counts: bool = True
    """Whether it wants to be told what was counted."""


@dataclass(frozen=True)
class Script:
    """An answer."""

    said: Sequence[tuple[Said, str]] = (("answer", "Use a "), ("answer", "list."))
    reason: str = "stop"
    """``stop``, ``length``, ``refusal`` or ``filtered``."""
    usage: Tally | None = None
    """What the provider says that it counted; None where it doesn't."""
    then: Then = "end"
    """Behind what is said."""


class Wire(Protocol):
    """A provider's protocol, as it is spoken by the provider."""

    kind: Kind
    path: str
    """That a model called ``m`` is asked at."""

    def asked(self, path: str, body: Mapping[str, Any]) -> Asked:
        """What it is asked."""
        ...

    def start(self, usage: Tally | None) -> list[str]:
        """Before anything is said."""
        ...

    def piece(self, kind: Said, text: str) -> list[str]:
        """Something that is said."""
        ...

    def counted(self, usage: Tally) -> list[str]:
        """What it has counted so far, amid of what is said; nothing where there is no place for it."""
        ...

    def end(self, reason: str, usage: Tally | None) -> list[str]:
        """Behind all that is said."""
        ...

    def failure(self) -> list[str]:
        """The provider gives up."""
        ...

    def refusal(self, why: Refusal) -> Reply:
        """Instead of an answer. Who is busy wants to be asked again after 10 ms."""
        ...


def answer(wire: Wire, script: Script) -> Reply:
    """A script in the words of a provider."""
    pieces = wire.start(script.usage)
    for kind, text in script.said:
        pieces += wire.piece(kind, text)
    body: list[Part] = []
    match script.then:
        case "end":
            pieces += wire.end(script.reason, script.usage)
        case "fail":
            pieces += wire.failure()
        case "junk":
            pieces.append("data: {\n\n")
        case "cut":
            body.append(CUT)
        case "hold":
            body.append(HOLD)
    return Reply([*(piece.encode() for piece in pieces), *body], type="text/event-stream; charset=utf-8")


def _named(kind: str, **more: object) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | more)}\n\n"


def _data(value: object) -> str:
    return f"data: {json.dumps(value)}\n\n"


def _refusal(status: int, value: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply([json.dumps(value).encode()], status, headers=named)


class Anthropic:
    """Messages."""

    kind: Kind = "anthropic"
    path = "/v1/messages"

    def asked(self, path: str, body: Mapping[str, Any]) -> Asked:
        """See :class:`Wire`."""
        blocks = [*body.get("system", []), *(block for message in body["messages"] for block in message["content"])]
        return Asked(body["model"], body["max_tokens"], [block["text"] for block in blocks])

    def start(self, usage: Tally | None) -> list[str]:
        """See :class:`Wire`."""
        counts = self._counts(usage or Tally(1, 1)) | {"output_tokens": 1}
        message = {"type": "message", "model": ANSWERED, "content": [], "usage": counts}
        return [_named("message_start", message=message), _named("ping")]

    def piece(self, kind: Said, text: str) -> list[str]:
        """See :class:`Wire`."""
        name = "thinking" if kind == "thought" else "text"
        return [
            _named("content_block_start", index=0, content_block={"type": name, name: ""}),
            _named("content_block_delta", index=0, delta={"type": f"{name}_delta", name: text}),
            _named("content_block_stop", index=0),
        ]

    def counted(self, usage: Tally) -> list[str]:
        """See :class:`Wire`."""
        return [_named("message_delta", delta={"stop_reason": None}, usage=self._counts(usage))]

    def end(self, reason: str, usage: Tally | None) -> list[str]:
        """See :class:`Wire`. It has no word of its own for what a filter stops."""
        word = {"stop": "end_turn", "length": "max_tokens", "filtered": "refusal"}.get(reason, reason)
        counts = {"usage": self._counts(usage)} if usage else {}
        return [_named("message_delta", delta={"stop_reason": word}, **counts), _named("message_stop")]

    def failure(self) -> list[str]:
        """See :class:`Wire`."""
        return [_named("error", error={"type": "overloaded_error", "message": "Overloaded"})]

    def refusal(self, why: Refusal) -> Reply:
        """See :class:`Wire`."""
        status, kind, message = {
            "key": (401, "authentication_error", "invalid x-api-key"),
            "model": (404, "not_found_error", "model: m"),
            "long": (400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
            "filter": (400, "invalid_request_error", "Output blocked by content filtering policy"),
            "quota": (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
            "busy": (429, "rate_limit_error", "This request would exceed your account's rate limit."),
            "overloaded": (529, "overloaded_error", "Overloaded"),
        }[why]
        headers = {"retry_after": "0.01"} if why == "busy" else {}
        return _refusal(status, {"type": "error", "error": {"type": kind, "message": message}}, **headers)

    def _counts(self, usage: Tally) -> dict[str, object]:
        return {
            "input_tokens": usage.input - usage.cached - usage.cache_write,
            "cache_read_input_tokens": usage.cached,
            "cache_creation_input_tokens": usage.cache_write,
            "output_tokens": usage.output,
            "output_tokens_details": {"thinking_tokens": usage.reasoning},
        }


class OpenAiChat:
    """Chat completions."""

    kind: Kind = "openai"
    path = "/v1/chat/completions"

    def asked(self, path: str, body: Mapping[str, Any]) -> Asked:
        """See :class:`Wire`."""
        limit = body.get("max_completion_tokens") or body["max_tokens"]
        counts = bool(body.get("stream_options", {}).get("include_usage"))
        return Asked(body["model"], limit, [message["content"] for message in body["messages"]], counts)

    def start(self, usage: Tally | None) -> list[str]:
        """See :class:`Wire`."""
        return [self._chunk({"role": "assistant", "content": ""})]

    def piece(self, kind: Said, text: str) -> list[str]:
        """See :class:`Wire`."""
        name = {"answer": "content", "thought": "reasoning_content", "refusal": "refusal"}[kind]
        return [self._chunk({name: text})]

    def end(self, reason: str, usage: Tally | None) -> list[str]:
        """See :class:`Wire`."""
        word = {"refusal": "stop", "filtered": "content_filter"}.get(reason, reason)
        return [self._chunk({}, word), *(self.counted(usage) if usage else []), "data: [DONE]\n\n"]

    def failure(self) -> list[str]:
        """See :class:`Wire`."""
        return [_data({"error": {"message": "The server had an error.", "type": "server_error", "code": None}})]

    def refusal(self, why: Refusal) -> Reply:
        """See :class:`Wire`."""
        status, code, message = {
            "key": (401, "invalid_api_key", "Incorrect API key provided."),
            "model": (404, "model_not_found", "The model `m` does not exist"),
            "long": (400, "context_length_exceeded", "Your input exceeds the context window of this model."),
            "filter": (400, "invalid_prompt", "Your prompt was flagged as potentially violating our usage policy."),
            "quota": (429, "insufficient_quota", "You exceeded your current quota, please check your plan."),
            "busy": (429, "rate_limit_exceeded", "Rate limit reached for requests."),
            "overloaded": (503, "server_error", "The engine is currently overloaded."),
        }[why]
        headers = {"retry_after_ms": "10", "retry_after": "60"} if why == "busy" else {}
        return _refusal(status, {"error": {"message": message, "type": None, "code": code}}, **headers)

    def _chunk(self, delta: dict[str, str], reason: str | None = None) -> str:
        return _data({"model": ANSWERED, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    def counted(self, usage: Tally) -> list[str]:
        """See :class:`Wire`."""
        counts = {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        }
        return [_data({"model": ANSWERED, "choices": [], "usage": counts})]


class Compatible(OpenAiChat):
    """Chat completions as others speak them: vLLM, and LiteLLM before it."""

    kind: Kind = "openai-compatible"

    def piece(self, kind: Said, text: str) -> list[str]:
        """See :class:`Wire`."""
        return [self._chunk({"reasoning": text})] if kind == "thought" else super().piece(kind, text)

    def refusal(self, why: Refusal) -> Reply:
        """See :class:`Wire`."""
        match why:
            case "key":
                return _refusal(401, {"error": "Unauthorized"})
            case "model":
                return _refusal(404, {"object": "error", "message": "The model `m` does not exist.", "code": 404})
            case "long":
                said = "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens."
                return _refusal(400, {"object": "error", "message": said, "type": "BadRequestError", "code": 400})
            case "filter":
                said = "litellm.ContentPolicyViolationError: AzureException - The response was filtered"
                return _refusal(400, {"error": {"message": said, "type": None, "code": "400"}})
            case "quota":
                said = "Budget has been exceeded! Current cost: 26.07, Max budget: 0.25"
                return _refusal(429, {"error": {"message": said, "type": "budget_exceeded", "code": "429"}})
            case "busy":
                return _refusal(429, {"detail": "slow down"}, retry_after="0.01")
            case "overloaded":
                return _refusal(529, {"detail": "too many requests"})


class OpenAiResponses:
    """Responses."""

    kind: Kind = "openai-responses"
    path = "/v1/responses"

    def asked(self, path: str, body: Mapping[str, Any]) -> Asked:
        """See :class:`Wire`."""
        texts = [body.get("instructions", ""), *(message["content"] for message in body["input"])]
        return Asked(body["model"], body["max_output_tokens"], texts)

    def start(self, usage: Tally | None) -> list[str]:
        """See :class:`Wire`."""
        return [_named("response.created", response={"model": ANSWERED, "status": "in_progress", "usage": None})]

    def piece(self, kind: Said, text: str) -> list[str]:
        """See :class:`Wire`."""
        name = {"answer": "output_text", "thought": "reasoning_summary_text", "refusal": "refusal"}[kind]
        return [_named(f"response.{name}.delta", item_id="i", output_index=0, delta=text)]

    def counted(self, usage: Tally) -> list[str]:
        """See :class:`Wire`. It tells at the end only."""
        return []

    def end(self, reason: str, usage: Tally | None) -> list[str]:
        """See :class:`Wire`."""
        incomplete = {"length": "max_output_tokens", "filtered": "content_filter"}.get(reason)
        kind = "incomplete" if incomplete else "completed"
        details = {"reason": incomplete} if incomplete else None
        response = {"model": ANSWERED, "status": kind, "incomplete_details": details, "usage": self._counts(usage)}
        return [_named(f"response.{kind}", response=response)]

    def failure(self) -> list[str]:
        """See :class:`Wire`."""
        error = {"code": "server_error", "message": "The model failed."}
        return [_named("response.failed", response={"model": ANSWERED, "status": "failed", "error": error})]

    def refusal(self, why: Refusal) -> Reply:
        """See :class:`Wire`."""
        return OpenAiChat().refusal(why)

    def _counts(self, usage: Tally | None) -> dict[str, object] | None:
        if usage is None:
            return None
        return {
            "input_tokens": usage.input,
            "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write},
            "output_tokens": usage.output,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            "total_tokens": usage.input + usage.output,
        }


class Gemini:
    """Contents."""

    kind: Kind = "gemini"
    path = "/v1/models/m:streamGenerateContent?alt=sse"

    def asked(self, path: str, body: Mapping[str, Any]) -> Asked:
        """See :class:`Wire`."""
        contents = [*filter(None, [body.get("systemInstruction")]), *body["contents"]]
        texts = [part["text"] for content in contents for part in content["parts"]]
        model = path.rpartition("/")[2].partition(":")[0]
        return Asked(model, body["generationConfig"]["maxOutputTokens"], texts)

    def start(self, usage: Tally | None) -> list[str]:
        """See :class:`Wire`."""
        return []

    def piece(self, kind: Said, text: str) -> list[str]:
        """See :class:`Wire`. It has no refusals but in words."""
        part: dict[str, object] = {"text": text} | ({"thought": True} if kind == "thought" else {})
        content = {"role": "model", "parts": [part]}
        return [_data({"candidates": [{"index": 0, "content": content}], "modelVersion": ANSWERED})]

    def counted(self, usage: Tally) -> list[str]:
        """See :class:`Wire`."""
        return [_data({"usageMetadata": self._counts(usage), "modelVersion": ANSWERED})]

    def end(self, reason: str, usage: Tally | None) -> list[str]:
        """See :class:`Wire`."""
        word = {"length": "MAX_TOKENS", "filtered": "SAFETY"}.get(reason, "STOP")
        value: dict[str, object] = {"candidates": [{"index": 0, "finishReason": word}], "modelVersion": ANSWERED}
        return [_data(value | ({"usageMetadata": self._counts(usage)} if usage else {}))]

    def failure(self) -> list[str]:
        """See :class:`Wire`."""
        return [_data({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}})]

    def refusal(self, why: Refusal) -> Reply:
        """See :class:`Wire`."""
        quota = "You exceeded your current quota, please check your plan and billing details."
        status, state, message = {
            "key": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            "model": (404, "NOT_FOUND", "models/m is not found for API version v1beta"),
            "long": (400, "INVALID_ARGUMENT", "The input token count (1200293) exceeds the maximum number of tokens."),
            "filter": (400, "INVALID_ARGUMENT", "The prompt could not be submitted: PROHIBITED_CONTENT."),
            "quota": (429, "RESOURCE_EXHAUSTED", quota),
            "busy": (429, "RESOURCE_EXHAUSTED", quota),
            "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        }[why]
        time = "Day" if why == "quota" else "Minute"
        details = [
            {"@type": "…QuotaFailure", "violations": [{"quotaId": f"GenerateRequestsPer{time}PerProjectPerModel"}]},
            {"@type": "…RetryInfo", "retryDelay": "0.01s"},
        ]
        error: dict[str, object] = {"code": status, "message": message, "status": state}
        return _refusal(status, {"error": error | ({"details": details} if status == 429 else {})})

    def _counts(self, usage: Tally) -> dict[str, int]:
        return {
            "promptTokenCount": usage.input,
            "cachedContentTokenCount": usage.cached,
            "candidatesTokenCount": usage.output - usage.reasoning,
            "thoughtsTokenCount": usage.reasoning,
            "totalTokenCount": usage.input + usage.output,
        }


WIRES: tuple[Wire, ...] = (Anthropic(), OpenAiChat(), OpenAiResponses(), Gemini(), Compatible())


def spoken(path: str) -> Wire:
    """The protocol that is spoken at a path, behind whatever address."""
    return next(wire for wire in WIRES if path.endswith(wire.path.rpartition("/m:")[2].removeprefix("/v1")))
