"""One answer of a conversation. Runs on the compute thread, in steps."""

import codecs
import time
from collections.abc import Callable, Generator
from pathlib import Path

from farthing.engine import rates, wire
from farthing.engine.drafts import ORDER, Lookup, Repetition
from farthing.engine.generate import MAX_DRAFT, Steps
from farthing.engine.kv import SHARED, Prepared
from farthing.engine.kv_plan import Prompt
from farthing.engine.runtime import Runtime
from farthing.engine.stops import Stops
from farthing.engine.turns import build
from farthing.errors import EngineError

NAME = SHARED
"""Before the name of a conversation, so that it is none of a document."""

LEAST_ANSWER = 64
"""Tokens: a conversation that leaves less room for an answer is refused."""


def converse(runtime: Runtime, request: wire.Chat, arrived: float, emit: Callable[[wire.Event], None]) -> Steps:
    """Answer greedily until the model ends, a stop string comes, or the limit is reached.

    Args:
        arrived: ``time.monotonic()`` of the request's arrival, from which all times are counted.
        emit: gets :class:`wire.Prefilled`, then a :class:`wire.Token` for every piece of text.

    Raises:
        EngineError: the conversation is longer than the context can be.
        ModelUnusable: the model can't converse.
    """
    if not request.messages:
        raise EngineError("the conversation holds no message")
    document = NAME + request.document
    markup = runtime.markup([role for role, _ in request.messages])
    turns = build(runtime, markup, request.messages, request.start, runtime.cache.known(document))
    size = len(turns.tokens)
    room = runtime.make_room(size + max(0, request.max_tokens))
    max_tokens = max(0, min(request.max_tokens, room - size))
    if size + min(request.max_tokens, LEAST_ANSWER) > room:
        raise EngineError(
            f"the conversation has {size} tokens, and the model has room for {room} with its answer",
            "Attach less or begin a new conversation, or raise farthing.engine.contextTokens",
        )
    begun = time.monotonic()
    prepared: Prepared = yield from runtime.cache.prepare(
        document, Prompt(turns.tokens[:-1], turns.tokens[-1:]), max_tokens
    )
    rates.note(Path(request.model), size - prepared.kept, time.monotonic() - begun)
    prepared.cells.shared = turns.shared
    emit(wire.Prefilled(request.id, size, prepared.kept))
    said = _Said(request, arrived, emit)
    reason: wire.EndReason = "length"
    with runtime.cache.using(prepared.cells):
        try:
            if max_tokens:
                reason = yield from _write(runtime, prepared, turns.tokens, request, max_tokens, said)
        finally:
            runtime.cache.keep(prepared.cells)  # the next turn begins with what was said
    return wire.Done(
        request.id, reason, size, prepared.kept, said.tokens, round(said.first_ms, 1), round(_ms(arrived), 1)
    )


class _Said:
    """What was told to whoever asked: whole code points, and nothing of what ends an answer."""

    def __init__(self, request: wire.Chat, arrived: float, emit: Callable[[wire.Event], None]) -> None:
        self.tokens = 0
        self.first_ms = 0.0
        self.logprob = 0.0
        self._id, self._arrived, self._emit = request.id, arrived, emit
        self._text = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stops = Stops(request.stop)

    def add(self, piece: bytes, logprob: float) -> bool:
        """One more token was generated; returns whether the answer goes on."""
        self.tokens += 1
        self.logprob += logprob
        self._tell(self._stops.add(self._text.decode(piece)))
        return not self._stops.stopped

    def end(self) -> None:
        """No more comes, though not because of a stop string."""
        self._tell(self._stops.add(self._text.decode(b"", True)) + self._stops.end())

    def _tell(self, text: str) -> None:
        if text:
            self.first_ms = self.first_ms or _ms(self._arrived)
            self._emit(wire.Token(self._id, text, self.tokens, self.logprob))


def _write(
    runtime: Runtime, prepared: Prepared, prompt: tuple[int, ...], request: wire.Chat, limit: int, said: _Said
) -> Generator[None, None, wire.EndReason]:
    cells, answer, draft = prepared.cells, list[int](), list[int]()
    repetition, lookup = Repetition(runtime.tokenize(request.draft)), Lookup(prompt)
    while True:
        token, logprob = runtime.choose(len(draft))
        if runtime.ends(token):
            said.end()
            runtime.cache.cut(cells, len(prompt) + len(answer))
            return "stop"
        answer.append(token)
        repetition.add(token)
        if not said.add(runtime.piece(token), logprob):
            runtime.cache.cut(cells, len(prompt) + len(answer) - 1)
            return "stop"
        if len(answer) == limit:
            said.end()
            runtime.cache.cut(cells, len(prompt) + len(answer) - 1)
            return "length"
        if draft and draft[0] == token:
            del draft[0]  # the guess was right: it is computed already
            continue
        runtime.cache.cut(cells, len(prompt) + len(answer) - 1)
        if runtime.memory.can_shift:
            draft = repetition.guess() or lookup.draft([*prompt[-ORDER:], *answer], MAX_DRAFT)
            del draft[limit - len(answer) :]
        yield from runtime.cache.extend(cells, [token, *draft], 1 + len(draft))


def _ms(since: float) -> float:
    return (time.monotonic() - since) * 1000
