"""Ways of asking one model for an edit: as Farthing does, with SEARCH/REPLACE blocks, and with the whole file."""

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol

from edit_cases import Case
from edit_folder import Folder

from farthing.backends.chat import ChatBackend, ChatRequest, Delta, End, Event, Hints, Part, Prompt, Report
from farthing.chat.answerer import Answerer, Choice, FormatName, LocalAnswerer
from farthing.chat.chat import Chat
from farthing.chat.files import Files
from farthing.chat.model import Finished, Instruction, Proposed
from farthing.chat.offers import Size
from farthing.context.budget import local_budget
from farthing.edit.apply import errors_of
from farthing.edit.model import GOOD, FileChange
from farthing.errors import Refused
from farthing.routing.model import Features
from farthing.settings import EngineSettings
from farthing.tokens import count

WHOLE = (
    "You are a careful programmer. You are shown a file and asked to change it. Answer with the complete new text of "
    "the file in one code block and nothing else. Change only what the instruction asks for."
)


@dataclass
class Exchange:
    """One question to the model, and its reply: what is needed to read it again with other code."""

    reply: str
    """Raw, without what was said for the model at its beginning."""
    start: str
    reason: str
    input: int
    """Tokens of the prompt, by the engine."""
    cached: int
    output: int
    seconds: float


@dataclass
class Recorder:
    """Keeps what goes between a system and the model."""

    inner: ChatBackend
    heard: list[Exchange] = field(default_factory=list)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`."""
        began, said, reason = time.monotonic(), "", ""
        usage = (0, 0, 0)
        async with contextlib.aclosing(self.inner.stream(request)) as events:
            async for event in events:
                match event:
                    case Delta(text):
                        said += text
                    case Report(found) if found:
                        usage = found.input, found.cached, found.output
                    case End(why):
                        reason = why
                yield event
        seconds = round(time.monotonic() - began, 2)
        self.heard.append(Exchange(said, request.hints.start, reason, *usage, seconds))


@dataclass
class Replay:
    """Says what was said before, so that it is read and judged again without a model."""

    exchanges: list[Exchange]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`."""
        # What asks more often than before gets nothing more to read.
        said = self.exchanges.pop(0) if self.exchanges else Exchange("", "", "stop", 0, 0, 0, 0.0)
        yield Delta(said.reply)
        yield End(said.reason, request.model)


@dataclass
class Outcome:
    """What one system made of one case."""

    format: str
    case: str
    model: str
    exchanges: list[Exchange]
    applied: bool
    """Well-formed, and all of it has its place."""
    why: str
    """Why it is not; empty where it is."""
    outside: bool
    """Something was changed that is not of the function."""
    after: str | None
    """The file's text; None where nothing was changed."""
    first_s: float | None
    """From the instruction to the first hunk that is shown."""
    total_s: float
    prompt: int
    """Tokens that the model was sent first, by the engine."""
    output_tokens: int
    """Of all replies, by o200k_base."""
    file_tokens: int
    """Of the whole file, by o200k_base."""
    second_s: float | None = None
    """The same of the next instruction in the conversation."""

    def record(self) -> dict[str, object]:
        """For a line of JSON."""
        return asdict(self)


class System(Protocol):
    """One way of asking."""

    name: str

    async def edit(self, case: Case, folder: Folder, backend: ChatBackend) -> Outcome:
        """Ask once.

        Raises:
            FarthingError: the model can't be asked.
        """
        ...


@dataclass
class Always:
    """Asks one model, whatever is asked."""

    answerer: Answerer

    async def choose(self, features: Features, size: Size | None = None) -> Choice:
        """See :class:`farthing.chat.answerer.Answerers`."""
        if features.failed:
            raise Refused("only one is measured")
        return Choice(self.answerer, "it is measured")

    def warm(self, conversation: str) -> str:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return ""

    async def instead(self, choice: Choice, size: Size) -> Choice | None:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return None


class Product:
    """The chat of this checkout, from the context to the proved hunks.

    Args:
        format: in which the model is asked.
        tries: replies at most.
        follow: what is said next in the same conversation; empty for nothing.
    """

    def __init__(self, name: str, model: Path, format: FormatName, tries: int, follow: str = "") -> None:
        self.name, self._model, self._format, self._tries, self._follow = name, model, format, tries, follow
        self._turns = 0

    async def edit(self, case: Case, folder: Folder, backend: ChatBackend) -> Outcome:
        """See :class:`System`."""
        recorder, window = Recorder(backend), EngineSettings().context_tokens
        answerer = LocalAnswerer(
            recorder, str(self._model), self._model.stem, str(folder.root), str(folder.root), lambda work: None,
            local_budget(None, window), window, format=self._format, tries=self._tries,
        )  # fmt: skip
        chat = Chat(Files(folder.root, folder.index), Always(answerer))
        self._turns += 1  # a name of its own, as every case is the first turn of a conversation
        name = f"{self.name}:{self._turns}"
        first, finish, total = await self._turn(chat, name, case.instruction, case.file, (case.first, case.last))
        said = list(recorder.heard)
        result = finish.result
        changes = result.changes if result else ()
        good = finish.ending == "done" and bool(changes)
        why = "" if good else finish.message
        if result and not good:
            why += "".join(
                f"; {each.status}: {each.placed.reason}" for each in result.outcomes if each.status not in GOOD
            )
        after = changes[0].after if good else None
        second = None
        if self._follow and after is not None:
            folder.write(case.file, after)
            last = case.last + after.count("\n") - case.before.count("\n")
            second, _, _ = await self._turn(chat, name, self._follow, case.file, (case.first, last))
        return Outcome(
            self.name, case.id, self._model.stem, said, good, why, _outside(case, changes), after, first, total,
            said[0].input if said else 0, sum(count(each.reply) for each in said), count(case.before), second,
        )  # fmt: skip

    async def _turn(
        self, chat: Chat, name: str, text: str, path: str, lines: tuple[int, int]
    ) -> tuple[float | None, Finished, float]:
        began, first, finish = time.monotonic(), None, None
        instruction = Instruction("edit", text, path, lines)
        async with contextlib.aclosing(chat.turn(name, instruction)) as events:
            async for event in events:
                if isinstance(event, Proposed) and first is None and event.result.outcomes:
                    first = round(time.monotonic() - began, 2)
                if isinstance(event, Finished):
                    finish = event
        assert finish is not None
        return first, finish, round(time.monotonic() - began, 2)


class WholeFile:
    """The model reads the file and writes it anew."""

    name = "whole"

    def __init__(self, model: Path) -> None:
        self._model = model

    async def edit(self, case: Case, folder: Folder, backend: ChatBackend) -> Outcome:
        """See :class:`System`."""
        recorder, size = Recorder(backend), count(case.before)
        fence = "```python\n"
        parts = (
            Part("system", WHOLE, "system"),
            Part("files", f"{case.file}\n{fence}{case.before}```"),
            Part("instruction", f"In `{case.symbol}`: {case.instruction}"),
        )
        hints = Hints(start=fence, stop=("\n```",), draft=case.before)
        began, first = time.monotonic(), None
        request = ChatRequest(str(self._model), Prompt(parts), size + size // 4 + 300, hints)
        async for said in _text(recorder, request):
            if first is None and not case.before.startswith(said) and said.endswith("\n"):
                first = round(time.monotonic() - began, 2)
        total = round(time.monotonic() - began, 2)
        exchange = recorder.heard[-1]
        after = exchange.reply + ("" if exchange.reply.endswith("\n") else "\n")
        broken = (errors_of(after, case.file) or 0) > (errors_of(case.before, case.file) or 0)
        why = "it was cut off" if exchange.reason == "length" else "it breaks the syntax" if broken else ""
        why = why or ("nothing is changed" if after == case.before else "")
        return Outcome(
            self.name, case.id, self._model.stem, [exchange], not why, why, not why and not _within(case, after),
            None if why else after, first, total, exchange.input, count(exchange.reply), size,
        )  # fmt: skip


async def _text(backend: ChatBackend, request: ChatRequest) -> AsyncIterator[str]:
    """What was said so far, each time that there is more."""
    said = ""
    async with contextlib.aclosing(backend.stream(request)) as events:
        async for event in events:
            if isinstance(event, Delta):
                said += event.text
                yield said


def _outside(case: Case, changes: Sequence[FileChange]) -> bool:
    """Whether another file, or another part of the file, is changed."""
    return any(change.path != case.file or not _within(case, change.after) for change in changes)


def _within(case: Case, after: str) -> bool:
    lines = case.before.splitlines(keepends=True)
    head, tail = "".join(lines[: case.first - 1]), "".join(lines[case.last :])
    return after.startswith(head) and after.endswith(tail) and len(after) >= len(head) + len(tail)


def exchanges(record: dict[str, object]) -> list[Exchange]:
    """Those of a line of JSON."""
    found = record["exchanges"]
    assert isinstance(found, list)
    return [Exchange(**each) for each in found]


def again(outcome: Outcome, known: dict[str, object]) -> Outcome:
    """An outcome that was replayed, with the times and counts of the model's own run."""
    kept = ("first_s", "total_s", "second_s", "prompt")
    return replace(outcome, exchanges=exchanges(known), **{name: known[name] for name in kept})  # type: ignore[arg-type]
