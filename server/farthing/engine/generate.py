"""One completion, from texts to tokens to text. Runs on the compute thread, in steps."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from farthing.engine import wire
from farthing.engine.candidates import MAX_CANDIDATES, MAX_OTHER, Answer, best_forks
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


def generate(
    runtime: Runtime,
    request: wire.Complete,
    arrived: float,
    emit: Callable[[wire.Event], None],
    unwanted: Callable[[int], bool] = lambda number: False,
) -> Steps:
    """Generate greedily until the model ends or the limit is reached; of no tokens at all, only fill the KV cache.

    Args:
        arrived: ``time.monotonic()`` of the request's arrival, from which all times are counted.
        emit: gets :class:`wire.Prefilled`, then a :class:`wire.Token` for every piece of text, and where several
            answers are wanted a :class:`wire.Ended` between two of them.
        unwanted: whether no more is wanted of the answer with this number, counted from 0.
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
    said = _Said(request.id, arrived, emit)
    reason: wire.EndReason = "length"
    if max_tokens:
        # Cells that can't be cut can't go back to where another answer begins.
        count = max(1, min(request.candidates, MAX_CANDIDATES)) if runtime.memory.can_shift else 1
        with runtime.cache.using(prepared.cells):
            desk = _Desk(runtime, prompt, prepared.cells, said, unwanted)
            reason = yield from desk.write_all(required, max_tokens, count)
    return wire.Done(
        request.id, reason, size, prepared.kept, said.tokens, round(said.first_ms, 1), round(_ms(arrived), 1)
    )


@dataclass
class _Said:
    """What was told to whoever asked."""

    id: int
    arrived: float
    emit: Callable[[wire.Event], None]
    tokens: int = 0
    first_ms: float = 0.0

    def say(self, text: str, logprob: float) -> None:
        """One more token was generated; the text may be empty."""
        self.tokens += 1
        if text:
            self.first_ms = self.first_ms or _ms(self.arrived)
            self.emit(wire.Token(self.id, text, self.tokens, round(logprob, 3)))

    def end(self, reason: wire.EndReason) -> None:
        """Another answer follows."""
        self.emit(wire.Ended(self.id, reason))


class _Desk:
    """Where the answers to a prompt are written that is in the KV cache."""

    def __init__(
        self, runtime: Runtime, prompt: Prompt, cells: Cells, said: _Said, unwanted: Callable[[int], bool]
    ) -> None:
        self._runtime, self._cells, self._said, self._unwanted = runtime, cells, said, unwanted
        self._before = prompt.before
        self._size = len(prompt.tokens) + len(prompt.closing)
        self._lookup = Lookup(prompt.behind, prompt.before)

    def write_all(self, required: bytes, max_tokens: int, count: int) -> Generator[None, None, wire.EndReason]:
        """Write so many answers, the most likely one first. Returns why the last one ended."""
        first = Answer(required)
        reason = yield from self._write(first, max_tokens, 0, count - 1)
        for number, fork in enumerate(best_forks(first, count - 1), 1):
            self._said.end(reason)
            other, text = first.forked(required, fork, self._runtime.piece)
            yield from self._go_back(other)
            self._said.say(text, other.logprob)
            reason = yield from self._write(other, min(max_tokens, MAX_OTHER), number, 0)
        return reason

    def _write(self, answer: Answer, limit: int, number: int, forks: int) -> Generator[None, None, wire.EndReason]:
        """Choose tokens until the model ends, the limit is reached, or no more is wanted. Where the answer could go
        elsewhere, so many ways are noted at each token."""
        runtime, draft = self._runtime, list[int]()
        while len(answer.tokens) < limit:
            if self._unwanted(number):
                return "stop"
            token, logprob = runtime.choose(len(draft), answer.required)
            if runtime.ends(token):
                return "stop"
            piece = runtime.piece(token)
            if forks and answer.in_first_line:
                answer.note(piece, runtime.others(forks, len(draft), answer.required), runtime.piece)
            self._said.say(answer.add(token, piece, logprob), answer.logprob)
            if len(answer.tokens) == limit:
                break
            if draft and draft[0] == token:
                del draft[0]  # the guess was right: it is computed already
                continue
            runtime.cache.cut(self._cells, self._size + len(answer.tokens) - 1)
            guess = not answer.required and runtime.memory.can_shift
            draft = self._lookup.draft([*self._before[-ORDER:], *answer.tokens], MAX_DRAFT) if guess else []
            yield from runtime.cache.extend(self._cells, [token, *draft], 1 + len(draft))
        return "length"

    def _go_back(self, answer: Answer) -> Generator[None, None, None]:
        """Bring the cells to an answer that shares its beginning with the one before it."""
        keep, written = 0, self._cells.tokens[self._size :]
        # The last token is computed in any case, as its logits are wanted.
        while keep < min(len(written), len(answer.tokens) - 1) and written[keep] == answer.tokens[keep]:
            keep += 1
        self._runtime.cache.cut(self._cells, self._size + keep)
        yield from self._runtime.cache.extend(self._cells, answer.tokens[keep:])


def _ms(since: float) -> float:
    return (time.monotonic() - since) * 1000
