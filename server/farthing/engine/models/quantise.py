"""The helper process of :mod:`farthing.engine.models.requantise`, the only one that loads llama.cpp.

``python -m farthing.engine.models.quantise SRC [DST TYPE]`` makes DST when it is named, measures it (else SRC) as the
engine would run it, and writes one JSON line: ``{"prefill": tokens/s, "decode": tokens/s}``. It ends when its stdin is
closed.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

import llama_cpp

from farthing.engine.kv import finish
from farthing.engine.kv_plan import Prompt
from farthing.engine.memory import AbortFlag
from farthing.engine.runtime import Runtime
from farthing.engine.threads import physical_cores

_TYPES = {
    "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
}
_PROMPT_TOKENS = 512
_DECODE_TOKENS = 32
_ROUNDS = 3
_TEXT = "def add(first: int, second: int) -> int:\n    return first + second\n\n" * 64


def quantise(source: str, target: str, quant: str) -> bool:
    """Write ``source`` as ``quant`` to ``target``; False when the library refuses."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = _TYPES[quant]
    params.allow_requantize = True
    return not llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(target), params)


def measure(path: Path) -> dict[str, float]:
    """Prefill and decode speed, tokens per second; the best of three rounds, as other work only ever slows one down."""
    runtime = Runtime(path, _PROMPT_TOKENS + _DECODE_TOKENS, physical_cores(), AbortFlag())
    tokens = runtime.tokenize(_TEXT)
    prefill = decode = 0.0
    for shift in range(_ROUNDS):
        prompt = tokens[shift : shift + _PROMPT_TOKENS]  # another first token, so nothing is left of the last round
        start = time.perf_counter()
        cells = finish(runtime.cache.prepare("measured", Prompt(tuple(prompt[:-1]), (prompt[-1],)))).cells
        middle = time.perf_counter()
        for token in tokens[:_DECODE_TOKENS]:
            finish(runtime.cache.extend(cells, [token]))
        end = time.perf_counter()
        prefill = max(prefill, _PROMPT_TOKENS / (middle - start))
        decode = max(decode, _DECODE_TOKENS / (end - middle))
    return {"prefill": round(prefill, 1), "decode": round(decode, 1)}


def _end_with_parent() -> None:
    os.read(0, 1)  # nothing is ever sent: this returns when the pipe is closed
    os._exit(1)


def main() -> None:
    """See the module's docstring."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    source, *made = sys.argv[1:]
    if made and not quantise(source, *made):
        os._exit(1)
    sys.stdout.write(json.dumps(measure(Path(made[0] if made else source))) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
