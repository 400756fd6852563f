"""Servers that speak OpenAI's ``/v1/completions``: vLLM, llama-cpp-python's own, LM Studio and others."""

from dataclasses import dataclass
from typing import Any, Self

from farthing.backends.base import EndReason, FimRequest
from farthing.backends.remote.dialect import SILENCE, SMALLEST, Call, Chunk, Dialect, number, table, text_of
from farthing.backends.remote.families import defuse

MAX_STOPS = 4
"""As many stop texts as OpenAI's own interface takes; the others are found here."""


@dataclass(frozen=True)
class OpenAiCompletions(Dialect):
    """A raw prompt with the markers of the model's family; of a model without any, the prefix alone."""

    vllm: bool = False

    @property
    def label(self) -> str:
        """See :class:`Dialect`."""
        return "the server"

    def call(self, request: FimRequest) -> Call:
        """See :class:`Dialect`."""
        header, prefix, suffix = map(defuse, self.texts(request))
        body: dict[str, Any] = {
            "model": self.model,
            "prompt": header + (self.family.prompt(prefix, suffix) if self.family else prefix),
            "max_tokens": request.max_tokens,
            "temperature": 0.0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self.family:
            body["stop"] = list(self.family.stops[:MAX_STOPS])
        if self.vllm:
            body["skip_special_tokens"] = False  # it hides them otherwise, and they are what ends an answer
        return Call("/v1/completions", body)

    def read(self, message: dict[str, Any]) -> Chunk:
        """See :class:`Dialect`."""
        choices = message.get("choices")
        choice = table(choices[0]) if isinstance(choices, list) and choices else {}
        usage = table(message.get("usage"))
        details = table(usage.get("prompt_tokens_details"))
        told = choice.get("finish_reason")
        reason: EndReason | None = None
        if told:
            reason = "length" if told == "length" else "stop"
        return Chunk(
            text_of(choice.get("text")),
            reason,
            number(usage.get("prompt_tokens")),
            number(details.get("cached_tokens")),
            number(usage.get("completion_tokens")),
        )

    def fall_back(self, complaint: str, request: FimRequest) -> Self | None:
        """See :class:`Dialect`."""
        # llama-cpp-python's server says nothing when a prompt is longer than its context: it breaks off.
        if complaint == SILENCE:
            shorter = self.shorter(request)
            return shorter if shorter and shorter.limit >= SMALLEST else None
        return super().fall_back(complaint, request)
