"""One completion, from texts to tokens to text. Runs on the compute thread, in steps."""

import codecs
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from farthing.engine import wire
from farthing.engine.drafts import ORDER, Lookup
from farthing.engine.fim import build_prompt
from farthing.engine.healing import take_back
from farthing.engine.kv import BATCH, SMALL_BATCH
from farthing.engine.kv_plan import Prompt
from farthing.engine.kv_room import Cells
from farthing.engine.runtime import Runtime

MAX_HEALED = 16
"""Room kept for the tokens that spell what was taken back from the prefix."""

MAX_DRAFT = 3
"""Tokens that are guessed at once."""

Steps = Generator[None, None, wire.Done]
"""Yields where more urgent work may come between; returns the last event."""


def generate(runtime: Runtime, request: wire.Complete, arrived: float, emit: Callable[[wire.Event], None]) -> Steps:
    """Generate greedily until the model ends or the limit is reached; of no tokens at all, only fill the KV cache.

    Args:
        arrived: ``time.monotonic()`` of the request's arrival, from which all times are counted.
        emit: gets :class:`wire.Prefilled`, then a :class:`wire.Token` for every piece of text.
    """
    max_tokens = max(0, min(request.max_tokens, runtime.n_ctx // 2))
    prefix, required = take_back(runtime.tokenize(request.prefix), runtime.piece)
    suffix = runtime.tokenize(request.suffix) if runtime.fim else []
    header = runtime.tokenize(request.header)
    room = runtime.n_ctx - max_tokens - MAX_HEALED
    prompt = build_prompt(header, prefix, suffix, runtime.fim, runtime.bos, room)
    # An empty file and a model without markers leave no prompt at all: there is nothing to go on from.
    if prompt is None:
        return wire.Done(request.id, "stop", total_ms=_ms(arrived))
    waited_for = request.urgency == "keystroke"
    prepared = yield from runtime.cache.prepare(
        request.document, prompt, max_tokens + MAX_HEALED, BATCH if waited_for else SMALL_BATCH
    )
    size = len(prompt.tokens) + len(prompt.closing)
    emit(wire.Prefilled(request.id, size, prepared.kept))
    answer = _Answer(request.id, arrived, emit)
    reason: wire.EndReason = "length"
    if max_tokens:
        with runtime.cache.using(prepared.cells):
            reason = yield from _write(runtime, prompt, prepared.cells, required, max_tokens, answer)
    return wire.Done(
        request.id, reason, size, prepared.kept, len(answer.tokens), round(answer.first_ms, 1), round(_ms(arrived), 1)
    )


def _write(
    runtime: Runtime, prompt: Prompt, cells: Cells, required: bytes, max_tokens: int, answer: "_Answer"
) -> Generator[None, None, wire.EndReason]:
    """Choose tokens until the model ends or the limit, at least 1, is reached."""
    read = [*prompt.tokens, *prompt.closing]
    lookup = Lookup(prompt.behind, prompt.before)
    draft: list[int] = []
    while True:
        token, logprob = runtime.choose(len(draft), required)
        if runtime.ends(token):
            return "stop"
        piece = runtime.piece(token)
        required, piece = required[len(piece) :], piece[len(required) :]
        answer.add(token, piece, logprob)
        if len(answer.tokens) == max_tokens:
            return "length"
        if draft and draft[0] == token:
            del draft[0]  # the guess was right: it is computed already
            continue
        runtime.cache.cut(cells, len(read) + len(answer.tokens) - 1)
        guess = not required and runtime.memory.can_shift
        draft = lookup.draft([*prompt.before[-ORDER:], *answer.tokens], MAX_DRAFT) if guess else []
        yield from runtime.cache.extend(cells, [token, *draft], 1 + len(draft))


@dataclass
class _Answer:
    """What was generated, and whom to tell."""

    id: int
    arrived: float
    emit: Callable[[wire.Event], None]
    tokens: list[int] = field(default_factory=list)
    logprob: float = 0.0
    first_ms: float = 0.0
    _text: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )

    def add(self, token: int, piece: bytes, logprob: float) -> None:
        self.tokens.append(token)
        self.logprob += logprob
        if text := self._text.decode(piece):
            self.first_ms = self.first_ms or _ms(self.arrived)
            self.emit(wire.Token(self.id, text, len(self.tokens), round(self.logprob, 3)))


def _ms(since: float) -> float:
    return (time.monotonic() - since) * 1000
