"""What guessing saves where an answer mostly repeats a text: one model, functions rewritten with small changes.

    .venv/bin/python scripts/bench drafts qwen2.5-coder-1.5b [--levels 3,15,31,63] [--batches]

It runs for a minute or two; for figures to keep, start it with real-time priority (chrt -f 5) on a quiet machine.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence

SMOOTH = '''\
def smooth(values, window=5, weights=None, edges="shorten"):
    """Running average of a list of numbers.

    Args:
        values: the numbers, in order.
        window: how many of them are averaged, an odd number.
        weights: one for each place of the window; all the same if None.
        edges: "shorten" averages fewer numbers at both ends, "repeat" repeats the first and the last one.

    Returns:
        As many numbers as there are values.
    """
    if window < 1 or window % 2 == 0:
        raise ValueError("the window must be an odd number")
    if weights is None:
        weights = [1.0] * window
    if len(weights) != window:
        raise ValueError("there must be one weight for each place of the window")
    if not values:
        return []
    half = window // 2
    averages = []
    for index in range(len(values)):
        total = 0.0
        weight_sum = 0.0
        for offset in range(-half, half + 1):
            place = index + offset
            if place < 0 or place >= len(values):
                if edges == "shorten":
                    continue
                place = min(max(place, 0), len(values) - 1)
            weight = weights[offset + half]
            total += weight * values[place]
            weight_sum += weight
        if weight_sum == 0:
            averages.append(0.0)
        else:
            averages.append(total / weight_sum)
    return averages
'''
TASKS = {
    "one line": "Raise ValueError if edges is neither 'shorten' nor 'repeat'.",
    "rename": "Rename the parameter `values` to `numbers`.",
    "no docstring": "Remove the docstring and add type annotations to the parameters and the result.",
}
SYSTEM = "You rewrite functions. Answer with the whole function in one code block, and nothing else."


def _levels(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(",")) if text else ()


def batches(runtime: "Runtime") -> None:
    """How long several tokens take beside one, behind 1,000 others."""
    tokens = (runtime.tokenize(SMOOTH) * 4)[:1100]
    cells = finish(runtime.cache.prepare("b", Prompt(tuple(tokens[:999]), (tokens[999],)))).cells
    best: dict[int, float] = {}
    with runtime.cache.using(cells):
        for size in [*(1, 2, 3, 4, 5, 6, 8, 12, 16, 17, 24, 32, 48, 64)] * 3:
            begun = time.monotonic()
            finish(runtime.cache.extend(cells, tokens[1000 : 1000 + size], size))
            best[size] = min(best.get(size, 1e9), time.monotonic() - begun)
            runtime.cache.cut(cells, 1000)
    for size, took in best.items():
        print(
            f"{size:3} tokens {took * 1000:6.0f} ms, {took / best[1]:5.2f} times one, {took / size * 1000:5.0f} ms each"
        )


def rewrite(runtime: "Runtime", instruction: str, levels: Sequence[int]) -> tuple[str, int, float]:
    """The answer, its tokens and the seconds that they took."""
    drafts.LEVELS = tuple(levels) or drafts.LEVELS
    chat.MAX_DRAFT = MAX_DRAFT if levels else 0
    text: list[str] = []
    begun = 0.0

    def emit(event: wire.Event) -> None:
        nonlocal begun
        if isinstance(event, wire.Prefilled):
            begun = time.monotonic()
        if isinstance(event, wire.Token):
            text.append(event.text)

    user = f"```python\n{SMOOTH}```\n\n{instruction}"
    messages = (("system", SYSTEM), ("user", user))
    draft = SMOOTH if levels else ""
    request = wire.Chat(1, "r", "m", messages, 600, "```python\n", ("```",), draft)
    done = finish(converse(runtime, request, time.monotonic(), emit))
    return "".join(text), done.output_tokens, time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench drafts", description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="qwen2.5-coder-1.5b", help="catalogue id, or path of a GGUF file")
    parser.add_argument("--levels", default="3,15,31,63", help="how many tokens are guessed at once; empty for none")
    parser.add_argument("--batches", action="store_true", help="only time batches")
    parser.add_argument("--task", choices=TASKS, action="append", help="only this one")
    options = parser.parse_args()
    path = store.resolve(options.model)
    with tempfile.TemporaryDirectory() as home:
        os.environ["FARTHING_HOME"] = home
        runtime = Runtime(path, 4096, 0, AbortFlag())
        if options.batches:
            batches(runtime)
            return
        for name in options.task or TASKS:
            text, count, took = rewrite(runtime, TASKS[name], _levels(options.levels))
            print(f"{name}: {count} tokens in {took:.1f} s, {count / took:.1f} a second, #{hash(text) & 0xFFFF:04x}")


if __name__ == "__main__":
    # libgomp reads this once: as for the engine (backends/engine_process.py).
    if "GOMP_SPINCOUNT" not in os.environ:
        os.execve(
            sys.executable,
            [sys.executable, *sys.argv],
            {**os.environ, "GOMP_SPINCOUNT": "10000", "PYTHONHASHSEED": "0"},
        )
    from farthing.engine import chat, drafts, wire
    from farthing.engine.chat import converse
    from farthing.engine.generate import MAX_DRAFT
    from farthing.engine.kv import finish
    from farthing.engine.kv_plan import Prompt
    from farthing.engine.memory import AbortFlag
    from farthing.engine.models import store
    from farthing.engine.runtime import Runtime

    main()
