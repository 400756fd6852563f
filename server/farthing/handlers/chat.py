"""Conversations: what the user says, and what becomes of it."""

import contextlib
from dataclasses import asdict
from typing import Any

from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from farthing.chat.model import Instruction
from farthing.chat_protocol import (
    CHAT_TEXT_DID_GROW,
    CHAT_TURN_DID_CHANGE,
    CLOSE_CONVERSATION,
    PREVIEW_CONTEXT,
    SEND_CHAT,
    STOP_CHAT,
    ChatText,
    ChatTurn,
    ChatTurnId,
    ConversationParams,
    Range,
    SendChatParams,
)
from farthing.context.model import Diagnostic, Pin
from farthing.errors import FarthingError, UsageError
from farthing.handlers import chat_view
from farthing.handlers.domain import Domain
from farthing.handlers.params import decode
from farthing.handlers.pulse import Pulse
from farthing.handlers.texts import finder, home_of
from farthing.handlers.turns import Asked


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    @server.feature(SEND_CHAT)
    async def send(ls: LanguageServer, params: Any) -> dict[str, Any]:
        wanted = decode(SendChatParams, params)
        try:
            turn, _ = domain.turns.begin(asked(ls, domain, wanted), Teller(ls).tell)
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
        return asdict(ChatTurnId(turn))

    @server.feature(PREVIEW_CONTEXT)
    async def preview(ls: LanguageServer, params: Any) -> dict[str, Any]:
        try:
            wanted = decode(SendChatParams, params)
            found = asked(ls, domain, wanted, unsaid=True)
            if not wanted.text.strip():
                # The user begins to write the instruction: the model may read meanwhile what it will be about.
                domain.in_background(_warm(found))
            return asdict(chat_view.receipt(await found.chat.preview(found.conversation, found.instruction)))
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc

    @server.feature(STOP_CHAT)
    def stop(ls: LanguageServer, params: Any) -> None:
        domain.turns.stop(decode(ConversationParams, params).conversation)

    @server.feature(CLOSE_CONVERSATION)
    def close(ls: LanguageServer, params: Any) -> None:
        domain.turns.close(decode(ConversationParams, params).conversation)


class Teller:
    """Tells a client of a turn: all of it, or only what its text has more."""

    def __init__(self, ls: LanguageServer) -> None:
        self._notify = ls.protocol.notify
        self._pulse = Pulse(self._send)
        self._told: ChatTurn | None = None
        self._turn: ChatTurn | None = None

    def tell(self, turn: ChatTurn, text_only: bool) -> None:
        """The turn is another one now."""
        news = self._turn is None or turn.state != self._turn.state
        self._turn = turn
        if news and not text_only:
            self._pulse.now()
        else:
            self._pulse.want()

    def _send(self) -> None:
        told, turn = self._told, self._turn
        self._told = turn
        if turn is None or turn == told:
            return
        if told and chat_view.only_text_grew(told, turn):
            more = ChatText(turn.conversation, turn.turn, turn.text[len(told.text) :])
            self._notify(CHAT_TEXT_DID_GROW, asdict(more))
        else:
            self._notify(CHAT_TURN_DID_CHANGE, asdict(turn))


async def _warm(asked: Asked) -> None:
    with contextlib.suppress(FarthingError):  # the turn itself will meet it again, and tell
        await asked.chat.warm(asked.conversation, asked.instruction)


def asked(ls: LanguageServer, domain: Domain, params: SendChatParams, unsaid: bool = False) -> Asked:
    """What a request comes to, and who answers it.

    Args:
        unsaid: the instruction is still to come.

    Raises:
        UsageError: nothing is asked.
    """
    if params.task in ("ask", "edit") and not unsaid and not params.text.strip():
        raise UsageError("there is no instruction", "Say what is to be done")
    folder, path = home_of(ls.workspace, params.uri)
    lines = _lines(params.range)
    first = lines[0] if lines else 1
    instruction = Instruction(
        task=params.task,
        text=params.text,
        path=path,
        lines=lines if path else None,
        diagnostics=tuple(Diagnostic(path, first, message) for message in params.diagnostics if path),
        pins=tuple(Pin(pin.path, pin.startLine, pin.endLine) for pin in params.pins),
        drops=frozenset(params.drops),
        tier=params.tier,
    )
    return Asked(params.conversation, instruction, domain.chat_of(folder), finder(ls.workspace, folder))


def _lines(place: Range | None) -> tuple[int, int] | None:
    """Lines of a selection, from 1 and inclusive. One that ends at the beginning of a line has nothing of it."""
    if place is None:
        return None
    first, last = place.start.line + 1, place.end.line + 1
    return first, last - 1 if last > first and place.end.character == 0 else last
