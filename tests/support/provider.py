"""A provider, in a process of its own, that keeps a bill and misbehaves on purpose. It speaks every protocol.

The path says which, and the model's name says how an answer goes wrong; ``honest`` doesn't. What was read and generated
is billed as it happens, whether it arrives or not, by a rule without a tokenizer: a token for :data:`BYTES` bytes. The
first part of the path is the account; ``GET /bill`` gives all of them.
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

from tests.support.dialects import Asked, Said, Tally, Wire, spoken

BYTES = 4
"""Of text for a token, read or generated. English has 4.5 with o200k_base, so our counts are put to the test."""

WORDS = (" the", " and", " for", " you", " are", " not", " but", " all")
"""Of :data:`BYTES` bytes each, and tokens of o200k_base, too."""

FLOOD = 20
"""So many times its limit generates who does not keep to it, unless the client goes away."""

SAY = "Answer so:"

PACE = 0.002
"""Seconds between two packets."""

SLOW = 0.02
"""The same of one who floods: a busy client must have the time to notice."""


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

    def __init__(self, wire: Wire, asked: Asked, account: Account, writer: asyncio.StreamWriter) -> None:
        self.account = account
        self.limit = asked.limit
        self.input = 3 + sum(4 + _tokens(text) for text in asked.texts)
        self.output = 0
        self.random = random.Random(zlib.crc32(json.dumps([asked.model, *asked.texts]).encode()))
        self.wire = wire
        self.asked = asked.texts[-1]
        self._writer = writer
        self._reports = asked.counts
        self._reason = ""
        self._tally: Tally | None = None
        account.limits.append(self.limit)

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
        if status == 200:
            await self.events(self.wire.start(Tally(self.input, 1)))

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

    async def events(self, events: list[str]) -> None:
        """Some of the answer, in a packet."""
        if events:
            await self.send("".join(events).encode())

    async def say(self, tokens: int, kind: Said = "answer", packet: int = 8, pace: float = PACE) -> None:
        """Generate, and bill, so many tokens."""
        while tokens > 0:
            count = min(tokens, packet)
            tokens -= count
            self.generated(count)
            await self.events(self.wire.piece(kind, "".join(self.random.choice(WORDS) for _ in range(count))))
            await asyncio.sleep(pace)

    def generated(self, tokens: int) -> None:
        """Bill so many tokens of output."""
        self.output += tokens
        self.account.output += tokens

    async def usage(self, output: int | None = None, input: int | None = None, **more: int) -> None:
        """The provider's count. Behind the end it comes with the last of the stream."""
        if not self._reports:
            return
        tally = Tally(self.input if input is None else input, self.output if output is None else output, **more)
        if self._reason:
            self._tally = tally
        else:
            await self.events(self.wire.counted(tally))

    def end(self, reason: str = "stop") -> None:
        """The model has said all."""
        self._reason = reason

    async def done(self) -> None:
        """The last of the stream."""
        if self._reason:
            await self.events(self.wire.end(self._reason, self._tally))
        await self.raw(b"0\r\n\r\n")

    def wanted(self) -> int:
        """Tokens that the model would say; the limit cuts some of them off."""
        return min(self.limit, self.random.randint(1, 2 * self.limit))


async def _honest(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    reply.end()
    await reply.usage()
    await reply.done()


async def _echo(reply: Reply) -> None:
    """Says what it is told to say: everything behind the line that ends with :data:`SAY`."""
    await reply.head()
    said = reply.asked.rpartition(SAY)[2].lstrip("\n") or "Nothing."
    for line in said.splitlines(keepends=True):
        reply.generated(_tokens(line))
        await reply.events(reply.wire.piece("answer", line))
    reply.end()
    await reply.usage()
    await reply.done()


async def _more(reply: Reply) -> None:
    await reply.head()
    reply.account.overruns += 1
    await reply.say(FLOOD * reply.limit, pace=SLOW)
    reply.end()
    await reply.usage()
    await reply.done()


async def _silent(reply: Reply) -> None:
    """More than it was allowed, of which nothing is seen but in the count."""
    await reply.head()
    reply.account.overruns += 1
    await reply.say(1)
    reply.generated(FLOOD * reply.limit)
    reply.end()
    await reply.usage()
    await reply.done()


async def _without_usage(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    reply.end("length")
    await reply.done()


async def _duplicated(reply: Reply) -> None:
    await reply.head()
    for _ in range(3):
        await reply.say(max(1, reply.limit // 4))
        await reply.usage()
        await reply.usage()
    reply.end()
    await reply.usage()
    await reply.usage()
    await reply.done()


async def _shrinking(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.limit)
    await reply.usage()
    reply.end()
    await reply.usage(output=1)
    await reply.done()


async def _negative(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    reply.end()
    await reply.usage(output=-5)
    await reply.done()


async def _absurd(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.wanted())
    reply.end()
    await reply.usage(input=10**12, cached=10**13)
    await reply.done()


async def _reasoning(reply: Reply) -> None:
    await reply.head()
    await reply.say(reply.limit, "thought")
    reply.end("length")
    await reply.usage(reasoning=reply.limit)
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
    await reply.events(reply.wire.failure())


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
    refusal = reply.wire.refusal("quota")
    (body,) = [part for part in refusal.body if isinstance(part, bytes)]
    await reply.head(refusal.status, retry_after="0", content_length=str(len(body)))
    await reply.raw(body)


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
        wire = spoken(path)
        asked = wire.asked(path, json.loads(data))
        reply = Reply(wire, asked, self.accounts.setdefault(path.split("/")[1], Account()), writer)
        behaviour = (BILLED | FLOODING).get(asked.model)
        if behaviour is not None:
            reply.bill()
        await (behaviour or REFUSING[asked.model])(reply)


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
