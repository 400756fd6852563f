#!/usr/bin/env python3
"""Measures edits: real functions are changed by an instruction, and what comes of it is run.

Farthing's own way is compared with SEARCH/REPLACE blocks and with whole files by the same model, case by case in turn.
Every reply is kept in a file of JSON lines, one for each case and format: what is there is not asked again, and with
--replay it is only read and judged again, by the code of now and without a model.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from edit_cases import Case, CaseError, load, mixed
from edit_check import failure
from edit_folder import Folder
from edit_scores import Score, report, short_of
from edit_systems import Product, Replay, System, WholeFile, again, exchanges

from farthing import paths
from farthing.backends.chat import ChatBackend
from farthing.backends.local import LocalBackend
from farthing.backends.local_chat import LocalChat
from farthing.engine.models import editing
from farthing.errors import FarthingError
from farthing.settings import EngineSettings

FORMATS = ("farthing", "blocks", "whole")

FOLLOW = "Add a short comment above the first statement that says what it is for."
"""The next instruction, whose first hunk is timed."""

Record = dict[str, object]


def say(text: str) -> None:
    """Progress, for who waits."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def systems(options: argparse.Namespace, model: Path, follow: bool) -> list[System]:
    """All that are compared."""
    known: dict[str, System] = {
        "farthing": Product("farthing", model, "rewrite", 2, FOLLOW if follow else ""),
        "blocks": Product("blocks", model, "blocks", 1),
        "whole": WholeFile(model),
    }
    return [known[name] for name in options.formats]


def takes(system: System, case: Case, options: argparse.Namespace) -> bool:
    """Whether a system is asked for this case: whole files are written for minutes."""
    return system.name != "whole" or case.lines <= options.whole_lines


class Replies:
    """The file of replies.

    Args:
        path: None to keep nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[tuple[object, ...], Record] = {}
        if path is not None and path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._known[row["format"], row["case"], row["model"]] = row

    def find(self, system: System, case: Case, model: Path) -> Record | None:
        """What was said."""
        return self._known.get((system.name, case.id, model.stem))

    def keep(self, record: Record) -> None:
        """One more, safe at once."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")


async def measure(options: argparse.Namespace, cases: Sequence[Case], model: Path, parent: Path) -> list[Score]:
    """Every case by every system.

    Raises:
        FarthingError: the model can't be asked.
    """
    replies, folders, scores = Replies(options.replies), dict[str, Folder](), list[Score]()
    async with asked(options) as backend:
        for number, case in enumerate(cases):
            package = case.file.partition("/")[0]
            if package not in folders:
                folders[package] = Folder(parent, package)
            folder = folders[package]
            for system in systems(options, model, number < options.follow):
                if not takes(system, case, options):
                    continue
                known = replies.find(system, case, model)
                if known is None and backend is None:
                    continue
                score = await one(system, case, folder, backend, known)
                if known is None:
                    replies.keep(score.outcome.record())
                scores.append(score)
                say(f"{number + 1}/{len(cases)} {case.id} {system.name}: {score.told}")
    return scores


async def one(system: System, case: Case, folder: Folder, backend: ChatBackend | None, known: Record | None) -> Score:
    """One case by one system, or what was said then."""
    back = folder.prepare(case)
    try:
        await folder.index(lambda retrieval: None)  # an editor has it ready
        if known is None:
            assert backend is not None
            outcome = await system.edit(case, folder, backend)
        else:
            outcome = again(await system.edit(case, folder, Replay(exchanges(known))), known)
    finally:
        back()
    after = outcome.after
    wrong = outcome.why if after is None else failure(case.file, case.symbol, case.before, after, case.check)
    return Score(case, outcome, wrong or "")


@contextlib.asynccontextmanager
async def asked(options: argparse.Namespace) -> AsyncIterator[ChatBackend | None]:
    """The engine of this checkout; None where only what was said before is judged."""
    if options.replay:
        yield None
        return
    backend = LocalBackend(lambda: EngineSettings(threads=options.threads))
    try:
        yield LocalChat(backend)
    finally:
        await backend.aclose()
        with contextlib.suppress(OSError, ValueError):  # none was started, or it has ended
            await _end_engine()


async def _end_engine() -> None:
    """It would wait for more to do."""
    reader, writer = await asyncio.open_unix_connection(paths.engine_dir() / "engine.sock")
    await reader.readline()
    writer.write(json.dumps({"op": "shutdown", "id": 1}).encode() + b"\n")
    await reader.read()
    writer.close()


@contextlib.contextmanager
def home(parent: Path) -> Iterator[None]:
    """A state directory of its own, for an engine of this checkout, that shares only the models."""
    (parent / "h").mkdir()
    (parent / "h" / "models").symlink_to(paths.models_dir())
    before = os.environ.get("FARTHING_HOME")
    os.environ["FARTHING_HOME"] = str(parent / "h")
    try:
        yield
    finally:
        os.environ.pop("FARTHING_HOME")
        if before is not None:
            os.environ["FARTHING_HOME"] = before


def names(text: str) -> list[str]:
    """A list of the command line."""
    return [part.strip() for part in text.split(",") if part.strip()]


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench edits", description=__doc__)
    parser.add_argument("--cases", type=int, default=0, help="so many of them, all kinds alike; 0 for all (default)")
    parser.add_argument("--seed", type=int, default=1, help="chooses them, and their order (default 1)")
    parser.add_argument("--kinds", type=names, default=[], metavar="A,B", help="only edits of these kinds")
    parser.add_argument("--formats", type=names, default=list(FORMATS), metavar="A,B", help=f"of {', '.join(FORMATS)}")
    parser.add_argument("--whole-lines", type=int, default=200, help="whole files of so many lines at most (200)")
    parser.add_argument("--follow", type=int, default=5, help="cases with a second turn, which is only timed (5)")
    parser.add_argument("--model", default="", help="catalogue id or GGUF file; your own choice by default")
    parser.add_argument("--threads", type=int, default=0, help="0 for what our engine chooses (default)")
    parser.add_argument("--replies", type=Path, metavar="FILE", help="keep the replies there, and go on from them")
    parser.add_argument("--replay", action="store_true", help="only judge what is in --replies, without a model")
    return parser


def main() -> int:
    """Measure and print; exits with 1 where a limit is missed."""
    parser = arguments()
    options = parser.parse_args()
    if unknown := set(options.formats) - set(FORMATS):
        parser.error(f"there is no format {min(unknown)}")
    if options.replay and not options.replies:
        parser.error("--replay needs --replies FILE")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the engine would be left behind
    started = time.monotonic()
    try:
        cases = mixed(load(options.kinds), options.seed)[: options.cases or None]
        model = editing.resolve_edit(options.model)
        with tempfile.TemporaryDirectory(prefix="fe-") as temporary, home(Path(temporary)):
            scores = asyncio.run(measure(options, cases, model, Path(temporary)))
    except (CaseError, FarthingError) as exc:
        say(f"bench: {exc}")
        return 1
    except KeyboardInterrupt:
        say("bench: interrupted; what was said is kept in --replies")
        return 130
    print(f"{len(cases)} edits, {model.name}, {time.monotonic() - started:.0f} s\n")
    print(report(scores, options.formats))
    missed = short_of([score for score in scores if score.outcome.format == "farthing"])
    for line in missed:
        print(f"missed: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
