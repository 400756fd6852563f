"""The rival: llama-server, driven as the llama.vscode extension drives it."""

import asyncio
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from completion_assistant import Answer, BenchError, Token
from completion_document import Document
from completion_llama_vscode import LlamaVscode

START_TIMEOUT = 120.0
CONTEXT_TOKENS = 4096
"""More than a prompt of 256 + 64 lines can have, as llama-server cuts it to its batch of 1,024."""


class Llama:
    """llama-server with the flags that llama.vscode recommends for a machine without a GPU of its own.

    Args:
        server: the program.
        model: the GGUF file.
        threads: of both prompt and generation; asked for at the start, when the first system has told its own.
    """

    name = "llama.vscode"

    def __init__(self, server: Path, model: Path, threads: Callable[[], int]) -> None:
        self.grew: Callable[[], None] = lambda: None
        self._server, self._model, self._threads = server, model, threads
        self._process: asyncio.subprocess.Process | None = None
        self._http: httpx.AsyncClient | None = None
        self._extension = LlamaVscode(self._infill)

    async def start(self) -> None:
        """See :class:`completion_assistant.Assistant`."""
        port = _free_port()
        command = [str(self._server), "-m", str(self._model), "--host", "127.0.0.1", "--port", str(port)]
        command += ["-b", "1024", "-ub", "1024", "--ctx-size", str(CONTEXT_TOKENS), "--cache-reuse", "256", "-np", "1"]
        if threads := self._threads():
            command += ["-t", str(threads)]
        with tempfile.TemporaryFile() as log:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
                )
            except OSError as exc:
                raise BenchError(f"{self._server} can't be started: {exc.strerror}. Give --llama-server PATH") from exc
            self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False)
            deadline = time.monotonic() + START_TIMEOUT
            while not await self._healthy():
                if self._process.returncode is not None or time.monotonic() > deadline:
                    log.seek(0)
                    said = log.read().decode(errors="replace").strip().splitlines() or ["nothing"]
                    raise BenchError(f"{self._server} does not start; it said last: {said[-1]}")
                await asyncio.sleep(0.2)

    async def open(self, document: Document) -> None:
        """See :class:`completion_assistant.Assistant`. The extension does nothing then, without its ring."""

    def change(self, before: Document, text: str) -> None:
        """See :class:`completion_assistant.Assistant`. The extension reads the document when it is asked."""

    async def ask(self, document: Document, token: Token) -> Answer | None:
        """See :class:`completion_assistant.Assistant`."""
        return await self._extension.provide(document, token)

    async def finish(self, document: Document) -> Answer:
        """See :class:`completion_assistant.Assistant`."""
        return await self._extension.provide(document, Token()) or Answer("")

    def accept(self, answer: Answer) -> None:
        """See :class:`completion_assistant.Assistant`. The extension is not told."""

    async def close(self, document: Document) -> None:
        """See :class:`completion_assistant.Assistant`."""
        await self._extension.rest()

    async def pids(self) -> list[int]:
        """See :class:`completion_assistant.Assistant`."""
        assert self._process is not None, "not started"
        return [self._process.pid]

    async def stop(self) -> dict[str, object]:
        """See :class:`completion_assistant.Assistant`."""
        if self._http is not None:
            await self._http.aclose()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        return {}

    async def _healthy(self) -> bool:
        assert self._http is not None
        try:
            return (await self._http.get("/health")).status_code == 200
        except httpx.TransportError:
            return False

    async def _infill(self, body: dict[str, object]) -> dict[str, Any]:
        assert self._http is not None, "not started"
        try:
            answer = await self._http.post("/infill", json=body)
        except httpx.TransportError as exc:
            raise BenchError(f"llama-server did not answer: {exc or type(exc).__name__}") from exc
        if answer.status_code != 200:
            raise BenchError(f"llama-server answered {answer.status_code}: {answer.text[:200]}")
        found: dict[str, Any] = answer.json()
        return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
