"""``farthing doctor``: what works, what doesn't, and how to mend it."""

import json as jsonlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from farthing import __version__, airgap, paths
from farthing.cli import output
from farthing.engine.models import store
from farthing.errors import FarthingError

EDITORS = ("code", "codium", "cursor", "code-server", "nvim", "hx", "emacs")
MEASURE_TIMEOUT = 180.0
"""Seconds; large models on slow machines are to be measured too."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


@output.command
def doctor(json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Say what works, what doesn't and how to mend it."""
    checks = []
    for look in (versions, state, disk, compiler, library, model, speed, engine, policy, editor):
        if not json and output.err.is_terminal:
            with output.err.status(f"looking at the {look.__name__} …"):
                checks.append(look())
        else:
            checks.append(look())
    if json:
        output.print_json({"checks": checks})
    else:
        _print(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _print(checks: list[Check]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
        table.add_row(mark, check.name, check.detail + (f"\n[yellow]→ {check.fix}[/]" if check.fix else ""))
    output.out.print(table)


def versions() -> Check:
    """Farthing, Python, the system."""
    detail = f"farthing {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return Check("versions", True, detail)


def state() -> Check:
    """Whether state can be written where it is kept."""
    directory = paths.data_dir()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        writable = os.access(directory, os.W_OK)
    except OSError:
        writable = False
    fix = "" if writable else "Make it yours and writable, or set FARTHING_HOME to a directory that is"
    return Check("state", writable, str(directory), fix)


def disk() -> Check:
    """Free space where models are kept."""
    directory = paths.data_dir()
    while not directory.exists():
        directory = directory.parent
    free = shutil.disk_usage(directory).free / 1e9
    enough = free > 2
    return Check("disk", enough, f"{free:.1f} GB free", "" if enough else "A model needs 0.5 to 5 GB: make room")


def compiler() -> Check:
    """A C++ compiler, which only the installation needs."""
    found = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    return Check("compiler", True, found or "none found; it is only needed to install or update the engine")


def library() -> Check:
    """Whether llama.cpp loads, tried in a process of its own."""
    code = "import llama_cpp; llama_cpp.llama_backend_init(); print(llama_cpp.__version__)"
    ran = _run([sys.executable, "-c", code], 60)
    if ran.returncode == 0:
        return Check("library", True, f"llama-cpp-python {ran.stdout.strip()}")
    # A negative status is a signal: SIGILL where it was built for another processor.
    why = f"it dies of signal {-ran.returncode}" if ran.returncode < 0 else "it can't be imported"
    fix = "Build it anew: pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python"
    return Check("library", False, f"llama-cpp-python: {why}", fix)


def model() -> Check:
    """The chosen model's file."""
    return _try("model", lambda: f"{store.label(path := store.resolve())}, {path.stat().st_size / 1e6:.0f} MB")


def speed() -> Check:
    """Prefill and decode speed of the chosen model, and with how many threads."""
    return _try("speed", _measure)


def _measure() -> str:
    path = store.resolve()
    try:
        ran = _run([sys.executable, "-m", "farthing.engine.measure", str(path)], MEASURE_TIMEOUT)
    except subprocess.TimeoutExpired as exc:
        raise FarthingError("the model did not answer in time", "Choose a smaller one: farthing models list") from exc
    if ran.returncode:
        lines = ran.stderr.strip().splitlines() or [f"it ended with status {ran.returncode}"]
        raise FarthingError(f"the model can't be run: {lines[-1]}")
    found = jsonlib.loads(ran.stdout)
    return (
        f"prefill {found['prefill_per_second']:.0f} tokens/s, decode {found['decode_per_second']:.0f} tokens/s, "
        f"loads in {found['load_seconds']:.1f} s; threads: {_threads(found)}"
    )


def _threads(found: dict[str, float]) -> str:
    counts = f"{found['decode_threads']} to write, {found['batch_threads']} to read"
    if found["threads_measured"]:
        return f"{counts}, measured as the fastest here"
    return f"{counts}, one per core until the engine has measured it in an idle moment"


def engine() -> Check:
    """Where the engine's socket is, and whether one runs."""
    return _try("engine", lambda: _engine_detail(paths.engine_dir()))


def _engine_detail(directory: Path) -> str:
    # Asking it would start one: the lock tells without.
    from filelock import FileLock, Timeout

    try:
        with FileLock(directory / "engine.lock", timeout=0):
            return f"not running; it starts on demand (socket in {directory})"
    except Timeout:
        return f"running (socket in {directory})"


def policy() -> Check:
    """What may leave this machine."""
    told = {
        "never": "never: nothing leaves this machine",
        "ask": "ask: a model that costs is asked on your word only",
        "auto": "auto: a model that costs is asked within your ceiling",
    }
    return _try("policy", lambda: told[airgap.stated()])


def editor() -> Check:
    """Editors on PATH that Farthing knows how to serve."""
    found = [name for name in EDITORS if shutil.which(name)]
    return Check("editor", True, ", ".join(found) or "none on PATH; any LSP editor can run `farthing serve`")


def _try(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except FarthingError as exc:
        return Check(name, False, exc.message, exc.fix)


def _run(command: list[str], timeout: float) -> "subprocess.CompletedProcess[str]":
    environment = {"GOMP_SPINCOUNT": "10000", **os.environ, "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=timeout, env=environment, check=False
    )
