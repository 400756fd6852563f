#!/usr/bin/env python3
"""Measures inline completion as a user meets it: takes lines out of real files and types them again, in real time.

A typist of perfect judgement looks at the screen before each key and accepts what is right. Beside our own language
server, in the same run and line by line in turn, llama-server does the same as the llama.vscode extension drives it.
Then both are asked for the rest of each line with a third of it typed and unlimited time, by fresh processes, as these
have not seen the lines. While one system works the processes of the other are paused.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from completion_assistant import Assistant, BenchError, pause, resident, resume
from completion_document import Place, prepare
from completion_editor import Editor, Habits
from completion_farthing import Farthing, installed
from completion_llama import Llama
from completion_statistics import Line, Rest, by_language, finite, language_table, record, summary, table

from farthing.errors import FarthingError

MB = 1e6


@dataclass
class Found:
    """What was measured of one system."""

    lines: list[Line] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    memory: int = 0
    """Bytes, after the typing."""
    told: list[dict[str, object]] = field(default_factory=list)
    """What the system said about itself at its end."""


def say(text: str) -> None:
    """Progress, for who waits."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def systems(options: argparse.Namespace, folders: Sequence[Path], model: Path) -> list[Assistant]:
    """Fresh ones of all that are measured."""
    ours = Farthing(folders, model, options.threads)
    if options.llama_server is None:
        return [ours]
    return [ours, Llama(options.llama_server, model, lambda: ours.threads)]


@contextlib.asynccontextmanager
async def running(assistants: Sequence[Assistant], found: dict[str, Found]) -> AsyncIterator[None]:
    """Start all, each paused until its turn, and end them whatever happens."""
    try:
        for assistant in assistants:
            say(f"starting {assistant.name}")
            await assistant.start()
            pause(await assistant.pids())
        yield
    finally:
        for assistant in assistants:
            with contextlib.suppress(BenchError, AssertionError):  # what has ended, or never started
                resume(await assistant.pids())
            found[assistant.name].told.append(await assistant.stop())


@contextlib.asynccontextmanager
async def turn(assistant: Assistant) -> AsyncIterator[None]:
    """The time that one system has the machine to itself."""
    resume(await assistant.pids())
    try:
        yield
    finally:
        pause(await assistant.pids())


async def typing(
    assistants: Sequence[Assistant], places: Sequence[Place], habits: Habits, found: dict[str, Found]
) -> None:
    """Every line by every system; who begins changes from line to line."""
    editors = [Editor(assistant, habits) for assistant in assistants]
    for number, place in enumerate(places):
        for editor in editors[:: 1 if number % 2 else -1]:
            async with turn(editor.assistant):
                line = await editor.retype(place)
            found[editor.assistant.name].lines.append(line)
            typed = f"{line.pressed} keys for {line.characters} characters"
            say(f"{number + 1}/{len(places)} {editor.assistant.name}: {typed}")
    for assistant in assistants:
        found[assistant.name].memory = resident(await assistant.pids())


async def unlimited(
    assistants: Sequence[Assistant], places: Sequence[Place], habits: Habits, found: dict[str, Found]
) -> None:
    """The exact rest of every line, by every system."""
    editors = [Editor(assistant, habits) for assistant in assistants]
    for number, place in enumerate(places):
        for editor in editors[:: 1 if number % 2 else -1]:
            async with turn(editor.assistant):
                rest = await editor.rest(place)
            found[editor.assistant.name].rests.append(rest)
            right = "exact" if rest.exact else f"not {rest.wanted!r}"
            say(f"{number + 1}/{len(places)} {editor.assistant.name}: {rest.told!r}, {right}")


def measure(options: argparse.Namespace, model: Path) -> tuple[dict[str, Found], int]:
    """Both measurements of all systems, and the number of lines."""
    with tempfile.TemporaryDirectory(prefix="farthing-bench-") as temporary:
        folders, places = prepare(options.root, Path(temporary).resolve(), options.lines, options.seed)
        if not places:
            raise BenchError("no line to type: give --root a folder with source files of 14 lines and more")
        return asyncio.run(_measure(options, model, folders, places)), len(places)


async def _measure(
    options: argparse.Namespace, model: Path, folders: Sequence[Path], places: Sequence[Place]
) -> dict[str, Found]:
    task = asyncio.current_task()
    assert task is not None
    # Otherwise a paused engine would be left behind for ever.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    habits = Habits(options.cps, options.accept, options.pause)
    found: dict[str, Found] = {}
    for work in (typing, unlimited):
        assistants = systems(options, folders, model)
        for assistant in assistants:
            found.setdefault(assistant.name, Found())
        async with running(assistants, found):
            await work(assistants, places, habits, found)
    return found


def report(found: dict[str, Found], model: Path) -> dict[str, dict[str, object]]:
    """The summary of each system."""
    size = model.stat().st_size
    return {
        name: {
            **summary(each.lines, each.rests),
            "memory_mb": each.memory / MB,
            "memory_beyond_model_mb": (each.memory - size) / MB,
            **_own_statistics(each),
        }
        for name, each in found.items()
    }


def _own_statistics(found: Found) -> dict[str, object]:
    """What ``farthing stats`` knows of the typing, by names of the table."""
    stats = found.told[0].get("stats") if found.told else None
    if not isinstance(stats, dict):
        return {}
    names = ("first_token_ms", "prefilled_per_generation", "kv_hit_share", "cache_hit_share", "cancelled")
    own = {f"own_{name}": stats[name] for name in names if name in stats}
    keystrokes = sum(len(line.keystrokes) for line in found.lines)
    if isinstance(prefilled := stats.get("prefilled_tokens"), int) and keystrokes:
        own["own_prefilled_per_keystroke"] = prefilled / keystrokes
    return own


def write(path: Path, options: argparse.Namespace, found: dict[str, Found], model: Path, seconds: float) -> None:
    """All that was measured, as JSON; times that never came are null."""
    asked = {"lines": options.lines, "cps": options.cps, "seed": options.seed, "accept": options.accept}
    tree = {
        "options": {**asked, "pause": options.pause, "model": model.name, "model_bytes": model.stat().st_size},
        "seconds": seconds,
        "systems": report(found, model),
        "languages": {name: by_language(each.lines, each.rests) for name, each in found.items()},
        "told": {name: each.told for name, each in found.items()},
        "typed": {name: [record(line) for line in each.lines] for name, each in found.items()},
    }
    tree["rests"] = {name: [record(rest) for rest in each.rests] for name, each in found.items()}
    path.write_text(json.dumps(finite(tree), indent=1) + "\n")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench completion", description=__doc__)
    parser.add_argument("--root", type=Path, action="append", required=True, help="source tree; may be repeated")
    parser.add_argument("--lines", type=int, default=20, help="lines to type (default 20)")
    parser.add_argument("--cps", type=float, default=5.0, help="characters a second (default 5)")
    parser.add_argument("--accept", choices=["whole", "line"], default="whole", help="what one key accepts (whole)")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds from opening a file to the first key (2)")
    parser.add_argument("--model", default="", help="catalogue id or GGUF file; your own choice by default")
    parser.add_argument("--llama-server", type=Path, metavar="PATH", help="the rival's program; without it only ours")
    parser.add_argument("--threads", type=int, default=0, help="of both; 0 for what our engine chooses (default)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the lines (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there")
    return parser


def main() -> int:
    """Measure and print."""
    parser = arguments()
    options = parser.parse_args()
    if options.lines < 1 or not 0 < options.cps <= 100:
        parser.error("--lines counts from 1, --cps goes up to 100")
    if missing := [root for root in options.root if not root.is_dir()]:
        parser.error(f"there is no folder {missing[0]}")
    try:
        model = installed(options.model)
        started = time.monotonic()
        found, count = measure(options, model)
    except (BenchError, FarthingError) as exc:
        say(f"bench: {exc}")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("bench: interrupted")
        return 130
    seconds = time.monotonic() - started
    if options.json:
        write(options.json, options, found, model, seconds)
    languages = {name: by_language(each.lines, each.rests) for name, each in found.items()}
    print(f"{count} lines at {options.cps:g} characters a second, {model.name}, {seconds:.0f} s\n")
    print(table(report(found, model)))
    print(f"\n{language_table(languages)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
