"""The helper process of :mod:`farthing.engine.models.requantise`, the only one that loads llama.cpp.

``python -m farthing.engine.models.quantise SRC [DST TYPE]`` makes DST when it is named, measures it (else SRC) and
writes one JSON line: ``{"prefill": tokens/s, "decode": tokens/s}``. It ends when its stdin is closed.
"""

import json
import os
import sys
import threading
import time

import llama_cpp

_TYPES = {
    "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
}
_PROMPT_TOKENS = 512
_DECODE_TOKENS = 32
_ROUNDS = 3


def quantise(source: str, target: str, quant: str) -> bool:
    """Write ``source`` as ``quant`` to ``target``; False when the library refuses."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = _TYPES[quant]
    params.allow_requantize = True
    return not llama_cpp.llama_model_quantize(source.encode(), target.encode(), params)


def measure(path: str) -> dict[str, float]:
    """Prefill and decode speed, tokens per second; the best of three rounds, as other work only ever slows one down."""
    model = llama_cpp.Llama(path, n_ctx=_PROMPT_TOKENS + _DECODE_TOKENS, n_batch=_PROMPT_TOKENS, verbose=False)
    tokens = model.tokenize(b"def add(first: int, second: int) -> int:\n    return first + second\n\n" * 64)
    prefill = decode = 0.0
    for _ in range(_ROUNDS):
        model.reset()
        start = time.perf_counter()
        model.eval(tokens[:_PROMPT_TOKENS])
        middle = time.perf_counter()
        for token in tokens[:_DECODE_TOKENS]:
            model.eval([token])
        end = time.perf_counter()
        prefill = max(prefill, _PROMPT_TOKENS / (middle - start))
        decode = max(decode, _DECODE_TOKENS / (end - middle))
    return {"prefill": round(prefill, 1), "decode": round(decode, 1)}


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _silent(level: int, text: bytes, data: object) -> None:
    """The library's own messages are of no use to a user."""


def main() -> None:
    """See the module's docstring."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    llama_cpp.llama_log_set(_silent, None)
    source, *made = sys.argv[1:]
    if made and not quantise(source, *made):
        os._exit(1)
    sys.stdout.write(json.dumps(measure(made[0] if made else source)) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
