"""Runs tasks with models: what was answered is kept in a cache and judged again, what was not is asked."""

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edits import _end_engine, home
from router_ask import Answer, Asker, Folder, instruction
from router_judge import Judged, judge
from router_packages import FOLDER, Bench, fetch, packages
from router_tasks import Kind, Task, Work, prepare

from farthing.backends.local import LocalBackend
from farthing.chat.preparing import LEAST_ANSWER, features_of
from farthing.routing.model import Features, TaskKind
from farthing.settings import EngineSettings
from farthing.tokens import count

OUTCOMES = FOLDER / "outcomes.jsonl"


@dataclass(frozen=True)
class Outcome:
    """One task by one model, without any text: what tables are made of."""

    task: str
    model: str
    kind: Kind
    way: str
    """See :data:`router_tasks.Way`."""
    routed: TaskKind
    """The kind that the product takes it for, by the words of the instruction."""
    files: int
    """That the product takes the instruction to touch."""
    lines: int
    """Of the function."""
    room: int
    """Tokens that the product expects to be read and written locally."""
    context_tokens: int
    """That the product showed, by its own count."""
    prompt_tokens: int
    """Of the first prompt, by the engine."""
    output_tokens: int
    """Of all replies, by the engine."""
    cloud_tokens: int
    """Of the prompt that a model in the cloud would get, by o200k_base; 0 for a completion, which never does."""
    reference_tokens: int
    """Of a right answer, by o200k_base."""
    attempts: int
    failed: tuple[str, ...]
    """Why replies were not good enough."""
    applied: bool
    """Whether the product itself finds nothing wrong: it parses, has its place, and breaks no syntax."""
    tests: bool
    """Whether the tests that judge pass."""
    half: bool
    """Whether every second of them does."""
    passed: bool
    """Whether it is right."""
    confidence: float | None
    """Mean log-probability of the last reply's tokens."""
    seconds: float


def outcomes(path: Path = OUTCOMES) -> list[Outcome]:
    """All that were measured."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Outcome(**{**row, "failed": tuple(row["failed"])}) for row in rows]


def save(found: Sequence[Outcome], path: Path = OUTCOMES) -> None:
    """Write them, one a line."""
    path.write_text("".join(json.dumps(asdict(each)) + "\n" for each in found), encoding="utf-8")


class Answers:
    """What models have said, in a file of JSON lines.

    Args:
        cache: the folder that it lies in.
    """

    def __init__(self, cache: Path) -> None:
        self._path = cache / "answers.jsonl"
        self._known: dict[tuple[str, str], Answer] = {}
        if self._path.is_file():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                answer = Answer(**json.loads(line))
                self._known[answer.task, answer.model] = answer

    def find(self, task: Task, model: Path) -> Answer | None:
        """What was said."""
        return self._known.get((task.id, model.stem))

    def keep(self, answer: Answer) -> None:
        """One more, safe at once."""
        self._known[answer.task, answer.model] = answer
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(answer.record()) + "\n")


class Places:
    """Where texts are tried and edited, made when they are first needed.

    Args:
        cache: where packages are kept.
        parent: an empty folder.
    """

    def __init__(self, cache: Path, parent: Path) -> None:
        self._cache, self._parent = cache, parent
        self._known: dict[str, tuple[Bench, Folder]] = {}

    def find(self, name: str) -> tuple[Bench, Folder]:
        """Those of a package.

        Raises:
            PackageError: it can't be had.
        """
        if name not in self._known:
            package = packages()[name]
            source, own = fetch(package, self._cache), self._parent / name
            own.mkdir()
            self._known[name] = Bench(package, source, own), Folder(package, source, own)
        return self._known[name]


def run(
    tasks: Sequence[Task], models: Sequence[Path], cache: Path, replay: bool = False, threads: int = 0
) -> list[Outcome]:
    """Every task by every model, as far as it is known.

    Args:
        replay: judge only what was answered before.
        threads: of the engine; 0 for its own choice.

    Raises:
        FarthingError: a model can't be asked.
        PackageError: a package can't be had.
        MutantError: a package is not the one that a task was made for.
    """
    with tempfile.TemporaryDirectory(prefix="fr-") as temporary, home(Path(temporary)):
        return asyncio.run(_all(tasks, models, Answers(cache), Places(cache, Path(temporary)), replay, threads))


async def _all(
    tasks: Sequence[Task], models: Sequence[Path], answers: Answers, places: Places, replay: bool, threads: int
) -> list[Outcome]:
    found = []
    backend = LocalBackend(lambda: EngineSettings(threads=threads))
    asker = Asker(backend)
    try:
        for number, task in enumerate(tasks):
            bench, folder = places.find(task.package)
            work = prepare(task, bench.read(task.file))
            for model in models:
                answer = answers.find(task, model)
                if answer is None:
                    if replay:
                        continue
                    answer = await asker.ask(work, folder, model, _complaint(bench, work))
                    answers.keep(answer)
                outcome = judged(bench, work, answer)
                found.append(outcome)
                said = "passed" if outcome.passed else "failed" if outcome.applied else "not applied"
                sys.stderr.write(f"{number + 1}/{len(tasks)} {task.id} {model.stem}: {said}, {answer.seconds:.0f} s\n")
    finally:
        await backend.aclose()
        with contextlib.suppress(OSError, ValueError):  # none was started, or it has ended
            await _end_engine()
    return found


def _complaint(bench: Bench, work: Work) -> str:
    task = work.task
    return bench.run({task.file: work.before}, task.tests).complaint if task.kind == "debug" else ""


def judged(bench: Bench, work: Work, answer: Answer) -> Outcome:
    """An answer with what tests say of it, which the model's own texts are left out of."""
    found = Judged(False, "", False, False) if answer.after is None else judge(bench, work, answer.after, answer.path)
    features = Features("complete") if answer.kind == "complete" else features_of(instruction(work, ""))
    return Outcome(
        answer.task, answer.model, answer.kind, work.task.way, features.kind, features.files, answer.lines,
        2 * count(work.function) + LEAST_ANSWER, answer.context_tokens,
        answer.prompt_tokens, answer.output_tokens, answer.cloud_tokens, answer.reference_tokens, answer.attempts,
        tuple(answer.failed), answer.applied, found.tests, found.half, found.passed,
        None if answer.confidence is None else round(answer.confidence, 4), answer.seconds,
    )  # fmt: skip
