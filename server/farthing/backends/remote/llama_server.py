"""llama.cpp's own server. It keeps the KV cache of what it computed and builds the prompt from the model's markers."""

from dataclasses import dataclass, replace
from typing import Any, Self

from farthing.backends.base import EndReason, FimRequest
from farthing.backends.remote.dialect import Call, Chunk, Dialect, number, table, text_of
from farthing.backends.remote.families import Family, defuse


@dataclass(frozen=True)
class LlamaServer(Dialect):
    """``/infill``, or ``/completion`` with the prefix alone where the model has no markers."""

    infill: bool = True

    @property
    def label(self) -> str:
        """See :class:`Dialect`."""
        return "llama-server"

    @property
    def cuts_at(self) -> Family | None:
        """See :class:`Dialect`."""
        return None  # it ends at the model's markers and never shows them

    @property
    def warms(self) -> bool:
        """See :class:`Dialect`."""
        return True

    def call(self, request: FimRequest) -> Call:
        """See :class:`Dialect`."""
        header, prefix, suffix = self.texts(request)
        body: dict[str, Any] = {
            "n_predict": request.max_tokens,
            "temperature": 0.0,
            "samplers": ["temperature"],
            "cache_prompt": True,
            "stream": True,
        }
        if self.model:
            body["model"] = self.model
        if self.infill:
            # It tokenises these without markers, so they need no defusing.
            extra = [{"filename": "context", "text": header}] if header else []
            return Call("/infill", body | {"input_extra": extra, "input_prefix": prefix, "input_suffix": suffix})
        return Call("/completion", body | {"prompt": defuse(header + prefix)})

    def read(self, message: dict[str, Any]) -> Chunk:
        """See :class:`Dialect`."""
        evaluated, timings = number(message.get("tokens_evaluated")), table(message.get("timings"))
        computed = number(timings.get("prompt_n"))
        # "tokens_cached" is what the cache holds afterwards; what it saved is what was not computed.
        saved = max(0, evaluated - computed) if evaluated is not None and computed is not None else None
        reason: EndReason | None = None
        if message.get("stop") is True:
            reason = "length" if message.get("stop_type") == "limit" else "stop"
        return Chunk(
            text_of(message.get("content")),
            reason,
            evaluated,
            saved,
            number(message.get("tokens_predicted")),
        )

    def fall_back(self, complaint: str, request: FimRequest) -> Self | None:
        """See :class:`Dialect`."""
        if self.infill and "infill is not supported" in complaint.lower():
            return replace(self, infill=False)
        return super().fall_back(complaint, request)
