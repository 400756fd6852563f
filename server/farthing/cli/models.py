"""``farthing models``: list, pull, use, path, verify."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farthing.cli.output import command, err, fail, out, print_json
from farthing.engine.models import catalogue, store
from farthing.errors import ModelNotInstalled

if TYPE_CHECKING:
    from farthing.engine.models.pull import Progress

app = typer.Typer(help="The models on this machine.", no_args_is_help=True)

_STEP_PERCENT = 10
_BAR_WIDTH = 16  # the whole line fits into 80 columns
_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
_Id = Annotated[str, typer.Argument(metavar="ID", help="An id of 'farthing models list'.")]


@app.command("list")
@command
def list_models(as_json: _Json = False) -> None:
    """What there is, what is installed, what is in use."""
    entries = store.entries()
    if as_json:
        print_json(entries)
        return
    rows = [("model", "size", "quantisation", "licence", "good for", "state"), *map(_row, entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        out.print("  ".join([*cells, row[-1]]).rstrip(), markup=False, soft_wrap=True)


def _row(entry: store.Entry) -> tuple[str, ...]:
    here = "installed" if entry.installed else "missing" if entry.active else ""
    chosen = f"in use for {' and '.join(entry.active_for)}" if entry.active else ""
    state = ", ".join(filter(None, (here, chosen)))
    size, license = _size(entry.bytes), entry.license.removeprefix("LicenseRef-")
    return (entry.id, size, entry.quant, license, ", ".join(entry.use), state)


@app.command("pull")
@command
def pull_model(id: _Id, as_json: _Json = False) -> None:
    """Download a model, or go on with a download that was interrupted."""
    from farthing.engine.models.pull import pull  # here, because every other command starts faster without it

    model = catalogue.get(id)
    before, start = store.installed_path(model), time.monotonic()
    stages: set[str] = set()
    with _shown(model.id) as show:

        def progress(at: "Progress") -> None:
            stages.add(at.stage)
            show(at)

        path = pull(model, progress)
    seconds = round(time.monotonic() - start, 1)
    already = before == path and "downloading" not in stages
    if as_json:
        print_json({"id": id, "path": str(path), "already_installed": already, "seconds": seconds})
    else:
        out.print(f"{id} is already installed" if already else f"{id} is installed ({seconds} s)")
        out.print(str(path), soft_wrap=True)


@app.command("use")
@command
def use_model(
    wanted: Annotated[str, typer.Argument(metavar="ID_OR_PATH", help="A catalogue id or a .gguf file.")],
    use: Annotated[str, typer.Option("--for", help="completion or edit; without it, all that it is good for.")] = "",
    as_json: _Json = False,
) -> None:
    """Choose the model for completion and edits."""
    uses = store.set_active(wanted, (use,) if use else ())
    path = store.resolve(wanted)
    if as_json:
        print_json({"model": store.label(path), "path": str(path), "use": uses})
    else:
        out.print(f"{store.label(path)} is now used for {' and '.join(uses)}")


@app.command("path")
@command
def model_path(id: _Id, as_json: _Json = False) -> None:
    """Print where the file of a model is."""
    model = catalogue.get(id)
    path = store.installed_path(model)
    if not path:
        raise ModelNotInstalled(f"the model {id} is not installed", f"Run 'farthing models pull {id}'")
    if as_json:
        print_json({"id": id, "path": str(path)})
    else:
        out.print(str(path), soft_wrap=True)


@app.command("verify")
@command
def verify_models(as_json: _Json = False) -> None:
    """Hash every installed model again."""
    found = store.verify()
    if as_json:
        print_json(found)
    else:
        for item in found:
            out.print(f"{item.state:8} {item.id or Path(item.path).name}  {item.detail}", soft_wrap=True)
        if not found:
            err.print("no model is installed")
    damaged = [item for item in found if item.state == "damaged"]
    if damaged:
        names = ", ".join(item.id or item.path for item in damaged)
        fail(f"damaged: {names}", "'farthing models pull ID' fetches a damaged model anew", code=1)


@contextlib.contextmanager
def _shown(id: str) -> Iterator[Callable[["Progress"], None]]:
    """A progress bar on stderr; plain lines when it is not a terminal."""
    if not err.is_terminal:
        yield _Lines(id)
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    err.print(id)
    columns = (TextColumn("{task.description}"), BarColumn(_BAR_WIDTH), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(at: "Progress") -> None:
            bar.update(task, description=_describe(at), completed=at.done, total=at.total)

        yield show


class _Lines:
    """One line whenever the stage or the source changes, and for every tenth of a download."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.last: tuple[str, int] = ("", 0)

    def __call__(self, at: "Progress") -> None:
        text = f"{self.id}: {_describe(at)}"
        percent = at.done * 100 // at.total // _STEP_PERCENT * _STEP_PERCENT if at.stage == "downloading" else 0
        if at.stage != "done" and (text, percent) != self.last:
            self.last = (text, percent)
            err.print(f"{text} {percent} %" if at.stage == "downloading" else text, soft_wrap=True)


def _describe(at: "Progress") -> str:
    return f"{at.stage}, {at.detail}" if at.detail else at.stage


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
