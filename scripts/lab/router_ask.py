"""Asks a model for a task in the product's own ways: the chat of this checkout, or its completion."""

import contextlib
import shutil
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from edit_systems import Always
from router_packages import Package
from router_tasks import Kind, Work

from farthing.backends import base
from farthing.backends.base import CompletionBackend, FimRequest
from farthing.backends.chat import ChatBackend, ChatRequest, Delta, End, Event, Report
from farthing.backends.local import LocalBackend
from farthing.backends.local_chat import LocalChat
from farthing.backends.metered import texts
from farthing.chat.answerer import Answerer, FormatName, LocalAnswerer, Question, Replied
from farthing.chat.chat import Chat
from farthing.chat.files import Files
from farthing.chat.model import Finished, Instruction, Retrying, Started
from farthing.chat_protocol import Task as ChatTask
from farthing.completion.headers import Headers
from farthing.completion.pipeline import CompletionPipeline, CompletionRequest
from farthing.completion.surroundings import Surroundings
from farthing.context.budget import cloud_budget, local_budget
from farthing.index import indexer
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from farthing.ledger.model import Usage
from farthing.settings import CompletionSettings, EngineSettings
from farthing.tokens import count

_T = TypeVar("_T")

TASKS: dict[Kind, ChatTask] = {"debug": "fix", "edit": "edit", "refactor": "edit", "test": "test", "docs": "document"}
"""What the chat calls them."""


@dataclass
class Answer:
    """What one model made of one task."""

    task: str
    model: str
    kind: Kind
    lines: int
    """Of the function."""
    context_tokens: int
    """That the product showed, by its own count."""
    prompt_tokens: int
    """Of the first prompt, by the engine."""
    output_tokens: int
    """Of all replies, by the engine."""
    cloud_tokens: int
    """Of the prompt that a model in the cloud would get, by o200k_base; 0 for a completion, which never does."""
    reference_tokens: int
    """Of the function as it was published, by o200k_base."""
    attempts: int
    failed: list[str]
    """Why replies were not good enough, and why nothing came of it in the end."""
    applied: bool
    """Whether the product itself finds nothing wrong: it parses, has its place, and breaks no syntax."""
    confidence: float | None
    """Mean log-probability of the last reply's tokens."""
    seconds: float
    path: str = ""
    """Of the changed file."""
    after: str | None = None
    """Its text; None where nothing came of it."""
    replies: list[str] = field(default_factory=list)

    def record(self) -> dict[str, object]:
        """For a line of JSON."""
        return asdict(self)


class Folder:
    """A package as a folder that is edited, without its tests, with an index of its own.

    Args:
        source: of the distribution.
        parent: a folder for it and its index.
    """

    def __init__(self, package: Package, source: Path, parent: Path) -> None:
        self.root = (parent / "workspace").resolve()
        self.root.mkdir()
        self._database = parent / "index.db"
        inner = source / package.root / package.folder
        if inner.is_dir():
            shutil.copytree(inner, self.root / package.folder, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        else:
            shutil.copy(inner, self.root)

    @contextlib.contextmanager
    def prepared(self, work: Work) -> Iterator[None]:
        """Have the file as the task begins, meanwhile."""
        path = self.root / work.task.file
        path.write_bytes(work.before.encode())
        try:
            yield
        finally:
            path.write_bytes(work.original.encode())

    async def index(self, question: Callable[[Retrieval | None], _T]) -> _T:
        """See :class:`farthing.chat.files.Index`."""
        with contextlib.closing(Store(self._database)) as store:
            indexer.update(self.root, store)
            return question(Retrieval(self.root, store))

    async def ask(self, path: str, question: Callable[[Retrieval, str], _T]) -> _T:
        """See :class:`farthing.completion.surroundings.Indexes`."""
        with contextlib.closing(Store(self._database)) as store:
            indexer.update(self.root, store)
            return question(Retrieval(self.root, store), str(Path(path).relative_to(self.root)))


@dataclass
class _Heard:
    """Keeps what a model says in a conversation."""

    inner: ChatBackend
    replies: list[str] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    confidence: float | None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`."""
        said, usage = "", Usage(0, 0)
        async with contextlib.aclosing(self.inner.stream(request)) as events:
            async for event in events:
                match event:
                    case Delta(text):
                        said += text
                    case Report(found) if found:
                        usage = found
                    case End(confidence=confidence):
                        self.confidence = confidence
                yield event
        self.replies.append(said)
        self.usages.append(usage)


@dataclass
class _Listener:
    """In place of a model in the cloud: it is shown the prompt, and says nothing."""

    tokens: int = 0
    tier = "medium"
    model = "listener"
    format: FormatName = "blocks"
    budget = cloud_budget("medium")
    alone = False
    window = 128_000
    tries = 1
    here = False

    async def stream(self, question: Question) -> AsyncGenerator[str | Replied, None]:
        """See :class:`farthing.chat.answerer.Answerer`."""
        found = texts(question.prompt)
        self.tokens = sum(count(each) for each in (found.system, found.files, found.history, found.instruction))
        yield Replied("stop", self.model, Usage(0, 0), 0)


def instruction(work: Work, complaint: str) -> Instruction:
    """What the user would say.

    Args:
        complaint: what a failing test says of the fault.
    """
    said = "\n".join(filter(None, [work.instruction, complaint]))
    return Instruction(TASKS[work.task.kind], said, work.task.file, (work.first, work.last))


class Asker:
    """Asks the models of the engine.

    Args:
        backend: the engine.
    """

    def __init__(self, backend: LocalBackend) -> None:
        self._backend, self._chat, self._turns = backend, LocalChat(backend), 0

    async def ask(self, work: Work, folder: Folder, model: Path, complaint: str) -> Answer:
        """One task by one model.

        Args:
            complaint: what a failing test says of the fault.

        Raises:
            FarthingError: the model can't be asked.
        """
        with folder.prepared(work):
            if work.task.kind == "complete":
                return await self._complete(work, folder, model)
            return await self._edit(work, folder, model, complaint)

    async def _edit(self, work: Work, folder: Folder, model: Path, complaint: str) -> Answer:
        task, said = work.task, instruction(work, complaint)
        listener, heard, window = _Listener(), _Heard(self._chat), EngineSettings().context_tokens
        await self._turn(folder, listener, said)
        answerer = LocalAnswerer(
            heard, str(model), model.stem, str(folder.root), str(folder.root), lambda work: None,
            local_budget(None, window), window,
        )  # fmt: skip
        began = time.monotonic()
        started, finish, retries = await self._turn(folder, answerer, said)
        seconds = round(time.monotonic() - began, 2)
        changes = finish.result.changes if finish.result else ()
        applied = finish.ending == "done" and len(changes) == 1
        return Answer(
            task.id, model.stem, task.kind, work.last - work.first + 1, started.context.tokens, heard.usages[0].input,
            sum(each.output for each in heard.usages), listener.tokens, _written(work, heard.replies), finish.attempts,
            retries if applied else [*retries, finish.message], applied, heard.confidence, seconds,
            changes[0].path if applied else "", changes[0].after if applied else None, heard.replies,
        )  # fmt: skip

    async def _turn(
        self, folder: Folder, answerer: Answerer, instruction: Instruction
    ) -> tuple[Started, Finished, list[str]]:
        chat = Chat(Files(folder.root, folder.index), Always(answerer))
        self._turns += 1  # a name of its own, as every task is the first turn of a conversation
        found, retries = list[Started | Finished](), list[str]()
        async with contextlib.aclosing(chat.turn(f"router:{self._turns}", instruction)) as events:
            async for event in events:
                if isinstance(event, Started | Finished):
                    found.append(event)
                elif isinstance(event, Retrying):
                    retries.append(event.reason)
        started, finish = found
        assert isinstance(started, Started) and isinstance(finish, Finished)
        return started, finish, retries

    async def _complete(self, work: Work, folder: Folder, model: Path) -> Answer:
        heard, name = _HeardCompletion(self._backend), str(folder.root / work.task.file)
        pipeline = CompletionPipeline(heard, Headers(Surroundings(folder)))
        request = CompletionRequest(name, work.before, work.offset, "python", str(model), multiline=True, path=name)
        began = time.monotonic()
        async with contextlib.aclosing(pipeline):
            found = await pipeline.answer(request, CompletionSettings())
        text, (logprob, usage) = found.text if found else "", heard.first
        gap = work.original[work.offset : work.offset + len(work.original) - len(work.before)]
        return Answer(
            work.task.id, model.stem, "complete", work.last - work.first + 1, 0, usage.input, usage.output, 0,
            count(gap), 1, [] if text else ["nothing was suggested"], bool(text),
            logprob / usage.output if usage.output else None, round(time.monotonic() - began, 2), work.task.file,
            work.before[: work.offset] + text + work.before[work.offset :] if text else None, [text],
        )  # fmt: skip


@dataclass
class _HeardCompletion:
    """Keeps how likely a completion is."""

    inner: CompletionBackend
    first: tuple[float, base.Usage] = (0.0, base.Usage())
    """Of the first request: those that follow are guesses of what is asked next."""
    is_engine = True
    _asked = False

    async def stream(self, request: FimRequest) -> AsyncGenerator[base.Event, None]:
        """See :class:`farthing.backends.base.CompletionBackend`."""
        counts = not self._asked and request.max_tokens > 0
        self._asked |= counts
        async with contextlib.aclosing(self.inner.stream(request)) as events:
            async for event in events:
                if counts and isinstance(event, base.Piece):
                    self.first = (event.logprob, event.usage)
                yield event


def _written(work: Work, replies: list[str]) -> int:
    """Tokens that a right answer has: for new tests there is none but the model's own."""
    return count(replies[-1]) if work.task.kind == "test" else count(work.reference)
