"""``farthing tour``: a small project, a real completion at real speed, and what to do next."""

import asyncio
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from farthing import __version__, paths
from farthing.cli import output
from farthing.cli.complete import complete_text
from farthing.completion.pipeline import Completion
from farthing.engine.models import store
from farthing.errors import FarthingError
from farthing.index import indexer
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store, store_path
from farthing.settings import CompletionSettings

MARKER = "        # Farthing writes what is missing here.\n"
INDENT = " " * 8


@output.command
def tour() -> None:
    """Show what Farthing does, on a sample project in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="farthing-tour-"))
    with resources.as_file(resources.files("farthing") / "sample") as sample:
        shutil.copytree(sample, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    output.out.print(Panel.fit(f"Farthing {__version__}: a local-first coding agent", style="bold"))
    _print_places(folder)
    path = folder / "inventory.py"
    head, marker, tail = path.read_text(encoding="utf-8").partition(MARKER)
    if not marker:
        raise FarthingError(f"the sample {path} is not the one that was installed", "Install Farthing again")
    model = store.resolve()
    _print_index(folder)
    output.out.print("[bold]A completion[/], by the model on this machine:\n")
    cold = _complete(path, head + INDENT, "\n" + tail, model)
    warm = _complete(path, head + INDENT + "item.", "\n" + tail, model)
    _print_code(head, cold, tail)
    if cold is None:
        raise FarthingError("the model had nothing to add to the sample", "Run `farthing doctor`")
    for label, completion in (("first", cold), ("after typing 'item.'", warm)):
        if completion is not None:
            _print_speed(label, completion)
    _print_next(_leave_unfinished(path, head + INDENT + cold.text + "\n" + tail))


def _complete(path: Path, head: str, tail: str, model: Path) -> Completion | None:
    answer = asyncio.run(complete_text(path, head + tail, len(head), model, CompletionSettings()))
    return answer if answer and answer.text else None


def _leave_unfinished(path: Path, text: str) -> str:
    """Write the sample with its last line cut off after ``return``; returns the place as the command line wants it."""
    text = text[: text.rindex("return ") + len("return ")]
    path.write_text(text, encoding="utf-8")
    lines = text.split("\n")
    return f"{path}:{len(lines)}:{len(lines[-1]) + 1}"


def _print_places(folder: Path) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    model = store.resolve()
    table.add_row("model", f"{store.label(model)} ({model.stat().st_size / 1e6:.0f} MB)")
    table.add_row("", str(model))
    table.add_row("state, logs", str(paths.data_dir()))
    table.add_row("sample project", str(folder))
    output.out.print(table, "", soft_wrap=True)


def _print_index(folder: Path) -> None:
    store = Store(store_path(folder))
    try:
        summary = indexer.update(folder, store)
        found = Retrieval(folder, store).symbols("inv", 3)
    finally:
        store.close()
    output.out.print(
        f"[bold]The index[/] of the sample: {summary.files} file, {summary.symbols} symbols and {summary.references} "
        f"references in {summary.seconds * 1000:.0f} ms. `farthing symbols inv` finds:"
    )
    for each in found:
        output.out.print(f"  {each.kind} {each.symbol}, {each.path}:{each.start_line}-{each.end_line}", markup=False)
    output.out.print()


def _print_code(head: str, completion: Completion | None, tail: str) -> None:
    before = "\n".join(head.split("\n")[-4:])
    after = "\n".join(tail.split("\n")[:1])
    # Syntax can't dim a part of its text: the new lines are marked at the side instead.
    new = completion.text if completion else ""
    code = f"{before}{INDENT}{new}\n{after}"
    first = len(before.split("\n"))
    shown = Syntax(
        code,
        "python",
        line_numbers=True,
        highlight_lines=set(range(first, first + len(new.split("\n")))),
        word_wrap=True,
    )
    output.out.print(shown)


def _print_speed(label: str, completion: Completion) -> None:
    usage = completion.usage
    output.out.print(
        f"  {label}: first token after {completion.first_token_ms:.0f} ms, all {usage.output} after "
        f"{completion.total_ms:.0f} ms; {usage.input} tokens of prompt, {usage.cached} of them cached; cost 0.00"
    )


def _print_next(place: str) -> None:
    # The command that runs this, where its name alone would not find it.
    farthing = "farthing" if shutil.which("farthing") else sys.argv[0]
    output.out.print(
        "\n[bold]What next[/]\n"
        "  ./scripts/run --web        VS Code in your browser, with Farthing in it\n"
        "  ./scripts/run WORKSPACE    your own editor (code, codium, cursor or code-server on PATH)\n"
        f"  {farthing} complete {place}\n"
        f"  {farthing} doctor            what works here, and how fast\n"
        f"  {farthing} models list       other models\n"
        f"  {farthing} symbols NAME      definitions in the repository you are in\n",
        soft_wrap=True,
    )
