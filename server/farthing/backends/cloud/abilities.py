"""What end points have been found to take, remembered for the next process: what was refused is not tried each time.

It is kept in a small file of this machine. A file that is damaged is forgotten, and so is what was learnt a week ago:
servers are mended.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from farthing import paths
from farthing.backends.cloud.dialect import Abilities
from farthing.backends.cloud.providers import Provider
from farthing.engine.models.store import write_json

_logger = logging.getLogger(__name__)

KEPT = 7 * 86_400
"""Seconds for which something is remembered."""

MOST = 200
"""End points with a model each; the oldest are forgotten."""

MAX_BYTES = 1 << 18
"""Of the file. Nothing that is written here comes near this."""

_NAMES = tuple(field.name for field in fields(Abilities))


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is known of one model at one end point."""

    when: float
    """Seconds since 1970."""
    values: Mapping[str, bool]
    """By names of :class:`Abilities`; what is missing is as usual."""


class Memory:
    """What this process knows. It reads the file once, when it is first asked.

    Args:
        path: of the file; where it can't be read or written, there is only this process's own memory.
        now: seconds since 1970.
    """

    def __init__(self, path: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._path = path or paths.cache_dir() / "abilities.json"
        self._now = now
        self._known: dict[str, Learnt] | None = None
        self.unsaved = False
        """It knows something that :meth:`save` has not written."""

    def of(self, provider: Provider, model: str) -> Abilities:
        """What an end point takes, as far as it is known."""
        return replace(usual(provider), **self._values(provider, model))

    def learn(self, provider: Provider, model: str, abilities: Abilities) -> None:
        """Remember what is not as usual."""
        before = asdict(usual(provider))
        values = {name: value for name, value in asdict(abilities).items() if value != before[name]}
        self._loaded()[_key(provider, model)] = Learnt(self._now(), values)
        self.unsaved = True

    def save(self) -> None:
        """Write what is known, with what others have written since."""
        self.unsaved = False
        known = self._read() | self._loaded()
        newest = sorted(known, key=lambda key: known[key].when)[-MOST:]
        self._known = {key: known[key] for key in newest}
        try:
            write_json(self._path, {key: asdict(each) for key, each in self._known.items()})
        except OSError as exc:
            _logger.warning("what a provider takes can't be remembered: %s", exc.strerror)

    def caches(self, provider: Provider, model: str) -> None:
        """It has told how much of a prompt was in its cache."""
        abilities = self.of(provider, model)
        if abilities.cached_counts is None:
            self.learn(provider, model, replace(abilities, cached_counts=True))

    def _values(self, provider: Provider, model: str) -> dict[str, Any]:
        found = self._loaded().get(_key(provider, model))
        return dict(found.values) if found and self._fresh(found) else {}

    def _loaded(self) -> dict[str, Learnt]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _fresh(self, learnt: Learnt) -> bool:
        return 0 <= self._now() - learnt.when < KEPT

    def _read(self) -> dict[str, Learnt]:
        try:
            with self._path.open("rb") as file:
                found = json.loads(file.read(MAX_BYTES + 1)[:MAX_BYTES])
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        read = {key: learnt for key, value in found.items() if (learnt := _learnt(value))}
        return {key: learnt for key, learnt in read.items() if self._fresh(learnt)}


def usual(provider: Provider) -> Abilities:
    """What is expected of an end point that nothing is known of.

    Models that think refuse ``max_tokens``, and most compatible servers do not know its successor. Of these some refuse
    whatever they don't know, so they are told of no cache key.
    """
    own = provider.kind != "openai-compatible"
    return Abilities(stream_options=provider.include_usage, cache_key=own, completion_limit=own)


def _key(provider: Provider, model: str) -> str:
    return f"{provider.kind} {provider.endpoint.base} {model}"


def _learnt(value: object) -> Learnt | None:
    if not isinstance(value, Mapping) or set(value) != {"when", "values"}:
        return None
    when, values = value["when"], value["values"]
    if type(when) is not float or not isinstance(values, Mapping):
        return None
    if not all(name in _NAMES and type(each) is bool for name, each in values.items()):
        return None
    return Learnt(when, dict(values))
