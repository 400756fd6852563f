"""Reading what a provider says that it counted: every kind becomes a :class:`farthing.ledger.model.Usage` here. Pure.

============  ==============================  ==================================  ========================
kind          input                           output                              of it, reasoning
============  ==============================  ==================================  ========================
chat          ``prompt_tokens``               ``completion_tokens``               ``reasoning_tokens``
responses     ``input_tokens``                ``output_tokens``                   ``reasoning_tokens``
anthropic     ``input_tokens`` + both of the  ``output_tokens``                   ``thinking_tokens``
              cache, which are beside it
gemini        ``promptTokenCount`` + what     ``candidatesTokenCount`` +          ``thoughtsTokenCount``
              tools said                      ``thoughtsTokenCount``
============  ==============================  ==================================  ========================

Some leave reasoning out of the output and count it only in the total: it is billed, so what the total has more is
output.
"""

from collections.abc import Callable, Mapping
from typing import Any

from farthing.backends.chat import Report
from farthing.backends.cloud.fields import table
from farthing.ledger.model import Usage

LONGEST_TOKEN = 256
"""Bytes; the longest token of o200k_base has 128. Who counts less than this allows has miscounted."""

Read = Callable[[object], Usage]
"""Reads one object of counts; ValueError where it is none, or its numbers are negative, absurd, or contradict each
other."""


def chat(said: object) -> Usage:
    """Chat completions. The input includes what is cached; compatible servers have that in several places."""
    counts = _object(said)
    input, output = _needed(counts, "prompt_tokens"), _needed(counts, "completion_tokens")
    details = table(counts, "prompt_tokens_details")
    return Usage(
        input,
        _with_total(counts, "total_tokens", input, output),
        # DeepSeek's name, and LiteLLM's for what Anthropic counts.
        _first((details, "cached_tokens"), (counts, "prompt_cache_hit_tokens"), (counts, "cache_read_input_tokens")),
        _first((details, "cache_write_tokens"), (counts, "cache_creation_input_tokens")),
        _number(table(counts, "completion_tokens_details"), "reasoning_tokens") or 0,
    )


def responses(said: object) -> Usage:
    """Responses. The input includes what is cached."""
    counts = _object(said)
    input, output = _needed(counts, "input_tokens"), _needed(counts, "output_tokens")
    details = table(counts, "input_tokens_details")
    return Usage(
        input,
        _with_total(counts, "total_tokens", input, output),
        _number(details, "cached_tokens") or 0,
        _number(details, "cache_write_tokens") or 0,
        _number(table(counts, "output_tokens_details"), "reasoning_tokens") or 0,
    )


def anthropic(said: object) -> Usage:
    """Messages. What is read from the cache and written to it is beside the input, not within."""
    counts = _object(said)
    cached = _number(counts, "cache_read_input_tokens") or 0
    kept = table(counts, "cache_creation")
    written = _number(counts, "cache_creation_input_tokens") or 0
    by_time = [_number(kept, f"ephemeral_{time}_input_tokens") or 0 for time in ("5m", "1h")]
    if min(written, *by_time) < 0:
        raise ValueError("less than nothing was written")
    write = max(written, sum(by_time))
    thought = _number(table(counts, "output_tokens_details"), "thinking_tokens") or 0
    input = _needed(counts, "input_tokens") + cached + write
    return Usage(input, _needed(counts, "output_tokens"), cached, write, thought)


def gemini(said: object) -> Usage:
    """Contents. What is 0 is left out; the prompt includes what is cached."""
    counts = _object(said)
    prompt, tools = _needed(counts, "promptTokenCount"), _number(counts, "toolUsePromptTokenCount") or 0
    said, thought = _number(counts, "candidatesTokenCount") or 0, _number(counts, "thoughtsTokenCount") or 0
    if min(prompt, tools, said, thought) < 0:
        raise ValueError("less than nothing was read or generated")
    return Usage(
        prompt + tools,
        _with_total(counts, "totalTokenCount", prompt + tools, said + thought),
        cached=_number(counts, "cachedContentTokenCount") or 0,
        reasoning=thought,
    )


class Counts:
    """The reports of one answer. One that makes no sense spoils all that follow.

    Args:
        read: one of the above.
    """

    def __init__(self, read: Read = chat) -> None:
        self._read = read
        self._last: Usage | None = None
        self._spoilt = False
        self._seen = 0

    def generated(self, text: str) -> None:
        """Some of the answer has come."""
        self._seen += len(text.encode("utf-8", "replace"))

    def report(self, said: object) -> Report:
        """Read an object of counts; see :class:`farthing.backends.chat.Report`."""
        if not self._spoilt:
            try:
                self._last = self._checked(self._read(said))
            except ValueError:
                self._spoilt, self._last = True, None
        return Report(self._last)

    def _checked(self, usage: Usage) -> Usage:
        if self._last and (usage.input < self._last.input or usage.output < self._last.output):
            raise ValueError("less than before")
        if not usage.input or usage.output * LONGEST_TOKEN < self._seen:
            raise ValueError("less than what was sent and came")
        return usage


def _object(said: object) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        raise ValueError("no object")
    return said


def _with_total(counts: Mapping[str, Any], name: str, input: int, output: int) -> int:
    """The output, with what only the total has."""
    total = _number(counts, name)
    if total is None:
        return output
    if total < input + output:
        raise ValueError("the total is less than its parts")
    return total - input


def _needed(counts: Mapping[str, Any], name: str) -> int:
    value = _number(counts, name)
    if value is None:
        raise ValueError(f"{name} is missing")
    return value


def _first(*places: tuple[Mapping[str, Any], str]) -> int:
    """The first number that is there; 0 without any."""
    return next((found for counts, name in places if (found := _number(counts, name)) is not None), 0)


def _number(counts: Mapping[str, Any], name: str) -> int | None:
    value = counts.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise ValueError(f"{name} is no whole number")
    return value
