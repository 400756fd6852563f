"""Cutting streams into messages, however their bytes arrive.

Messages are cut as bytes and decoded whole, so a character that two packets share is never split.
"""

import json
from typing import Any

from farthing.errors import RemoteGarbled

MAX_MESSAGE = 1 << 20
"""Bytes of one message. llama-server's last one repeats the prompt; nothing comes near this."""


class _Splitter:
    """Bytes into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Lines that are whole now, without their ends."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if any(len(line) > MAX_MESSAGE for line in (*lines, self._rest)):
            raise RemoteGarbled("the server sends a line that does not end", "Check farthing.remote.url")
        return [line.removesuffix(b"\r") for line in lines]


class Lines:
    """One message a line, as Ollama has it."""

    def __init__(self) -> None:
        self._lines = _Splitter()

    def feed(self, data: bytes) -> list[bytes]:
        """Messages that are whole now.

        Raises:
            RemoteGarbled: a line without an end.
        """
        return [line for line in self._lines.feed(data) if line.strip()]

    def end(self) -> list[bytes]:
        """What is left when the stream has ended."""
        return self.feed(b"\n")


class ServerSentEvents:
    """Messages in ``data:`` fields, ended by an empty line."""

    def __init__(self) -> None:
        self._lines = _Splitter()
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        """Messages that are whole now.

        Raises:
            RemoteGarbled: this is no such stream.
        """
        messages = []
        for line in self._lines.feed(data):
            if line:
                self._take(line)
            elif self._data:
                messages.append(b"\n".join(self._data))
                self._data = []
        return messages

    def end(self) -> list[bytes]:
        """What is left when the stream has ended."""
        return self.feed(b"\n\n")

    def _take(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        if name in (b"data", b"error"):  # the second is llama.cpp's own
            self._data.append(value.removeprefix(b" "))
            if sum(map(len, self._data)) > MAX_MESSAGE:
                raise RemoteGarbled("the server sends a message that does not end", "Check farthing.remote.url")
        elif not colon or name not in (b"", b"event", b"id", b"retry"):
            raise RemoteGarbled("the server's answer is no stream of events", "Check farthing.remote.kind")


def decode(message: bytes) -> dict[str, Any]:
    """A message as the object that it must be.

    Raises:
        RemoteGarbled: it is none.
    """
    try:
        value = json.loads(message.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise RemoteGarbled("the server's answer is not what its kind answers", "Check farthing.remote.kind")
    return value
