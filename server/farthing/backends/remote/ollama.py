"""Ollama. It lays prompts out by the model's own template, if that one has a place for a suffix."""

from dataclasses import dataclass, replace
from typing import Any, Self

from farthing.backends.base import EndReason, FimRequest
from farthing.backends.remote.dialect import Call, Chunk, Dialect, number, text_of
from farthing.backends.remote.families import defuse


@dataclass(frozen=True)
class Ollama(Dialect):
    """``/api/generate``."""

    raw: bool = False
    """Lay the prompt out here: the model's template has no place for a suffix."""
    events = False

    @property
    def label(self) -> str:
        """See :class:`Dialect`."""
        return "Ollama"

    def call(self, request: FimRequest) -> Call:
        """See :class:`Dialect`."""
        header, prefix, suffix = map(defuse, self.texts(request))
        body: dict[str, Any] = {
            "model": self.model,
            "stream": True,
            "options": {"num_predict": request.max_tokens, "temperature": 0.0},
        }
        if self.raw:
            prompt = self.family.prompt(prefix, suffix) if self.family else prefix
            return Call("/api/generate", body | {"raw": True, "prompt": header + prompt})
        # Without any suffix it would take the prefix for a message of a chat.
        return Call("/api/generate", body | {"prompt": header + prefix, "suffix": suffix or "\n"})

    def read(self, message: dict[str, Any]) -> Chunk:
        """See :class:`Dialect`."""
        reason: EndReason | None = None
        if message.get("done") is True:
            reason = "length" if message.get("done_reason") == "length" else "stop"
        evaluated = number(message.get("prompt_eval_count"))
        return Chunk(text_of(message.get("response")), reason, evaluated, None, number(message.get("eval_count")))

    def fall_back(self, complaint: str, request: FimRequest) -> Self | None:
        """See :class:`Dialect`."""
        told = complaint.lower()
        if not self.raw and "does not support" in told and ("insert" in told or "suffix" in told):
            return replace(self, raw=True)
        return super().fall_back(complaint, request)
