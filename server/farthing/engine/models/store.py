"""What is on this machine, and which model is in use.

Installed files lie in the models directory as ``<id>.gguf``. A model that was requantised has a record
``<id>.json`` that names the file in use and its own hash. The choice of the user is ``active.json``.
"""

import dataclasses
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from farthing import paths
from farthing.engine.models import catalogue, gguf
from farthing.engine.models.catalogue import Model
from farthing.errors import ModelNotInstalled, ModelUnusable, UnknownModel, UsageError

USES = ("completion", "edit")
_DEFAULTS = {"completion": "qwen2.5-coder-0.5b", "edit": "qwen2.5-coder-1.5b"}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Record:
    """What stands beside a model whose requantisation was tried."""

    file: str
    """Name of the file in use: the requantised one, or the published one where that was the better."""
    quant: str
    """Its quantisation."""
    bytes: int
    """Its size."""
    sha256: str
    """Its own hash."""
    measured: tuple[dict[str, Any], ...] = ()
    """What was measured of every candidate, for the curious."""


@dataclass(frozen=True)
class Entry:
    """One line of ``farthing models list``."""

    id: str
    """Catalogue id, or the path of the user's own file."""
    params: str
    quant: str
    bytes: int
    sha256: str
    license: str
    fim: str
    use: tuple[str, ...]
    installed: bool
    active: bool
    active_for: tuple[str, ...]
    """The uses for which this model is the chosen one."""
    path: str
    """Empty when it is not installed."""


@dataclass(frozen=True)
class Checked:
    """What :func:`verify` says about one file."""

    path: str
    id: str
    """Catalogue id; empty for a file of the user's own."""
    state: Literal["ok", "damaged", "foreign"]
    """``foreign``: a readable model that the catalogue doesn't know, so that there is no hash to compare with."""
    detail: str


def published_path(model: Model) -> Path:
    """Where the published file is put, whether it is there or not."""
    return paths.models_dir() / f"{model.id}.gguf"


def record_path(model: Model) -> Path:
    """Where the record of a requantisation is put, whether there is one or not."""
    return paths.models_dir() / f"{model.id}.json"


def read_record(model: Model) -> Record | None:
    """The record of a requantisation, if there is one and it can be read."""
    tree = _read_json(record_path(model))
    try:
        record = Record(tree["file"], tree["quant"], tree["bytes"], tree["sha256"], tuple(tree.get("measured", ())))
    except (KeyError, TypeError):
        return None
    plain = isinstance(record.file, str) and record.file == Path(record.file).name
    return record if plain and isinstance(record.bytes, int) else None


def installed(model: Model) -> Record | None:
    """The file in use of this model, as :class:`Record`; None when it isn't here or has another size."""
    record = read_record(model)
    own = Record(published_path(model).name, model.quant, model.bytes, model.sha256)
    for candidate in (record, own):
        if candidate and _size(paths.models_dir() / candidate.file) == candidate.bytes:
            return candidate
    return None


def installed_path(model: Model) -> Path | None:
    """Path of the model's file, or None. Sizes are compared, contents are not: see :func:`verify`."""
    record = installed(model)
    return paths.models_dir() / record.file if record else None


def active(use: str = "completion") -> str:
    """The chosen model of a use: a catalogue id or an absolute path. A damaged choice counts as none."""
    if use not in USES:
        raise UsageError(f"{use!r} is not a use of models", f"Uses are {' and '.join(USES)}")
    tree = _read_json(paths.models_dir() / "active.json")
    chosen = tree.get(use) if isinstance(tree, dict) else None
    if isinstance(chosen, str) and (Path(chosen).is_absolute() or any(chosen == m.id for m in catalogue.load())):
        return chosen
    return _DEFAULTS[use]


def set_active(wanted: str, uses: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Choose a catalogue id or a GGUF file.

    Args:
        wanted: id or path.
        uses: what it is chosen for; empty for all that the catalogue lists, and for completion with a file.

    Returns:
        The uses that it is now chosen for.

    Raises:
        UnknownModel, ModelNotInstalled, ModelUnusable: as :func:`resolve`.
    """
    path = resolve(wanted)
    model = _catalogued(wanted)
    uses = uses or (model.use if model else ("completion",))
    choice = {use: active(use) for use in USES}
    for use in uses:
        if use not in choice:
            raise UsageError(f"{use!r} is not a use of models", f"Uses are {' and '.join(USES)}")
        choice[use] = model.id if model else str(path)
    write_json(paths.models_dir() / "active.json", choice)
    return uses


def resolve(wanted: str = "", use: str = "completion") -> Path:
    """The file of a model.

    Args:
        wanted: a catalogue id, the path of a GGUF file, or empty for the chosen model of ``use``.
        use: ``completion`` or ``edit``.

    Raises:
        UnknownModel: neither an id nor a file.
        ModelNotInstalled: an id whose file is not here.
        ModelUnusable: a file that is no whole GGUF model.
    """
    wanted = wanted or active(use)
    model = _catalogued(wanted)
    if model:
        found = installed_path(model)
        if not found:
            raise ModelNotInstalled(f"the model {model.id} is not installed", f"Run 'farthing models pull {model.id}'")
        return found
    path = Path(wanted).expanduser().absolute()
    if not path.is_file():
        if re.search(r"[/\\]|\.gguf$", wanted):
            raise UnknownModel(f"there is no file {path}", "Give a .gguf file or an id of 'farthing models list'")
        catalogue.get(wanted)
    gguf.check(path)
    return path


def label(path: Path) -> str:
    """What to call a model file: its catalogue id, else its file name."""
    if path.parent == paths.models_dir():
        for model in catalogue.load():
            if path == installed_path(model):
                return model.id
    return path.name


def entries() -> list[Entry]:
    """The catalogue and the user's own files that are in use, with their state on this machine."""
    chosen = {use: active(use) for use in USES}
    found: list[Entry] = []
    for model in catalogue.load():
        record, uses = installed(model), tuple(use for use in USES if chosen[use] == model.id)
        found.append(
            Entry(
                id=model.id,
                params=model.params,
                quant=record.quant if record else model.quant,
                bytes=record.bytes if record else model.bytes,
                sha256=record.sha256 if record else model.sha256,
                license=model.license,
                fim=model.fim,
                use=model.use,
                installed=record is not None,
                active=bool(uses),
                active_for=uses,
                path=str(paths.models_dir() / record.file) if record else "",
            )
        )
    for own in sorted({wanted for wanted in chosen.values() if Path(wanted).is_absolute()}):
        uses = tuple(use for use in USES if chosen[use] == own)
        size = _size(Path(own))
        path = own if size is not None else ""
        found.append(Entry(own, "", "", size or 0, "", "", "", uses, size is not None, True, uses, path))
    return found


def verify(report: Callable[[str, int, int], None] = lambda id, done, total: None) -> list[Checked]:
    """Hash every installed file again, and look at the headers of the user's own.

    Args:
        report: called with the id, the bytes done and the bytes in all.
    """
    found: list[Checked] = []
    claimed: set[Path] = set()
    for model in catalogue.load():
        own_record = Record(published_path(model).name, model.quant, model.bytes, model.sha256)
        records = [record for record in (read_record(model), own_record) if record]
        claimed |= {paths.models_dir() / record.file for record in records}
        record = next((record for record in records if (paths.models_dir() / record.file).is_file()), None)
        if not record:
            continue
        path = paths.models_dir() / record.file
        digest = hash_file(path, lambda done, id=model.id, total=record.bytes: report(id, done, total))  # type: ignore[misc]
        good = digest == record.sha256
        detail = f"SHA-256 {digest}" if good else f"SHA-256 is {digest}, not {record.sha256}"
        found.append(Checked(str(path), model.id, "ok" if good else "damaged", detail))
    own = {path for path in paths.models_dir().glob("*.gguf") if path not in claimed}
    own |= {Path(wanted) for wanted in map(active, USES) if Path(wanted).is_absolute()}
    return found + [_check_own(path) for path in sorted(own)]


def _check_own(path: Path) -> Checked:
    try:
        gguf.check(path)
    except ModelUnusable as exc:
        return Checked(str(path), "", "damaged", exc.message)
    return Checked(str(path), "", "foreign", "a whole GGUF file that the catalogue doesn't know")


def hash_file(path: Path, report: Callable[[int], None] = lambda done: None) -> str:
    """SHA-256 of a file, lower-case hex; ``report`` hears the bytes done."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(done)
    return digest.hexdigest()


def write_json(path: Path, value: object) -> None:
    """Write a small JSON file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            json.dump(dataclasses.asdict(value) if isinstance(value, Record) else value, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _catalogued(wanted: str) -> Model | None:
    return next((model for model in catalogue.load() if model.id == wanted), None)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None
