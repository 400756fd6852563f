"""``python -m farthing.engine.measure MODEL [THREADS]``: how fast a model is on this machine, as one JSON object.

In a process of its own, so that whoever asks survives a model or a build of llama.cpp that crashes.
"""

import json
import sys
import time
from pathlib import Path

from farthing.engine.kv import finish
from farthing.engine.kv_plan import Prompt
from farthing.engine.memory import AbortFlag
from farthing.engine.runtime import Runtime
from farthing.errors import FarthingError

PROMPT_TOKENS, OUTPUT_TOKENS = 256, 32


def measure(path: Path, threads: int = 0) -> dict[str, float | bool]:
    """Speeds of prefill and decode, tokens a second, the seconds that loading took, and the threads: of single tokens,
    of batches, and whether those were measured as the fastest.

    Args:
        threads: 0 for what the engine uses.

    Raises:
        ModelUnusable: see :class:`farthing.engine.runtime.Runtime`.
    """
    begun = time.monotonic()
    runtime = Runtime(path, 1024, threads, AbortFlag())
    runtime.cache.restore = None  # what an earlier measurement has read is not to be found read already
    try:
        loaded = time.monotonic()
        sample = runtime.tokenize("def area(width, height):\n    return width * height\n\n\n") * PROMPT_TOKENS
        # The first evaluation touches every weight for the first time.
        finish(runtime.cache.prepare("first", Prompt(tuple(sample[:15]), (sample[15],))))
        start = time.monotonic()
        cells = finish(
            runtime.cache.prepare("measured", Prompt(tuple(sample[: PROMPT_TOKENS - 1]), (sample[0],)))
        ).cells
        prefilled = time.monotonic()
        for _ in range(OUTPUT_TOKENS):
            finish(runtime.cache.extend(cells, [runtime.choose()[0]]))
        end = time.monotonic()
    finally:
        runtime.close(keep=False)
    return {
        "load_seconds": round(loaded - begun, 3),
        "prefill_per_second": round(PROMPT_TOKENS / (prefilled - start), 1),
        "decode_per_second": round(OUTPUT_TOKENS / (end - prefilled), 1),
        "decode_threads": runtime.threads.decode,
        "batch_threads": runtime.threads.batch,
        "threads_measured": runtime.threads.measured,
    }


def main(argv: list[str]) -> int:
    """Print the measurement, or one line of error."""
    try:
        sys.stdout.write(json.dumps(measure(Path(argv[0]), int(argv[1]) if len(argv) > 1 else 0)) + "\n")
    except FarthingError as exc:
        sys.stderr.write(f"{exc}\n")
        return exc.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
