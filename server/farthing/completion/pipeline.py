"""From a cursor to a suggestion, with one generation per document.

The newest request of a document wins, and the one before it is answered at once. A request that the running or
finished generation of its document covers, because the user typed what it says, joins that; any other one ends it. A
request that is given up (``$/cancelRequest``) leaves its generation running as long as the document agrees with it:
editors give up early, and ask again.
"""

import asyncio
import contextlib
import functools
import itertools
import time
from dataclasses import dataclass, field, replace
from typing import Any

from farthing.backends.base import CompletionBackend, FimRequest, Finish, Usage
from farthing.completion.context import window
from farthing.completion.postprocess import clean
from farthing.completion.stop import StopRule
from farthing.completion.syntax_trim import trim_to_syntax
from farthing.errors import FarthingError
from farthing.settings import CompletionSettings
from farthing.text import line_break


@dataclass(frozen=True)
class CompletionRequest:
    """A cursor in a document."""

    document: str
    """URI or path: what the newest request is the newest of."""
    text: str
    offset: int
    """Code points before the cursor."""
    language: str
    """LSP language id."""
    model: str
    """Path of the GGUF file."""
    multiline: bool = False
    """The user asked for a completion outright, so several lines are welcome anywhere."""


@dataclass(frozen=True)
class Completion:
    """A suggestion to be inserted at the request's offset."""

    id: str
    text: str
    """Empty only in an answer that says what it cost to have nothing to suggest."""
    usage: Usage
    first_token_ms: float
    """From the start of its generation to the first piece of text; 0 when none came."""
    total_ms: float


@dataclass(frozen=True)
class _Outcome:
    """How a generation ended: with a completion, an error, or neither as it was given up."""

    completion: Completion | None = None
    error: FarthingError | None = None
    contradicted: bool = False
    """What the model wrote is not what the user has typed meanwhile."""
    given_up: bool = False
    """Newer work took its place, the document went away, or the engine was told to stop."""


@dataclass(eq=False)
class _Generation:
    """Work for one document, running or finished."""

    request: CompletionRequest
    done: "asyncio.Future[_Outcome]"
    text: str = ""
    """What the model wrote so far; at the end, what is suggested. With the document's own line breaks."""
    typed: str = ""
    """What the user typed since it began."""
    task: "asyncio.Task[None] | None" = None
    started: float = field(default_factory=time.monotonic)

    def typed_in(self, text: str) -> str | None:
        """What was typed at the cursor to make the document this text; None if it changed in any other way."""
        head, tail = self.request.text[: self.request.offset], self.request.text[self.request.offset :]
        if len(text) < len(head) + len(tail) or not text.startswith(head) or not text.endswith(tail):
            return None
        return text[len(head) : len(text) - len(tail)]

    def agrees(self, typed: str | None) -> bool:
        """Whether the answer says, or may still come to say, what was typed."""
        if typed is None:
            return False
        if self.done.done():
            return self.text.startswith(typed)
        return self.text.startswith(typed) or typed.startswith(self.text)

    def end(self, outcome: _Outcome) -> None:
        """Answer all who wait and stop the work."""
        if not self.done.done():
            self.done.set_result(outcome)
        if self.task is not None:
            self.task.cancel()


class CompletionPipeline:
    """Completes documents. Belongs to one event loop.

    Args:
        backend: where text comes from.
    """

    def __init__(self, backend: CompletionBackend) -> None:
        self._backend = backend
        self._generations: dict[str, _Generation] = {}
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def complete(self, request: CompletionRequest, settings: CompletionSettings) -> Completion | None:
        """The suggestion for a cursor; None when there is none, or when newer work took its place.

        Raises:
            FarthingError: the backend failed.
        """
        answer = await self.answer(request, settings)
        return answer if answer and answer.text else None

    async def answer(self, request: CompletionRequest, settings: CompletionSettings) -> Completion | None:
        """The same, but with an empty text and what it cost when there is nothing to suggest.

        None when newer work took its place.

        Raises:
            FarthingError: the backend failed.
        """
        replaced = self._replace_waiter(request.document)
        try:
            return await self._answer(request, settings, replaced)
        finally:
            if self._waiters.get(request.document) is replaced:
                del self._waiters[request.document]

    async def _answer(
        self, request: CompletionRequest, settings: CompletionSettings, replaced: "asyncio.Future[None]"
    ) -> Completion | None:
        while True:
            generation = self._join(request) or self._start(request, settings)
            either: set[asyncio.Future[Any]] = {generation.done, replaced}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if replaced.done() or self._generations.get(request.document) not in (generation, None):
                return None
            outcome = generation.done.result()
            if outcome.error is not None:
                raise outcome.error
            typed = generation.typed_in(request.text)
            if outcome.given_up or typed is None or (outcome.contradicted and typed != generation.typed):
                return None
            if not outcome.contradicted and generation.agrees(typed):
                return _rest(outcome.completion, typed)
            # The answer went elsewhere than the user: ask again from where the user is now.
            self._generations.pop(request.document, None)

    def _replace_waiter(self, document: str) -> "asyncio.Future[None]":
        older = self._waiters.get(document)
        if older is not None and not older.done():
            older.set_result(None)
        newer = self._waiters[document] = asyncio.get_running_loop().create_future()
        return newer

    def document_changed(self, document: str, text: str) -> None:
        """Stop work that the new text contradicts."""
        generation = self._generations.get(document)
        if generation is None or generation.done.done():
            return
        typed = generation.typed_in(text)
        if generation.agrees(typed):
            generation.typed = typed or ""
        else:
            self.forget(document)

    def forget(self, document: str) -> None:
        """Stop and drop whatever belongs to a document. Who waits for it is answered."""
        if generation := self._generations.pop(document, None):
            generation.end(_Outcome(given_up=True))

    async def aclose(self) -> None:
        """Stop everything."""
        for document in list(self._generations):
            self.forget(document)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _join(self, request: CompletionRequest) -> _Generation | None:
        generation = self._generations.get(request.document)
        if generation is None:
            return None
        ours, theirs = request, generation.request
        typed = generation.typed_in(ours.text)
        same = ours.model == theirs.model and ours.language == theirs.language and ours.multiline <= theirs.multiline
        if not same or typed is None or ours.offset != theirs.offset + len(typed) or not generation.agrees(typed):
            return None
        if generation.done.done() and generation.text and typed == generation.text:
            return None  # all of it is in the document: what comes next is a new question
        generation.typed = typed
        return generation

    def _start(self, request: CompletionRequest, settings: CompletionSettings) -> _Generation:
        self.forget(request.document)
        generation = _Generation(request, asyncio.get_running_loop().create_future())
        self._generations[request.document] = generation
        task = generation.task = asyncio.create_task(self._run(generation, settings))
        self._tasks.add(task)
        task.add_done_callback(functools.partial(self._ended, generation))
        return generation

    def _ended(self, generation: _Generation, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        # An error that nobody foresaw must reach who waits, or they would wait for ever.
        if not task.cancelled() and (error := task.exception()):
            generation.done.set_exception(error)
            self._drop(generation)

    def _drop(self, generation: _Generation) -> None:
        if self._generations.get(generation.request.document) is generation:
            del self._generations[generation.request.document]

    async def _run(self, generation: _Generation, settings: CompletionSettings) -> None:
        try:
            outcome = await self._generate(generation, settings)
        except FarthingError as exc:
            outcome = _Outcome(error=exc)
        if outcome.completion is None:
            generation.text = ""
        if not generation.done.done():
            generation.done.set_result(outcome)
        if outcome.error is not None or outcome.given_up:
            self._drop(generation)

    async def _generate(self, generation: _Generation, settings: CompletionSettings) -> _Outcome:
        request = generation.request
        context = window(request.text, request.offset, settings)
        rule = StopRule(context, settings.max_lines, request.multiline)
        breaks = line_break(request.text)
        fim = FimRequest(request.document, request.model, context.prefix, context.suffix, settings.max_tokens)
        text, usage, first_ms = "", Usage(), 0.0
        async with contextlib.aclosing(self._backend.stream(fim)) as events:
            async for event in events:
                if isinstance(event, Finish):
                    if event.reason in ("cancelled", "superseded"):
                        return _Outcome(given_up=True)
                    usage = event.usage
                    break
                text, usage = text + event.text.replace("\r", ""), event.usage
                first_ms = first_ms or _ms(generation)
                generation.text = text.replace("\n", breaks)
                if not generation.agrees(generation.typed):
                    return _Outcome(contradicted=True)
                if rule.end(text) is not None:
                    break
        text = clean(text[: rule.end(text, finished=True)], context).replace("\n", breaks)
        head, tail = request.text[: request.offset], request.text[request.offset :]
        if "\n" in text:
            text = await asyncio.to_thread(trim_to_syntax, head, text, tail, request.language)
        generation.text = text
        id = f"{next(self._ids)}"
        return _Outcome(Completion(id, text, usage, round(first_ms, 1), round(_ms(generation), 1)))


def _rest(completion: Completion | None, typed: str) -> Completion | None:
    return replace(completion, text=completion.text[len(typed) :]) if completion else None


def _ms(generation: _Generation) -> float:
    return (time.monotonic() - generation.started) * 1000
