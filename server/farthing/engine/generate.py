"""One completion, from texts to tokens to text. Runs on the compute thread."""

import codecs
import time
from collections.abc import Callable

from farthing.engine import wire
from farthing.engine.fim import build_prompt
from farthing.engine.healing import take_back
from farthing.engine.runtime import AbortFlag, Runtime
from farthing.errors import Cancelled

MAX_HEALED = 16
"""Room kept for the tokens that spell what was taken back from the prefix."""


def generate(
    runtime: Runtime, request: wire.Complete, arrived: float, abort: AbortFlag, emit: Callable[[wire.Event], None]
) -> wire.Done:
    """Generate greedily until the model ends, the limit is reached or the flag is raised.

    Args:
        arrived: ``time.monotonic()`` of the request's arrival, from which all times are counted.
        emit: gets :class:`wire.Prefilled`, then a :class:`wire.Token` for every piece of text.

    Returns:
        The final event, with reason ``cancelled`` where the flag was raised; never raises for that.
    """
    max_tokens = max(1, min(request.max_tokens, runtime.n_ctx // 2))
    prefix, required = take_back(runtime.tokenize(request.prefix), runtime.piece)
    suffix = runtime.tokenize(request.suffix) if runtime.fim else []
    prompt = build_prompt(prefix, suffix, runtime.fim, runtime.bos, runtime.n_ctx - max_tokens - MAX_HEALED)
    cached, output, first_ms = 0, 0, 0.0
    text = codecs.getincrementaldecoder("utf-8")(errors="replace")
    reason: wire.EndReason = "length"
    try:
        # An empty file and a model without markers leave no prompt at all: there is nothing to go on from.
        if not prompt:
            return wire.Done(request.id, "stop", total_ms=_ms(arrived))
        cached = runtime.prefill(prompt)
        emit(wire.Prefilled(request.id, len(prompt), cached))
        while True:
            token = runtime.most_likely(required)
            if runtime.ends(token):
                reason = "stop"
                break
            output += 1
            piece = runtime.piece(token)
            required, piece = required[len(piece) :], piece[len(required) :]
            if written := text.decode(piece):
                first_ms = first_ms or _ms(arrived)
                emit(wire.Token(request.id, written, output))
            if output == max_tokens:
                break
            if abort.raised:
                raise Cancelled("the work was given up")
            runtime.evaluate([token])
    except Cancelled:
        reason = "cancelled"
    return wire.Done(request.id, reason, len(prompt), cached, output, round(first_ms, 1), round(_ms(arrived), 1))


def _ms(since: float) -> float:
    return (time.monotonic() - since) * 1000
