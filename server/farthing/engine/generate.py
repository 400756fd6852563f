"""One completion, from texts to tokens to text. Runs on the compute thread."""

import codecs
import time
from collections.abc import Callable
from pathlib import Path

from farthing.engine import wire
from farthing.engine.fim import build_prompt
from farthing.engine.runtime import AbortFlag, Runtime
from farthing.errors import Cancelled


def generate(
    runtime: Runtime, request: wire.Complete, arrived: float, abort: AbortFlag, emit: Callable[[wire.Event], None]
) -> wire.Done:
    """Generate greedily until the model ends, the limit is reached or the flag is raised.

    Args:
        arrived: ``time.monotonic()`` of the request's arrival, from which all times are counted.
        emit: gets a :class:`wire.Token` for every piece of text.

    Returns:
        The final event, with reason ``cancelled`` where the flag was raised; never raises for that.
    """
    max_tokens = min(request.max_tokens, runtime.n_ctx // 2)
    prompt = build_prompt(
        runtime.tokenize(request.prefix),
        runtime.tokenize(request.suffix) if runtime.fim else (),
        runtime.fim,
        runtime.bos,
        runtime.n_ctx - max_tokens,
    )
    cached, output, first_ms = 0, 0, 0.0
    text = codecs.getincrementaldecoder("utf-8")(errors="replace")
    reason: wire.EndReason = "length"
    try:
        # An empty file and a model without markers leave no prompt at all: there is nothing to go on from.
        if not prompt:
            return wire.Done(request.id, "stop", total_ms=_ms(arrived))
        cached = runtime.prefill(prompt)
        while True:
            token = runtime.most_likely()
            first_ms = first_ms or _ms(arrived)
            if runtime.ends(token):
                reason = "stop"
                break
            output += 1
            piece = text.decode(runtime.piece(token))
            if piece:
                emit(wire.Token(request.id, piece))
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


def measure_speed(path: Path, threads: int, prompt_tokens: int = 256, output_tokens: int = 32) -> tuple[float, float]:
    """Prefill and decode speed of a model on this machine, tokens a second."""
    runtime = Runtime(path, 1024, threads, AbortFlag())
    try:
        sample = (runtime.tokenize("def area(width, height):\n    return width * height\n\n\n") * prompt_tokens)[
            :prompt_tokens
        ]
        runtime.evaluate(sample[:16])  # the first evaluation touches every weight for the first time
        start = time.monotonic()
        runtime.evaluate(sample)
        prefilled = time.monotonic()
        for _ in range(output_tokens):
            runtime.evaluate([runtime.most_likely()])
        return prompt_tokens / (prefilled - start), output_tokens / (time.monotonic() - prefilled)
    finally:
        runtime.close()
