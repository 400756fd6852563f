"""Reading what a provider of OpenAI's kind says that it counted. Pure."""

from collections.abc import Mapping

from farthing.backends.chat import Report
from farthing.ledger.model import Usage

LONGEST_TOKEN = 256
"""Bytes; the longest token of o200k_base has 128. Who counts less than this allows has miscounted."""


def read(said: object) -> Usage:
    """One ``usage`` object.

    ``prompt_tokens`` includes ``cached_tokens``, and ``completion_tokens`` includes ``reasoning_tokens``. Some
    compatible servers leave reasoning out of the latter, and count it only in ``total_tokens``: it is billed, so what
    the total has more is output.

    Raises:
        ValueError: it is none, or its numbers are negative, absurd, or contradict each other.
    """
    if not isinstance(said, Mapping):
        raise ValueError("no object")
    input, output = _number(said, "prompt_tokens"), _number(said, "completion_tokens")
    if input is None or output is None:
        raise ValueError("a number is missing")
    total = _number(said, "total_tokens")
    if total is not None:
        if total < input + output:
            raise ValueError("the total is less than its parts")
        output = total - input
    cached = _number(_table(said, "prompt_tokens_details"), "cached_tokens") or 0
    reasoning = _number(_table(said, "completion_tokens_details"), "reasoning_tokens") or 0
    return Usage(input, output, cached, 0, reasoning)


class Counts:
    """The reports of one answer. One that makes no sense spoils all that follow."""

    def __init__(self) -> None:
        self._last: Usage | None = None
        self._spoilt = False
        self._seen = 0

    def generated(self, text: str) -> None:
        """Some of the answer has come."""
        self._seen += len(text.encode("utf-8", "replace"))

    def report(self, said: object) -> Report:
        """Read a ``usage`` object; see :class:`farthing.backends.chat.Report`."""
        if not self._spoilt:
            try:
                self._last = self._checked(read(said))
            except ValueError:
                self._spoilt, self._last = True, None
        return Report(self._last)

    def _checked(self, usage: Usage) -> Usage:
        if self._last and (usage.input < self._last.input or usage.output < self._last.output):
            raise ValueError("less than before")
        if not usage.input or usage.output * LONGEST_TOKEN < self._seen:
            raise ValueError("less than what was sent and came")
        return usage


def _table(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = said.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(said: Mapping[str, object], name: str) -> int | None:
    value = said.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise ValueError(f"{name} is no whole number")
    return value
