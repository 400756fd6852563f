"""What a filter knows of the place that an answer is for."""

from dataclasses import dataclass

from farthing.completion.context import Context


@dataclass(frozen=True)
class Place(Context):
    """A context in a document of a language."""

    language: str = ""
    """LSP language id; empty when it is not known."""
