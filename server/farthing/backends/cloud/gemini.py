"""Contents as Google's Gemini streams them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from farthing.backends.chat import ChatRequest, Delta, Event
from farthing.backends.cloud.dialect import Abilities, Complaint
from farthing.backends.cloud.fields import table, tables, text, whole
from farthing.backends.cloud.usage import Counts, gemini

FILTERED = ("safety", "recitation", "blocklist", "prohibited_content", "spii")
"""Its words for ``filtered``; some come with ``image_`` before them."""

_REASONS = {"stop": "stop", "max_tokens": "length", "finish_reason_unspecified": ""}


class Reader:
    """See :class:`farthing.backends.cloud.dialect.Reader`.

    No message says that it is the last: some models give a reason with every one, so the stream is read to its end.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.model = ""
        self.ended = False
        self._counts = Counts(gemini)

    def read(self, name: str, value: Mapping[str, Any]) -> list[Event]:
        """See :class:`farthing.backends.cloud.dialect.Reader`."""
        if value.get("error"):
            raise Complaint(json.dumps({"error": value["error"]}).encode())
        self.model = text(value, "modelVersion", 200) or self.model
        if text(table(value, "promptFeedback"), "blockReason"):
            self.reason = "filtered"
        deltas: list[Event] = []
        for candidate in tables(value, "candidates"):
            deltas += self._candidate(candidate)
        return deltas + self._counted(value.get("usageMetadata"))

    def _candidate(self, candidate: Mapping[str, Any]) -> list[Event]:
        first = candidate.get("index", 0) == 0  # a second answer was not asked for, but is billed
        reason = text(candidate, "finishReason", 40).lower()
        if reason and first:
            filtered = reason.removeprefix("image_") in FILTERED
            self.reason = "filtered" if filtered else _REASONS.get(reason, reason)
        deltas: list[Event] = []
        for part in tables(table(candidate, "content"), "parts"):
            call = part.get("functionCall") or part.get("executableCode")
            said = text(part, "text") or (json.dumps(call) if call else "")
            thought = part.get("thought") is True
            if said:
                self._counts.generated(said)
                deltas.append(Delta(said, "other" if call or not first else "thought" if thought else "answer"))
        return deltas

    def _counted(self, said: object) -> list[Event]:
        """Before the end, counts may leave out what was generated, or the prompt: such are none yet."""
        if said is None:
            return []
        if isinstance(said, Mapping):
            generated = said.get("candidatesTokenCount") is not None or self.reason
            if said.get("promptTokenCount") is None or not generated:
                return []
        return [self._counts.report(said)]


class Gemini:
    """See :class:`farthing.backends.cloud.dialect.Dialect`."""

    done = ""

    def path(self, model: str) -> str:
        """See :class:`farthing.backends.cloud.dialect.Dialect`. A model's name is one step of the path, whatever is in
        it."""
        return f"/models/{quote(whole(model.removeprefix('models/')), safe='')}:streamGenerateContent?alt=sse"

    def headers(self, key: str) -> dict[str, str]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return {"x-goog-api-key": key} if key else {}

    def body(self, request: ChatRequest, abilities: Abilities) -> dict[str, Any]:
        """See :class:`farthing.backends.cloud.dialect.Dialect`. What begins the same is found in its cache unasked."""
        system: list[dict[str, str]] = []
        contents: list[dict[str, Any]] = []
        for message in request.prompt.messages():
            part = {"text": whole(message.text)}
            if message.role == "system":
                system.append(part)
            else:
                contents.append({"role": "model" if message.role == "assistant" else "user", "parts": [part]})
        made: dict[str, Any] = {"systemInstruction": {"parts": system}} if system else {}
        return made | {"contents": contents, "generationConfig": {"maxOutputTokens": request.max_output}}

    def reader(self) -> Reader:
        """See :class:`farthing.backends.cloud.dialect.Dialect`."""
        return Reader()

    def learn(self, said: str, abilities: Abilities) -> Abilities | None:
        """See :class:`farthing.backends.cloud.dialect.Dialect`. There is nothing that could be left out."""
        return None
