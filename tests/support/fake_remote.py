"""A server without a model that speaks what llama-server, Ollama and vLLM speak, and fails in the ways that they do."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

HOLD: Final = "hold"
"""In a body: wait until the client goes away or the server is released."""

CUT: Final = "cut"
"""In a body: break the connection off."""

Kind = Literal["llama-server", "ollama", "openai"]
Part = bytes | Literal["hold", "cut"]


@dataclass
class Reply:
    """What is answered to one request."""

    body: Sequence[Part] = (b"{}",)
    status: int = 200
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def reply(value: object, status: int = 200, **headers: str) -> Reply:
    """An object as a whole."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply([json.dumps(value).encode()], status, headers=named)


def events(*messages: object) -> list[Part]:
    """Messages of an event stream; texts as they are."""
    return [
        f"data: {message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)}\n\n".encode()
        for message in messages
    ]


def lines(*messages: object) -> list[Part]:
    """Messages, one a line."""
    return [json.dumps(message, ensure_ascii=False).encode() + b"\n" for message in messages]


def _infill(pieces: Sequence[str]) -> Reply:
    said = [{"content": piece, "stop": False} for piece in pieces]
    end = {"content": "", "stop": True, "stop_type": "eos", "tokens_evaluated": 40, "tokens_predicted": len(pieces)}
    return Reply(events(*said, end | {"tokens_cached": 41, "timings": {"prompt_n": 6}}), type="text/event-stream")


def _generate(pieces: Sequence[str]) -> Reply:
    said = [{"response": piece, "done": False} for piece in pieces]
    end = {"response": "", "done": True, "done_reason": "stop", "prompt_eval_count": 40, "eval_count": len(pieces)}
    return Reply(lines(*said, end), type="application/x-ndjson")


def _completions(pieces: Sequence[str]) -> Reply:
    said = [{"choices": [{"text": piece, "finish_reason": None}]} for piece in pieces]
    usage = {"prompt_tokens": 40, "completion_tokens": len(pieces), "prompt_tokens_details": {"cached_tokens": 34}}
    end: list[object] = [
        {"choices": [{"text": "", "finish_reason": "stop"}]},
        {"choices": [], "usage": usage},
        "[DONE]",
    ]
    return Reply(events(*said, *end), type="text/event-stream")


class FakeRemote:
    """A server on a free port of this machine. Belongs to one event loop.

    Args:
        kind: what it speaks.
        pieces: its answer to every completion.
        models: names that it lists.
        key: if not empty, requests without it get 401.
    """

    def __init__(
        self,
        kind: Kind,
        pieces: Sequence[str] = ("do", "ne()"),
        models: Sequence[str] = ("qwen2.5-coder",),
        key: str = "",
    ) -> None:
        self.key = key
        self.replies: dict[str, list[Reply]] = {}
        """By path. They are used up one by one; the last one stays."""
        self.asked: list[str] = []
        """Paths, in order."""
        self.bodies: list[Any] = []
        """Of the requests that had one."""
        self.headers: dict[str, str] = {}
        """Of the last request."""
        self.connections = 0
        self.left = asyncio.Semaphore(0)
        """Released for every client that went away while it was held."""
        self.holding = asyncio.Semaphore(0)
        """Released whenever a client begins to be held."""
        self._released = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        match kind:
            case "llama-server":
                props = {"default_generation_settings": {"n_ctx": 4096}, "model_path": "/m/qwen.gguf"}
                self.replies = {
                    "/props": [reply(props)],
                    "/infill": [_infill(pieces)],
                    "/completion": [_infill(pieces)],
                }
            case "ollama":
                tags = {"models": [{"name": name} for name in models]}
                self.replies = {"/api/tags": [reply(tags)], "/api/generate": [_generate(pieces)]}
            case "openai":
                listed = {"data": [{"id": name, "owned_by": "vllm", "max_model_len": 8192} for name in models]}
                self.replies = {"/v1/models": [reply(listed)], "/v1/completions": [_completions(pieces)]}

    @property
    def completions(self) -> list[Reply]:
        """What is answered to completions, to be changed."""
        return next(
            found for path in ("/infill", "/api/generate", "/v1/completions") if (found := self.replies.get(path))
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def release(self) -> None:
        """Go on with whoever is held, now and later."""
        self._released.set()

    def hang_up(self) -> None:
        """Close every connection, as after a restart."""
        for writer in self._writers:
            writer.close()

    async def __aenter__(self) -> "FakeRemote":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.release()
        self._server.close()
        self.hang_up()
        await asyncio.gather(*self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            async for path, body in self._requests(reader):
                if not await self._answer(self._reply_to(path, body), reader, writer):
                    break
        self._writers.discard(writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _requests(self, reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, Any]]:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("ascii"):
            first, *rest = head.split("\r\n")
            self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest if line)}
            body = await reader.readexactly(int(self.headers.get("content-length", 0)))
            yield first.split()[1], json.loads(body) if body else None

    def _reply_to(self, path: str, body: Any) -> Reply:
        self.asked.append(path)
        if body is not None:
            self.bodies.append(body)
        if self.key and self.headers.get("authorization") != f"Bearer {self.key}":
            return reply({"error": {"message": "Invalid API Key"}}, 401)
        ours = self.replies.get(path)
        if ours is None:
            return Reply([b"404 page not found"], 404, "text/plain")
        return ours.pop(0) if len(ours) > 1 else ours[0]

    async def _answer(self, ours: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection can be used again."""
        headers = {"content-type": ours.type, "transfer-encoding": "chunked"} | ours.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if ours.body and ours.body[0] == CUT:
            return False
        writer.write(f"HTTP/1.1 {ours.status} X\r\n{head}\r\n".encode())
        for part in ours.body:
            if part == CUT:
                return False
            if isinstance(part, bytes):
                writer.write(b"%x\r\n%b\r\n" % (len(part), part))
                await writer.drain()
            elif not await self._hold(reader):
                return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _hold(self, reader: asyncio.StreamReader) -> bool:
        """Whether the client is still there at the end."""
        self.holding.release()
        gone, released = asyncio.ensure_future(reader.read(1)), asyncio.ensure_future(self._released.wait())
        await asyncio.wait({gone, released}, return_when=asyncio.FIRST_COMPLETED)
        left = gone.done()
        if left:
            self.left.release()
        for each in (gone, released):
            each.cancel()
        await asyncio.gather(gone, released, return_exceptions=True)
        return not left
