"""How fast models have read on this machine, kept for whoever decides how much to let them read."""

import contextlib
import hashlib
import json
import os
import statistics
from pathlib import Path

from farthing import paths

LEAST = 128
"""Tokens of a prompt that tell a rate: fewer take as long as a batch of them all."""

LAST = 5
"""Measurements of a model that are kept. Their median is the rate, whatever interrupted one of them."""

KEPT = 32
"""Models in the file."""


def prefill_rate(model: Path) -> float | None:
    """Tokens a second at which a model has lately read conversations; None where that is not known yet.

    Args:
        model: the GGUF file.
    """
    found = _rates(_read(), _key(model))
    return statistics.median(found) if found else None


def note(model: Path, tokens: int, seconds: float) -> None:
    """Remember that a model has read so many tokens in so many seconds. Nothing happens where the file can't be
    written, or these are too few to tell."""
    if tokens < LEAST or seconds <= 0:
        return
    known, key = _read(), _key(model)
    rates = [*_rates(known, key), round(tokens / seconds, 1)][-LAST:]
    known.pop(key, None)
    known[key] = rates
    path = _path()
    beside = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.write_text(json.dumps(dict(list(known.items())[-KEPT:])))
        beside.replace(path)


def _path() -> Path:
    return paths.cache_dir() / "engine" / "rates.json"


def _read() -> dict[str, object]:
    try:
        known = json.loads(_path().read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _rates(known: dict[str, object], key: str) -> list[float]:
    found = known.get(key)
    if not isinstance(found, list) or not all(type(rate) in (int, float) and 0 < rate < 1e9 for rate in found):
        return []
    return found


def _key(model: Path) -> str:
    try:
        info = model.stat()
        text = f"{model.resolve()}\n{info.st_size}\n{info.st_mtime_ns}"
    except OSError:
        text = str(model)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
