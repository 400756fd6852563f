"""One request to one server: the ways to ask, one after another, and the answer as it comes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from farthing.backends.remote import complaint
from farthing.backends.remote.dialect import SILENCE, Dialect
from farthing.backends.remote.flight import Flight
from farthing.backends.remote.framing import Lines, ServerSentEvents, decode
from farthing.backends.remote.link import Answer, Link, parse, slow
from farthing.engine.stops import Stops
from farthing.errors import RemoteError, RemoteUnavailable
from farthing.settings import RemoteSettings

DRAIN = 1.0
"""Seconds for what a server may still say after the text: its numbers, and the end that lets the connection be kept."""


@dataclass
class Server:
    """A server that was found."""

    link: Link
    dialect: Dialect
    """How it is asked; what is learnt from its refusals stays learnt."""
    settings: RemoteSettings


class Refused(Exception):
    """The server said no: before its answer, or in place of it."""

    def __init__(self, error: RemoteError, said: str, retry_after: float = 0.0) -> None:
        super().__init__(said)
        self.error = error
        self.said = said
        self.retry_after = retry_after
        """Seconds that it wants to be left alone."""


async def converse(server: Server, flight: Flight) -> None:
    """Ask, and put what comes into the flight.

    Raises:
        Refused: there is no other way to ask.
        RemoteError: the server can't be reached, stops in the middle, or talks garbage.
    """
    while True:
        try:
            await _ask(server, flight)
            return
        except Refused as no:
            other = None if flight.answered else server.dialect.fall_back(no.said, flight.request)
            if other is None:
                raise
            server.dialect = other


async def _ask(server: Server, flight: Flight) -> None:
    dialect = server.dialect
    call = dialect.call(flight.request)
    async with server.link.ask(call.path, call.body) as answer:
        if answer.status != 200:
            raise await refused(server.link, server.settings, answer, call.path)
        if answer.is_page:
            raise complaint.web_page(str(server.link.address))
        async with contextlib.aclosing(messages(server.link, dialect.events, answer)) as found:
            try:
                await _take(server, flight, found)
            except RemoteUnavailable as exc:
                if flight.usage.output or flight.answered:
                    raise
                raise Refused(exc, SILENCE) from exc


async def _take(server: Server, flight: Flight, messages: AsyncGenerator[dict[str, Any] | None, None]) -> None:
    dialect, cut = server.dialect, Stops(server.dialect.cuts_at.stops if server.dialect.cuts_at else ())
    async for message in messages:
        if message is not None and message.get("error"):
            said = server.link.hide(complaint.words(message))
            raise Refused(complaint.refusal(str(server.link.address), 200, said, server.settings), said)
        chunk = None if message is None else dialect.read(message)
        if chunk is not None:
            flight.count(chunk)
            flight.put(cut.add(chunk.text))
        if cut.stopped or (chunk and not chunk.reason and flight.usage.output > flight.request.max_tokens):
            flight.finish("stop" if cut.stopped else "length")  # and the connection is closed: it would write on
            return
        if chunk is None or chunk.reason:
            flight.put(cut.end())
            await _drain(dialect, flight, messages)
            flight.finish((chunk and chunk.reason) or "stop")
            return
    raise RemoteUnavailable(f"{server.link.address} broke its answer off", "Look at its log, or ask its keeper")


async def _drain(dialect: Dialect, flight: Flight, messages: AsyncGenerator[dict[str, Any] | None, None]) -> None:
    with contextlib.suppress(RemoteError, TimeoutError):
        async with asyncio.timeout(DRAIN):
            async for message in messages:
                if message is not None and not (chunk := dialect.read(message)).text:
                    flight.count(chunk)


async def messages(link: Link, events: bool, answer: Answer) -> AsyncGenerator[dict[str, Any] | None, None]:
    """Messages of an answer; None for the mark at the end of an event stream.

    Args:
        events: they are server-sent events; otherwise lines.

    Raises:
        RemoteError: the connection breaks, nothing comes, or what comes is no such stream.
    """
    frames = ServerSentEvents() if events else Lines()
    clock, patience = asyncio.get_running_loop(), link.patience.first
    deadline = clock.time() + patience
    data: bytes | None = b""
    while data is not None:
        try:
            async with asyncio.timeout_at(deadline):
                data = await answer.chunk()
        except TimeoutError as exc:
            raise slow(str(link.address), patience) from exc
        for message in frames.end() if data is None else frames.feed(data):
            patience = link.patience.next  # comments that only keep the connection alive don't count
            deadline = clock.time() + patience
            yield None if message.strip() == b"[DONE]" else decode(message)


async def refused(link: Link, settings: RemoteSettings, answer: Answer, path: str) -> Refused:
    """What an answer other than 200 says."""
    body = b""
    with contextlib.suppress(RemoteError, TimeoutError):
        async with asyncio.timeout(link.patience.next):
            body = await answer.whole()
    said = complaint.words(parse(body))
    if not said and not answer.is_page:
        said = complaint.words({"error": body.decode("utf-8", "replace")})
    said = link.hide(said)
    error = complaint.refusal(str(link.address), answer.status, said, settings, path)
    return Refused(error, said, answer.retry_after)
