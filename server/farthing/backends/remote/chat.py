"""A server of the team as a partner of a conversation: OpenAI's chat completions, which all of their kinds speak.

It bills nobody, so it is not behind the ledger's meter; what it computed is recorded as local work.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import Any

from farthing.backends.chat import ChatRequest, Delta, End, Event
from farthing.backends.cloud.dialect import Abilities, Complaint, Reader
from farthing.backends.cloud.openai_chat import OpenAiChat
from farthing.backends.remote import complaint, probe, salt
from farthing.backends.remote.conversation import DRAIN, Refused, messages, refused
from farthing.backends.remote.link import Answer, Link, Patience, linked, parse
from farthing.backends.remote.unwrap import Unwrap
from farthing.errors import RemoteError, RemoteRefused, RemoteUnavailable
from farthing.settings import RemoteSettings

PATH = "/v1/chat/completions"

WINDOW = 4096
"""Tokens of a server that does not tell; Ollama cuts what is longer without a word."""

PATIENCE = Patience(first=120.0, next=60.0)
"""A conversation is long to read, and others may be first."""

LESS = "Select less, take something out of what is sent, or begin a new conversation"

_TOLD = re.compile(r"context (?:length|window|size)\D{0,40}(\d{3,8})")
_TOO_LONG = re.compile(r"context (?:length|window|size)|maximum context|too long")
_UNKNOWN = re.compile(r"cache_salt|extra|unrecogni[sz]ed|unknown|unexpected|not permitted")


@dataclass(frozen=True)
class About:
    """What answers."""

    model: str
    """As the server names it; empty where it has only one that is not named."""
    window: int
    """Tokens of prompt and answer together."""
    where: str
    """Host and port, for people."""


@dataclass
class _Server:
    link: Link
    about: About
    abilities: Abilities
    salted: bool
    """It is sent a salt for its cache."""


class RemoteChat:
    """Conversations with one server. Belongs to one event loop, and opens nothing before the first request.

    Args:
        settings: which server. They stay as they are; new ones want a new backend.
        workspace: the trust boundary: what is cached of one is never used for another.
        patience: how long to wait for what.
    """

    def __init__(self, settings: RemoteSettings, workspace: str, patience: Patience = PATIENCE) -> None:
        self.settings = settings
        self._workspace, self._patience = workspace, patience
        self._dialect = OpenAiChat()
        self._server: _Server | None = None
        self._finding = asyncio.Lock()

    async def about(self) -> About:
        """What answers there.

        Raises:
            FarthingError: nothing that can be used.
        """
        return (await self._found()).about

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`. The request's model is one of :meth:`about`; of its hints
        those are kept that can be had of any server.

        Raises:
            RemoteError: it can't be reached, refuses, breaks off, or talks garbage.
            AirGapped: it is not on this machine, and nothing may leave it.
        """
        if not request.max_output:  # to only have it read gets nothing ready that others would not displace
            yield End("length", request.model)
            return
        server, said = await self._found(), False
        while True:
            try:
                async with contextlib.aclosing(self._ask(server, request)) as events:
                    async for event in events:
                        said = True
                        yield event
                return
            except Refused as no:
                if said or not self._learn(server, no):
                    raise self._error(server, no) from None
            except RemoteUnavailable:
                self._server = None  # it may be another one the next time
                await server.link.aclose()
                raise

    async def aclose(self) -> None:
        """Close the connections."""
        server, self._server = self._server, None
        if server is not None:
            await server.link.aclose()

    async def _found(self) -> _Server:
        async with self._finding:
            if self._server is None:
                link = await linked(self.settings, self._patience)
                try:
                    kind, models = await probe.listed(link, self.settings)
                    model = probe.conversing(kind, models, str(link.address), self.settings)
                except BaseException:
                    await link.aclose()
                    raise
                about = About(model.name, model.tokens or WINDOW, str(link.address))
                self._server = _Server(link, about, Abilities(completion_limit=False), kind == "openai")
            return self._server

    def _body(self, server: _Server, request: ChatRequest) -> dict[str, Any]:
        body = self._dialect.body(request, server.abilities) | {"temperature": 0.0}
        return body | {"cache_salt": salt.of(self._workspace)} if server.salted else body

    async def _ask(self, server: _Server, request: ChatRequest) -> AsyncGenerator[Event, None]:
        reader, unwrap = self._dialect.reader(), Unwrap(request.hints)
        body = await asyncio.to_thread(self._body, server, request)
        async with server.link.ask(PATH, body) as answer:
            if answer.status != 200:
                raise await refused(server.link, self.settings, answer, PATH)
            if answer.is_page:
                raise complaint.web_page(server.about.where)
            async with contextlib.aclosing(self._events(server.link, answer, reader)) as events:
                async for event in events:
                    if not isinstance(event, Delta):
                        yield event
                    elif event.kind == "answer" and (text := unwrap.feed(event.text)):
                        yield Delta(text)
                    if unwrap.done:
                        break
                for event in await _rest(events) if unwrap.done else ():
                    yield event
        if rest := unwrap.end():
            yield Delta(rest)
        yield End("stop" if unwrap.done else reader.reason or "stop", reader.model)

    async def _events(self, link: Link, answer: Answer, reader: Reader) -> AsyncGenerator[Event, None]:
        heard = False
        async with contextlib.aclosing(messages(link, True, answer)) as found:
            async for message in found:
                if message is None:
                    return
                heard = True
                try:
                    events = reader.read("", message)
                except Complaint as exc:
                    said = link.hide(complaint.words(parse(exc.body)))
                    raise Refused(complaint.refusal(str(link.address), 200, said, self.settings), said) from exc
                for event in events:
                    yield event
        if not heard:
            # llama-cpp-python's server says nothing when a prompt is longer than its context: it breaks off.
            what = "answered nothing: it may be more than it can read"
            raise RemoteRefused(f"{link.address} {what}", LESS)
        if not reader.reason:
            raise RemoteUnavailable(f"{link.address} broke its answer off", "Look at its log, or ask its keeper")

    def _learn(self, server: _Server, no: Refused) -> bool:
        """Whether there is another way to ask, after a refusal; the server is asked so from now on."""
        said = no.said.lower()
        if abilities := self._dialect.learn(said, server.abilities):
            server.abilities = abilities
            return True
        if server.salted and _UNKNOWN.search(said):
            server.salted = False
            return True
        return False

    def _error(self, server: _Server, no: Refused) -> RemoteError:
        said = no.said.lower()
        if not _TOO_LONG.search(said):
            return no.error
        if told := _TOLD.search(said):
            server.about = replace(server.about, window=int(told[1]))
        return RemoteRefused(
            f"{server.about.where} can't read so much at once: {no.said}",
            LESS,
        )


async def _rest(events: AsyncGenerator[Event, None]) -> list[Event]:
    """The server's numbers, which come behind the text; none where it does not end soon."""
    found: list[Event] = []
    with contextlib.suppress(RemoteError, Refused, TimeoutError):
        async with asyncio.timeout(DRAIN):
            found += [event async for event in events if not isinstance(event, Delta)]
    return found


class SelectedChat:
    """The server that the settings name now, if they do.

    Args:
        settings: asked for at every turn.
        workspace: see :class:`RemoteChat`.
    """

    def __init__(self, settings: Callable[[], RemoteSettings], workspace: str) -> None:
        self._settings, self._workspace = settings, workspace
        self._chat: RemoteChat | None = None

    async def choose(self) -> RemoteChat | None:
        """The server; None for the engine on this machine. One that is no longer named is closed."""
        settings = self._settings()
        if self._chat is not None and self._chat.settings != settings:
            await self.aclose()
        if self._chat is None and settings.url.strip():
            self._chat = RemoteChat(settings, self._workspace)
        return self._chat

    async def aclose(self) -> None:
        """Close the connections."""
        chat, self._chat = self._chat, None
        if chat is not None:
            await chat.aclose()
