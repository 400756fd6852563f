"""The numbers of the ranking, as they were fitted."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from farthing.index import features


@dataclass(frozen=True)
class Model:
    """Fitted numbers."""

    weights: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    """One for each of :data:`features.FEATURES`."""
    size_power: float
    """Candidates are taken by likelihood / (tokens + size_base) ** size_power."""
    size_base: float
    window_share: float
    """Of the budget: longer bodies are cut to a window."""
    same_file: float
    """What each item shown of a file takes off the logit of the file's next ones."""


@functools.cache
def fitted() -> Model:
    """The model of weights.toml."""
    data = tomllib.loads(Path(__file__).with_name("weights.toml").read_text(encoding="utf-8"))
    weights = np.array([data["weights"].get(name, 0.0) for name in features.FEATURES])
    packing = data["packing"]
    return Model(weights, packing["size_power"], packing["size_base"], packing["window_share"], packing["same_file"])
