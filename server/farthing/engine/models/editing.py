"""Which model on this machine edits and answers."""

from pathlib import Path

from farthing.engine.models import catalogue, store
from farthing.errors import ModelNotInstalled, UnknownModel

SENSIBLE = range(800_000_000, 2_000_000_000)
"""Bytes of a model that is taken without being asked for: smaller ones don't know enough to edit, larger ones keep
those who wait on a usual machine, and are for the user to choose."""

WANTED = "qwen2.5-coder-1.5b"
"""What to get where there is none."""


def resolve_edit(setting: str = "") -> Path:
    """The file of the model that edits and answers: the one of the setting; else the chosen one or its default; else
    the first of the catalogue that is installed, made for edits and neither small nor large; else the one that
    completes.

    Args:
        setting: ``farthing.edit.model``: a catalogue id, the path of a GGUF file, or empty.

    Raises:
        UnknownModel: the setting is neither an id nor a file.
        ModelNotInstalled: the one of the setting is not here, or none is.
        ModelUnusable: a file that is no whole GGUF model.
    """
    if setting:
        return store.resolve(setting)
    try:
        return store.resolve(use="edit")
    except (ModelNotInstalled, UnknownModel):
        pass
    for model in catalogue.load():
        if "edit" in model.use and model.bytes in SENSIBLE and (found := store.installed_path(model)):
            return found
    try:
        return store.resolve()
    except (ModelNotInstalled, UnknownModel) as exc:
        raise ModelNotInstalled("no model that edits is installed", f"Run 'farthing models pull {WANTED}'") from exc


def completing() -> Path | None:
    """The file of the model that completes, where it was not made for edits too; None where it was, or is not here."""
    try:
        path = store.resolve()
    except (ModelNotInstalled, UnknownModel):
        return None
    label = store.label(path)
    return None if any(model.id == label and "edit" in model.use for model in catalogue.load()) else path
