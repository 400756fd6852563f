"""After a pull: is another quantisation of this file the better one on this machine?

The published file of ``smollm2-135m`` is Q4_1, which llama.cpp has no fast kernels for. "Better" means, in this order:

1. Quality first. Q8_0 of a 4-bit file loses nothing: on 700 tokens of Python the perplexity stays at 14.01 and the
   divergence from the published file is 0.005 nats. So it is taken when it reads a prompt ``_WORTH`` times as fast
   (measured: 609 tokens/s to 305).
2. A coarser candidate must buy its loss: Q4_0 has a perplexity of 16.3, a divergence of 0.28 and another first choice
   for one token in four. It is taken only when it is ``_WORTH_LOSS`` times as fast as the best so far (measured: 544).
3. If none is worth it, the published file stays.

Prefill speed decides, not decoding: a completion reads some hundred tokens and writes a few. (Decoding is the same
within 15 %.)

Killed at any time, the state is right: candidates are made in the staging directory; the record is written after the
chosen file is in place, and the published file is deleted after the record.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farthing import paths
from farthing.engine.models import store
from farthing.engine.models.catalogue import Model
from farthing.engine.models.sources import child

_WORTH = 1.15
_WORTH_LOSS = 1.5
# Q8_0 takes 8.5 bits a weight where the published file takes 5, and both candidates exist for a moment.
_SPACE_FACTOR = 3


@dataclass(frozen=True)
class Candidate:
    """One measured file."""

    quant: str
    """Its quantisation."""
    file: Path
    """Where it is now."""
    prefill: float
    """Prompt tokens per second."""
    decode: float
    """Generated tokens per second."""


def settle(model: Model, staging: Path, report: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
    """Try the requantisations of a model whose published file is in place, and keep the best file.

    Does nothing when the model has none or the question was settled before. When the tools fail or space is short,
    the published file stays in use and the next pull tries again.

    Raises:
        Cancelled: ``cancelled`` said so; the published file stays.
    """
    published = store.published_path(model)
    record = store.read_record(model)
    if record and (paths.models_dir() / record.file).is_file():
        if record.file != published.name:
            published.unlink(missing_ok=True)  # an earlier run was killed just before this
        return
    if not model.requantise or shutil.disk_usage(staging).free < _SPACE_FACTOR * model.bytes:
        return
    report("measuring the published file")
    found = [_candidate([str(published)], model.quant, published, cancelled)]
    for quant in model.requantise:
        report(f"making and measuring {quant}")
        file = staging / f"{model.id}.{quant}.gguf"
        found.append(_candidate([str(published), str(file), quant], quant, file, cancelled))
    measured = [candidate for candidate in found if candidate]
    if len(measured) == len(found):
        _keep(model, choose(measured), measured)
    else:
        report("that failed; the published file stays in use")


def choose(candidates: list[Candidate]) -> Candidate:
    """The better file by the rule above. The first is the published one, the others go from fine to coarse."""
    published, *others = candidates
    best = published
    for other in others:
        needed = _WORTH if best is published else _WORTH_LOSS
        if other.prefill >= needed * best.prefill:
            best = other
    return best


def _candidate(arguments: list[str], quant: str, file: Path, cancelled: Callable[[], bool]) -> Candidate | None:
    """Make and measure a file in a process of its own: native code may crash, and this process may be an editor's."""
    command = [sys.executable, "-P", "-m", "farthing.engine.models.quantise", *arguments]
    lines: list[str] = []
    result = child.run(command, os.environ, cancelled, lines.append)
    if result.code:
        return None
    numbers = json.loads(lines[-1])
    return Candidate(quant, file, numbers["prefill"], numbers["decode"])


def _keep(model: Model, best: Candidate, measured: list[Candidate]) -> None:
    published = store.published_path(model)
    file = published
    if best.file != published:
        file = paths.models_dir() / f"{model.id}.{best.quant}.gguf"
        with best.file.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(best.file, file)
    numbers = tuple({"quant": c.quant, "prefill": c.prefill, "decode": c.decode} for c in measured)
    sha256 = store.hash_file(file)
    store.write_json(
        store.record_path(model), store.Record(file.name, best.quant, file.stat().st_size, sha256, numbers)
    )
    if file != published:
        published.unlink()
