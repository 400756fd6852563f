"""A provider of OpenAI's kind, in a process of its own, that keeps a bill and misbehaves on purpose.

The model's name says how an answer goes wrong; ``honest`` doesn't. What was read and generated is billed as it happens,
whether it arrives or not, by a rule without a tokenizer: a token for every :data:`BYTES` bytes. The first part of the
path is the account; ``GET /bill`` gives all of them.
"""

import asyncio
import contextlib
import json
import random
import subprocess
import sys
import urllib.request
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BYTES = 4
"""Of text for a token, read or generated. English has 4.5 with o200k_base, so our counts are put to the test."""

WORDS = (" the", " and", " for", " you", " are", " not", " but", " all")
"""Of :data:`BYTES` bytes each, and tokens of o200k_base, too."""

FLOOD = 20
"""So many times its limit generates who does not keep to it, unless the client goes away."""

SAY = "Answer so:"

PACE = 0.002
"""Seconds between two packets."""


@dataclass
class Account:
    """What one of them owes."""

    requests: int = 0
    input: int = 0
    output: int = 0
    overruns: int = 0
    """Answers that went on beyond their limit."""
    limits: list[int] = field(default_factory=list)
    """That were sent, in order."""


class Reply:
    """One answer, while it is written."""

    def __init__(self, body: dict[str, Any], account: Account, writer: asyncio.StreamWriter) -> None:
        self.account = account
        self.limit: int = body.get("max_completion_tokens") or body["max_tokens"]
        self.input = 3 + sum(4 + _tokens(message["content"]) for message in body["messages"])
        self.output = 0
        self.random = random.Random(zlib.crc32(json.dumps(body).encode()))
        self._writer = writer
        self._reports = bool(body.get("stream_options", {}).get("include_usage"))
        account.limits.append(self.limit)
        self.asked: str = body["messages"][-1]["content"]

    def bill(self) -> None:
        """Nothing is refused any more."""
        self.account.requests += 1
        self.account.input += self.input

    async def head(self, status: int = 200, **headers: str) -> None:
        """Status and headers; nothing more of an answer that isn't 200."""
        lines = [f"HTTP/1.1 {status} X", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += ["content-type: text/event-stream", "transfer-encoding: chunked"] if status == 200 else []
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def raw(self, data: bytes) -> None:
        """Bytes as they are.

        Raises:
            OSError: the client has gone.
        """
        self._writer.write(data)
        await self._writer.drain()
        if self._writer.is_closing():
            raise ConnectionResetError

    async def send(self, data: bytes) -> None:
        """Bytes of the body."""
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def event(self, value: object) -> None:
        """A chunk of the answer."""
        text = value if isinstance(value, str) else json.dumps(value)
        await self.send(f"data: {text}\n\n".encode())

    async def say(self, tokens: int, name: str = "content", packet: int = 8) -> None:
        """Generate, and bill, so many tokens."""
        while tokens > 0:
            count = min(tokens, packet)
            tokens -= count
            self.output += count
            self.account.output += count
            text = "".join(self.random.choice(WORDS) for _ in range(count))
            await self.event({"model": "answered", "choices": [{"index": 0, "delta": {name: text}}]})
            await asyncio.sleep(PACE)

    async def usage(self, output: int | None = None, input: int | None = None, **more: object) -> None:
        """The provider's count."""
        if self._reports:
            output, input = self.output if output is None else output, self.input if input is None else input
            counts = {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output}
            await self.event({"model": "answered", "choices": [], "usage": counts | more})

    async def end(self, reason: str = "stop") -> None:
        """The model has said all."""
        await self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})

    async def done(self) -> None:
        """The last of the stream."""
        await self.event("[DONE]")
        await self.raw(b"0\r\n\r\n")

    def wanted(self) -> int:
        """Tokens that the model would say; the limit cuts some of them off."""
        return min(self.limit, self.random.randint(1, 2 * self.limit))


async def _honest(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    await reply.end()
    await reply.usage()
    await reply.done()


async def _echo(reply: Reply) -> None:
    """Says what it is told to say: everything behind the line that ends with :data:`SAY`."""
    await reply.head()
    said = reply.asked.rpartition(SAY)[2].lstrip("\n") or "Nothing."
    for line in said.splitlines(keepends=True):
        reply.output += _tokens(line)
        reply.account.output += _tokens(line)
        await reply.event({"model": "answered", "choices": [{"index": 0, "delta": {"content": line}}]})
    await reply.end()
    await reply.usage()
    await reply.done()


async def _more(reply: Reply) -> None:
    await reply.head()
    reply.account.overruns += 1
    await reply.say(FLOOD * reply.limit)
    await reply.end()
    await reply.usage()
    await reply.done()


async def _silent(reply: Reply) -> None:
    """More than it was allowed, of which nothing is seen but in the count."""
    await reply.head()
    reply.account.overruns += 1
    await reply.say(1)
    reply.output += FLOOD * reply.limit
    reply.account.output += FLOOD * reply.limit
    await reply.end()
    await reply.usage()
    await reply.done()


async def _without_usage(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    await reply.end("length")
    await reply.done()


async def _duplicated(reply: Reply) -> None:
    await reply.head()
    for _ in range(3):
        await reply.say(max(1, reply.limit // 4))
        await reply.usage()
        await reply.usage()
    await reply.end()
    await reply.usage()
    await reply.usage()
    await reply.done()


async def _shrinking(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.limit)
    await reply.usage()
    await reply.end()
    await reply.usage(output=1)
    await reply.done()


async def _negative(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    await reply.end()
    await reply.usage(output=-5)
    await reply.done()


async def _absurd(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    await reply.end()
    await reply.usage(input=10**12, prompt_tokens_details={"cached_tokens": 10**13})
    await reply.done()


async def _reasoning(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.limit, "reasoning_content")
    await reply.end("length")
    await reply.usage(completion_tokens_details={"reasoning_tokens": reply.limit})
    await reply.done()


async def _cut(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.random.randint(0, reply.limit))
    if reply.random.random() < 0.3:
        await reply.usage()


async def _loris(reply: Reply) -> None:
    await reply.head()
    reply.account.output += 1
    for letter in 'data: {"choices": [' + " " * 10_000:
        await reply.send(letter.encode())
        await asyncio.sleep(0.05)


async def _garbage(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.random.randint(0, reply.limit // 2))
    junk = [b"data: {\n\n", b"\xff\xfe\x00\n\n", b"data: [1]\n\n", b"<html>\n", b"data: null\n\n", b": hello\n\n"]
    await reply.send(reply.random.choice(junk))
    await reply.say(reply.limit // 2)
    await reply.done()


async def _huge(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.limit, packet=reply.limit)
    await reply.send(b"data: " + b"x" * 3_000_000)
    await reply.done()


async def _failing(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.random.randint(0, reply.limit))
    await reply.event({"error": {"message": "overloaded"}})


async def _billed_error(reply: Reply) -> None:
    reply.account.output += reply.limit
    await reply.head(500, x_should_retry="true", retry_after_ms="10")


def _storm(status: int) -> "Behaviour":
    async def answer(reply: Reply) -> None:
        if len(reply.account.limits) % 3:
            await reply.head(status, retry_after_ms="10")
        else:
            reply.bill()
            await _honest(reply)

    return answer


async def _quota(reply: Reply) -> None:
    body = json.dumps({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})
    await reply.head(429, retry_after="0", content_length=str(len(body)))
    await reply.raw(body.encode())


async def _elsewhere(reply: Reply) -> None:
    await reply.head(307, location="/stolen/v1/chat/completions")


Behaviour = Callable[[Reply], Awaitable[None]]

BILLED: dict[str, Behaviour] = {
    "honest": _honest,
    "echo": _echo,
    "without-usage": _without_usage,
    "duplicated": _duplicated,
    "shrinking": _shrinking,
    "negative": _negative,
    "absurd": _absurd,
    "reasoning": _reasoning,
    "cut": _cut,
    "loris": _loris,
    "garbage": _garbage,
    "huge": _huge,
    "failing": _failing,
    "billed-error": _billed_error,
}
"""They honour the limit, whatever else they do."""

REFUSING: dict[str, Behaviour] = {"429": _storm(429), "529": _storm(529), "quota": _quota, "elsewhere": _elsewhere}
"""Nothing is billed but what is answered."""

FLOODING: dict[str, Behaviour] = {"more": _more, "silent": _silent}
"""They don't honour the limit."""


def _tokens(text: str) -> int:
    return -(-len(text.encode()) // BYTES)


class Server:
    """All accounts."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            length = next((int(line[15:]) for line in head.lower().split("\r\n") if line[:15] == "content-length:"), 0)
            await self._answer(path, await reader.readexactly(length), writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, path: str, data: bytes, writer: asyncio.StreamWriter) -> None:
        if path == "/bill":
            body = json.dumps({name: vars(account) for name, account in self.accounts.items()}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
            return
        body = json.loads(data)
        reply = Reply(body, self.accounts.setdefault(path.split("/")[1], Account()), writer)
        behaviour = (BILLED | FLOODING).get(body["model"])
        if behaviour is not None:
            reply.bill()
        await (behaviour or REFUSING[body["model"]])(reply)


async def _main() -> None:
    server = await asyncio.start_server(Server().serve, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@dataclass(frozen=True)
class Provider:
    """One that runs."""

    url: str

    def bill(self) -> dict[str, Account]:
        """What everybody owes."""
        with urllib.request.urlopen(f"{self.url}/bill", timeout=30) as answer:
            return {name: Account(**values) for name, values in json.load(answer).items()}


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """One for a test."""
    command = [sys.executable, "-m", "tests.support.provider"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        try:
            yield Provider(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main())
