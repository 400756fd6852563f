"""A client of a language server on stdio, as small as an editor's can be."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from completion_assistant import BenchError

Message = dict[str, Any]


GIVEN_UP = (-32800, -32801, -32802)
"""LSP's codes for a request that was cancelled, by either side."""


class LspError(Exception):
    """The server answered with an error."""

    def __init__(self, error: Message) -> None:
        super().__init__(error["message"])
        self.code: int = error["code"]


class LspClient:
    """A language server and the messages to and from it. Made by :meth:`start`.

    Args:
        settings: what ``workspace/configuration`` is answered with.
        notified: called with method and parameters of each notification.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, settings: Message, notified: Callable[[str, Any], None]
    ) -> None:
        self.process = process
        self._settings, self._notified = settings, notified
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: dict[str, str], log: Path, settings: Message,
        notified: Callable[[str, Any], None],
    ) -> "LspClient":  # fmt: skip
        """Start a server; what it writes to stderr goes to ``log``."""
        pipe = asyncio.subprocess.PIPE
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=errors, env=environment, limit=1 << 24
            )
        return cls(process, settings, notified)

    async def initialize(self, folders: Sequence[Path]) -> None:
        """Shake hands."""
        uris = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        capabilities = {
            "general": {"positionEncodings": ["utf-16"]},
            "workspace": {"configuration": True, "workspaceFolders": True},
            "textDocument": {"inlineCompletion": {"dynamicRegistration": True}},
        }
        await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uris[0]["uri"],
                "workspaceFolders": uris,
                "capabilities": capabilities,
                "initializationOptions": self._settings,
            },
        )[1]
        self.notify("initialized", {})

    def notify(self, method: str, params: object = None) -> None:
        """A notification."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: object = None) -> tuple[int, "asyncio.Future[Any]"]:
        """A request; returns its id and what will hold its result, or :class:`LspError`."""
        id = next(self._ids)
        future = self._waiting[id] = asyncio.get_running_loop().create_future()
        self._send({"id": id, "method": method, "params": params})
        return id, future

    async def stop(self) -> None:
        """End the server in the orderly way, and if it does not, at once."""
        if not self._reader.done():  # otherwise nobody answers
            with contextlib.suppress(LspError, BenchError, TimeoutError):
                await asyncio.wait_for(self.request("shutdown")[1], 10)
                self.notify("exit")
                await asyncio.wait_for(self.process.wait(), 10)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reader

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _read(self) -> None:
        source = self.process.stdout
        assert source is not None
        length = 0
        while header := await source.readline():
            if header.lower().startswith(b"content-length:"):
                length = int(header.partition(b":")[2])
            elif header == b"\r\n":
                try:
                    self._take(json.loads(await source.readexactly(length)))
                except asyncio.IncompleteReadError:
                    break
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(BenchError("the language server ended; look into its log"))
                future.exception()  # nobody may be waiting for it any more

    def _take(self, message: Message) -> None:
        if "method" not in message:
            future = self._waiting.pop(message.get("id", 0), None)
            if future is None or future.done():
                return
            if "error" in message:
                future.set_exception(LspError(message["error"]))
            else:
                future.set_result(message["result"])
        elif "id" in message:
            pulled = message["method"] == "workspace/configuration"
            self._send({"id": message["id"], "result": [self._settings] if pulled else None})
        else:
            self._notified(message["method"], message.get("params"))


def python_command(*arguments: str) -> list[str]:
    """The command ``farthing`` of the Python that runs this."""
    return [sys.executable, "-m", "farthing", *arguments]
