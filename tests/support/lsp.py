"""A small LSP client over stdio that says whatever it is told to, and never waits for ever."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

TIMEOUT = 60.0
"""Seconds that any answer may take. Far more than it needs: two cores may be busy with other tests."""

INVOKED, AUTOMATIC = 1, 2
"""How an inline completion came to be asked for."""

Message = dict[str, Any]


@dataclass(frozen=True)
class Received:
    """A message of the server."""

    message: Message
    at: float
    """``time.monotonic()`` of its arrival."""


class LspError(Exception):
    """The server answered with an error."""

    def __init__(self, error: Message) -> None:
        super().__init__(error["message"])
        self.code: int = error["code"]


class Connection:
    """A server at the other end of two streams.

    Args:
        source: where its messages come from.
        sink: where ours go.
    """

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source, self._sink = source, sink
        self.notifications: list[Received] = []
        self.settings: object = None
        """The section that ``workspace/configuration`` is answered with."""
        self.configuration: Message | None = None
        """Where it is set, the whole answer."""
        self.respond: dict[str, Callable[[Any], Any]] = {}
        """What answers requests of the server, by their methods; it is called in the thread that reads."""
        self._ids = itertools.count(1)
        self._answers: dict[object, list[Received]] = {}
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, name="lsp-reader", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while header := self._source.readline():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif header == b"\r\n":
                self._take(json.loads(self._source.read(length)))
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, message: Message) -> None:
        received = Received(message, time.monotonic())
        if "method" in message and "id" in message:
            answer: Message = {"result": None}
            if message["method"] == "workspace/configuration":
                answer = self.configuration or {"result": [self.settings]}
            elif respond := self.respond.get(message["method"]):
                answer = {"result": respond(message["params"])}
            self.send({"jsonrpc": "2.0", "id": message["id"], **answer})
            return
        with self._changed:
            if "method" in message:
                self.notifications.append(received)
            else:
                self._answers.setdefault(message.get("id", "none at all"), []).append(received)
            self._changed.notify_all()

    def send_raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self._sink.write(data)
        self._sink.flush()

    def send_body(self, body: bytes, length: int | None = None) -> None:
        """A message of any content; ``length`` is what the header claims."""
        self.send_raw(b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body)

    def send(self, message: object) -> None:
        """Any value as JSON."""
        self.send_body(json.dumps(message).encode())

    def notify(self, method: str, params: object = None) -> None:
        """A notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: object = None) -> int:
        """Send a request; returns its id at once."""
        id = next(self._ids)
        self.send({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        return id

    def wait(self, id: object, timeout: float = TIMEOUT) -> Received:
        """The answer to a request, whatever it is."""
        self._until(lambda: id in self._answers, f"no answer to request {id!r}", timeout)
        return self._answers[id][0]

    def result(self, id: object, timeout: float = TIMEOUT) -> Any:
        """The result of a request.

        Raises:
            LspError: the server answered with an error.
        """
        message = self.wait(id, timeout).message
        if "error" in message:
            raise LspError(message["error"])
        return message["result"]

    def ask(self, method: str, params: object = None, timeout: float = TIMEOUT) -> Any:
        """Send a request and wait for its result."""
        return self.result(self.request(method, params), timeout)

    def unaddressed(self) -> Message:
        """The next error that answers no request in particular; each is given out once."""
        self._until(lambda: bool(self._answers.get(None)), "no error without an id", TIMEOUT)
        return self._answers[None].pop(0).message

    def answers(self, id: object) -> int:
        """How many answers a request got."""
        return len(self._answers.get(id, []))

    def wait_notification(self, method: str, fits: Callable[[Any], bool] = lambda params: True) -> Any:
        """Params of the first notification, of all so far and to come, that fits."""

        def find() -> list[Any]:
            with self._changed:
                every = [each.message for each in self.notifications]
            return [each["params"] for each in every if each["method"] == method and fits(each["params"])]

        self._until(lambda: bool(find()), f"no fitting {method}")
        return find()[0]

    def _until(self, condition: Callable[[], bool], complaint: str, timeout: float = TIMEOUT) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: condition() or self._ended, timeout), complaint
            assert condition(), f"{complaint}: the server ended"

    def initialize(
        self,
        options: object = None,
        encoding: str = "utf-16",
        configuration: bool = False,
        root: str | None = None,
        **more: Message,
    ) -> Any:
        """Shake hands; returns the server's capabilities.

        Args:
            root: URI of the workspace's folder.
            more: capabilities of the client beyond the usual ones, by their sections.
        """
        general = {"positionEncodings": [encoding]}
        capabilities = {
            "general": general,
            "workspace": {"configuration": configuration, **more.pop("workspace", {})},
            "notebookDocument": {"synchronization": {}},
            **more,
        }
        params = {"processId": os.getpid(), "rootUri": root, "capabilities": capabilities}
        found = self.ask("initialize", {**params, "initializationOptions": options})
        self.notify("initialized", {})
        return found["capabilities"]

    def open(self, uri: str, text: str, language: str = "python") -> None:
        """Tell of an open document."""
        self.notify("textDocument/didOpen", {"textDocument": _item(uri, text, language)})

    def insert(self, uri: str, version: int, line: int, character: int, text: str) -> None:
        """Type something."""
        self.edit(uri, version, (line, character), (line, character), text)

    def edit(self, uri: str, version: int, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replace a range."""
        span = {"start": position(*start), "end": position(*end)}
        document = {"uri": uri, "version": version}
        params = {"textDocument": document, "contentChanges": [{"range": span, "text": text}]}
        self.notify("textDocument/didChange", params)

    def ask_completion(self, uri: str, line: int, character: int, kind: int = INVOKED) -> int:
        """Send a request for inline completion; returns its id."""
        params = {"textDocument": {"uri": uri}, "position": position(line, character)}
        return self.request("textDocument/inlineCompletion", {**params, "context": {"triggerKind": kind}})

    def complete(self, uri: str, line: int, character: int, kind: int = INVOKED) -> str:
        """The text of the first suggestion; empty when there is none."""
        items = self.result(self.ask_completion(uri, line, character, kind))["items"]
        return str(items[0]["insertText"]) if items else ""

    def close(self) -> None:
        """Once the server is gone: wait for what it said last."""
        self._reader.join(TIMEOUT)
        for stream in (self._sink, self._source):
            with contextlib.suppress(BrokenPipeError):  # the other end went with unsent bytes in the pipe
                stream.close()


class Client(Connection):
    """A server of our own, on stdio.

    Args:
        options: arguments after ``farthing serve``.
        log: takes what it writes to stderr.
        before: put before the command.
    """

    def __init__(self, *options: str, log: IO[bytes], before: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "farthing", "serve", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        assert self.process.stdin and self.process.stdout
        super().__init__(self.process.stdout, self.process.stdin)

    def shutdown(self) -> int:
        """End in the orderly way; returns the exit code."""
        self.ask("shutdown")
        self.notify("exit")
        return self.process.wait(TIMEOUT)

    def close(self) -> None:
        """End it, whatever its state."""
        self.process.kill()
        self.process.wait(TIMEOUT)
        super().close()


def position(line: int, character: int) -> dict[str, int]:
    """As in LSP."""
    return {"line": line, "character": character}


def _item(uri: str, text: str, language: str) -> Message:
    return {"uri": uri, "languageId": language, "version": 1, "text": text}


@contextmanager
def server(*options: str, log: Path | None = None, before: Sequence[str] = ()) -> Iterator[Client]:
    """A server that is gone afterwards."""
    with log.open("wb") if log else open(os.devnull, "wb") as file:
        client = Client(*options, log=file, before=before)
        try:
            yield client
        finally:
            client.close()
