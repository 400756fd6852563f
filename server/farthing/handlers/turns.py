"""Turns of conversations, while they are under way."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from farthing.chat.model import Event, Finished, Instruction, Proposed, Started
from farthing.chat_protocol import ChatTurn
from farthing.errors import FarthingError, UsageError
from farthing.handlers import chat_view
from farthing.review.review import Found, Review

if TYPE_CHECKING:  # with all that asks models: a server that only completes starts without
    from farthing.chat.preview import Preview


class Chat(Protocol):
    """Answers instructions about one folder."""

    def turn(self, conversation: str, instruction: Instruction) -> AsyncGenerator[Event, None]:
        """Answer. Closing the generator stops all work at once.

        Raises:
            FarthingError: it can't be answered.
        """
        ...

    async def preview(self, conversation: str, instruction: Instruction) -> Started:
        """What would be sent, and where to.

        Raises:
            FarthingError: it can't be answered.
        """
        ...

    async def preview_request(self, conversation: str, instruction: Instruction) -> "Preview":
        """What would be sent, word for word.

        Raises:
            FarthingError: it can't be asked.
        """
        ...

    async def warm(self, conversation: str, instruction: Instruction) -> None:
        """Have the model read what an instruction will be about.

        Raises:
            FarthingError: it can't be asked.
        """
        ...

    def close(self, conversation: str) -> None:
        """Forget what a conversation was about."""
        ...


@dataclass(frozen=True)
class Asked:
    """An instruction, and who answers it."""

    conversation: str
    instruction: Instruction
    chat: Chat
    find: Callable[[str], Found]
    """The file of a path relative to the folder."""


@dataclass(frozen=True)
class Answered:
    """How a turn ended."""

    turn: ChatTurn
    error: FarthingError | None = None
    """Why it could not go on."""


Watch = Callable[[ChatTurn, bool], None]
"""Told of a turn after each event; and whether nothing but its text grew."""


class Turns:
    """One turn of a conversation at a time; several conversations side by side.

    Args:
        review: where hunks go.
    """

    def __init__(self, review: Review) -> None:
        self._review = review
        self._counts: dict[str, int] = {}
        self._running: dict[str, asyncio.Task[Answered]] = {}
        self._closing: dict[str, Chat] = {}
        self._asked: dict[str, Chat] = {}

    def begin(self, asked: Asked, watch: Watch) -> tuple[int, "asyncio.Task[Answered]"]:
        """Begin a turn; returns its number, from 1. Cancelling the task stops it, and it still tells how it ended.

        Raises:
            UsageError: the conversation has a turn under way.
        """
        name = asked.conversation
        if name in self._running:
            raise UsageError("this conversation is still busy with the last instruction", "Wait for it, or stop it")
        number = self._counts[name] = self._counts.get(name, 0) + 1
        self._asked[name] = asked.chat
        turn = ChatTurn(name, number, asked.instruction.task, asked.instruction.text, "waiting")
        self._review.begin(_key(turn))
        watch(turn, False)
        task = asyncio.ensure_future(self._answer(asked, turn, watch))
        self._running[name] = task
        task.add_done_callback(lambda done: self._over(turn, watch, done.cancelled()))
        return number, task

    def _over(self, turn: ChatTurn, watch: Watch, unbegun: bool) -> None:
        if unbegun:
            watch(chat_view.stopped(turn), False)
        name = turn.conversation
        self._review.end(_key(turn))
        self._running.pop(name, None)
        if chat := self._closing.pop(name, None):
            chat.close(name)

    async def _answer(self, asked: Asked, turn: ChatTurn, watch: Watch) -> Answered:
        error, key = None, _key(turn)
        try:
            async with contextlib.aclosing(asked.chat.turn(turn.conversation, asked.instruction)) as events:
                async for event in events:
                    shown = None
                    if isinstance(event, Proposed):
                        shown = self._review.propose(key, event.result, event.writing, asked.find)
                    elif isinstance(event, Finished) and event.result:
                        shown = self._review.propose(key, event.result, False, asked.find)
                    before, turn = turn, chat_view.after(turn, event, shown)
                    watch(turn, chat_view.only_text_grew(before, turn))
        except FarthingError as exc:
            turn, error = chat_view.failed(self._cut_off(turn), exc), exc
            watch(turn, False)
        except asyncio.CancelledError:
            turn = chat_view.stopped(self._cut_off(turn))
            watch(turn, False)
        return Answered(turn, error)

    def _cut_off(self, turn: ChatTurn) -> ChatTurn:
        """The turn without the hunk that was being written."""
        known = {hunk.review: self._review.of(hunk.review) for hunk in turn.hunks}
        writing = {id for id, found in known.items() if found and found[1].writing}
        self._review.end(_key(turn))
        return replace(turn, hunks=tuple(hunk for hunk in turn.hunks if hunk.review not in writing))

    def stop(self, conversation: str) -> None:
        """Give up the turn under way, if there is one. What was proposed completely stays for review."""
        if task := self._running.get(conversation):
            task.cancel()

    def close(self, conversation: str) -> None:
        """Forget a conversation. Its hunks stay for review."""
        self._counts.pop(conversation, None)
        chat = self._asked.pop(conversation, None)
        if chat is None:
            return
        if conversation in self._running:
            self._closing[conversation] = chat
            self.stop(conversation)
        else:
            chat.close(conversation)

    async def aclose(self) -> None:
        """Give everything up."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _key(turn: ChatTurn) -> str:
    return f"{turn.conversation}/{turn.turn}"
