"""From a cursor to a suggestion, with one generation per document.

The newest request of a document wins, and the one before it is answered at once. A request that the running or
finished generation of its document covers, because the user typed what it says, joins that; any other one ends it. A
request that is given up (``$/cancelRequest``) leaves its generation running as long as the document agrees with it:
editors give up early, and ask again.

Who listens for growth needn't wait for the end of an answer: after a while a request gets what there is so far, and is
told when there is more.
"""

import asyncio
import contextlib
import functools
import itertools
import time
from collections.abc import Callable
from dataclasses import replace

from farthing.backends.base import CompletionBackend, FimRequest, Finish, Usage
from farthing.completion.cache import AnswerCache
from farthing.completion.context import Context, window
from farthing.completion.generation import Completion, CompletionRequest, Generation, Outcome
from farthing.completion.postprocess import clean
from farthing.completion.stop import StopRule
from farthing.completion.syntax_trim import trim_to_syntax
from farthing.errors import FarthingError
from farthing.settings import CompletionSettings
from farthing.text import line_break

PATIENCE_S = 0.12
"""After this long a request is answered with the first part of its answer, as soon as there is one."""

LEAST_SHOWN = 2
"""Characters, white space not counted: a shorter first part says nothing."""

__all__ = ["Completion", "CompletionPipeline", "CompletionRequest"]


class CompletionPipeline:
    """Completes documents. Belongs to one event loop.

    Args:
        backend: where text comes from.
    """

    def __init__(self, backend: CompletionBackend) -> None:
        self.on_growth: Callable[[str], None] | None = None
        """Told the document when there is more than a request was answered with; without it every request is answered
        in full."""
        self.on_generated: Callable[[Generation, Outcome], None] | None = None
        """Told of every generation that is over, however it ended."""
        self._backend = backend
        self._warming: asyncio.Task[None] | None = None
        self._generations: dict[str, Generation] = {}
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self._answers = AnswerCache()
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
        patience_ends = time.monotonic() + PATIENCE_S
        while True:
            generation = self._join(request)
            finished = generation is not None and generation.done.done()
            if generation is None:
                if known := self._remembered(request):
                    return known
                generation = self._start(request, settings)
            elif part := self._part(generation, request, settings):
                return part
            while not (generation.done.done() or replaced.done()):
                left = patience_ends - time.monotonic()
                await generation.progress(replaced, left if left > 0 and self.on_growth else None)
                if replaced.done() or self._generations.get(request.document) not in (generation, None):
                    return None
                if time.monotonic() >= patience_ends and (part := self._part(generation, request, settings)):
                    return part
            if replaced.done() or self._generations.get(request.document) not in (generation, None):
                return None
            outcome = generation.done.result()
            if outcome.error is not None:
                raise outcome.error
            typed = generation.typed_in(request.text, request.offset)
            if outcome.given_up or typed is None or (outcome.contradicted and typed != generation.typed):
                return None
            if not outcome.contradicted and generation.agrees(typed):
                rest = outcome.completion and replace(outcome.completion.rest(typed), remembered=finished)
                return rest and _tidy(rest, generation, request, settings)
            # The answer went elsewhere than the user: ask again from where the user is now.
            self._generations.pop(request.document, None)

    def _part(
        self, generation: Generation, request: CompletionRequest, settings: CompletionSettings
    ) -> Completion | None:
        """What a running generation has to say to a request so far, if that is worth showing."""
        if self.on_growth is None or generation.done.done():
            return None
        typed = generation.typed_in(request.text, request.offset)
        if typed is None or not generation.text.startswith(typed):
            return None
        context = window(request.text, request.offset, settings, request.before)
        text = clean(generation.text[len(typed) :].replace("\r\n", "\n"), context, request.language)
        if len("".join(text.split())) < LEAST_SHOWN:
            return None
        text = text.replace("\n", line_break(request.text))
        generation.shown = typed + text
        ms = round(generation.first_ms, 1), round(generation.elapsed_ms(), 1)
        return Completion(generation.id, text, generation.usage, *ms, partial=True)

    def _remembered(self, request: CompletionRequest) -> Completion | None:
        found = self._answers.find(request)
        if found is None:
            return None
        self.forget(request.document)
        rest = found[0].rest(found[1])
        return Completion(rest.id, rest.text, Usage(), 0.0, 0.0, remembered=True)

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
        """Stop and drop whatever is under way for a document. Who waits for it is answered."""
        if generation := self._generations.pop(document, None):
            generation.end(Outcome(given_up=True))

    def warm(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        """Let the model read a place where something may be asked next. The newest place counts; whatever somebody
        waits for comes first."""
        generation = self._generations.get(request.document)
        if generation is not None and not generation.done.done():
            return
        if self._warming is not None:
            self._warming.cancel()
        task = self._warming = asyncio.create_task(self._read(request, settings))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        context = window(request.text, request.offset, settings, request.before)
        about = request.notebook or request.document
        fim = FimRequest(about, request.model, context.prefix, context.suffix, max_tokens=0, urgency="warm")
        with contextlib.suppress(FarthingError):  # who asks will meet it again, and show it
            async with contextlib.aclosing(self._backend.stream(fim)) as events:
                async for _ in events:
                    pass

    def closed(self, document: str) -> None:
        """The document was closed: nothing of it is remembered."""
        self.forget(document)
        self._answers.forget(document)

    async def aclose(self) -> None:
        """Stop everything."""
        if self._warming is not None:
            self._warming.cancel()
        for document in list(self._generations):
            self.forget(document)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _join(self, request: CompletionRequest) -> Generation | None:
        generation = self._generations.get(request.document)
        if generation is None:
            return None
        theirs = generation.request
        typed = generation.typed_in(request.text, request.offset)
        same = request.model == theirs.model and request.language == theirs.language and request.before == theirs.before
        if not same or request.multiline > theirs.multiline or not generation.agrees(typed):
            return None
        if generation.done.done() and generation.text and typed == generation.text:
            return None  # all of it is in the document: what comes next is a new question
        generation.typed = typed or ""
        return generation

    def _start(self, request: CompletionRequest, settings: CompletionSettings) -> Generation:
        self.forget(request.document)
        generation = Generation(request, asyncio.get_running_loop().create_future(), f"{next(self._ids)}")
        self._generations[request.document] = generation
        task = generation.task = asyncio.create_task(self._run(generation, settings))
        self._tasks.add(task)
        task.add_done_callback(functools.partial(self._ended, generation))
        return generation

    def _ended(self, generation: Generation, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if self.on_generated and generation.done.done():
            self.on_generated(generation, generation.done.result())
        # An error that nobody foresaw must reach who waits, or they would wait for ever.
        if not task.cancelled() and (error := task.exception()):
            generation.done.set_exception(error)
            self._drop(generation)

    def _drop(self, generation: Generation) -> None:
        if self._generations.get(generation.request.document) is generation:
            del self._generations[generation.request.document]

    async def _run(self, generation: Generation, settings: CompletionSettings) -> None:
        try:
            outcome = await self._generate(generation, settings)
        except FarthingError as exc:
            outcome = Outcome(error=exc)
        if outcome.completion is None:
            generation.text = ""
        elif outcome.completion.text:
            self._answers.add(generation.request, outcome.completion)
        if not generation.done.done():
            generation.done.set_result(outcome)
        if outcome.error is not None or outcome.given_up:
            self._drop(generation)
        elif self.on_growth and generation.shown and generation.shown != generation.text:
            self.on_growth(generation.request.document)

    async def _generate(self, generation: Generation, settings: CompletionSettings) -> Outcome:
        request = generation.request
        context = window(request.text, request.offset, settings, request.before)
        rule = StopRule(context, settings.max_lines, request.multiline)
        breaks = line_break(request.text)
        about = request.notebook or request.document
        fim = FimRequest(about, request.model, context.prefix, context.suffix, settings.max_tokens)
        text, usage, cut_off = "", Usage(), False
        async with contextlib.aclosing(self._backend.stream(fim)) as events:
            async for event in events:
                if isinstance(event, Finish):
                    if event.reason in ("cancelled", "superseded"):
                        return Outcome(given_up=True)
                    usage, cut_off = event.usage, event.reason == "length"
                    break
                text, usage = text + event.text.replace("\r", ""), event.usage
                generation.write(text[: rule.end(text)].replace("\n", breaks), usage)
                if not generation.agrees(generation.typed):
                    return Outcome(contradicted=True)
                if rule.end(text) is not None:
                    break
        text = await _finished(text[: rule.end(text, finished=True, cut_off=cut_off)], context, request)
        generation.text = text = text.replace("\n", breaks)
        ms = round(generation.first_ms, 1), round(generation.elapsed_ms(), 1)
        return Outcome(Completion(generation.id, text, usage, *ms))


async def _finished(text: str, context: Context, request: CompletionRequest) -> str:
    """A whole answer as it is suggested."""
    text = clean(text, context, request.language)
    head, tail = request.text[: request.offset], request.text[request.offset :]
    if "\n" in text:
        text = await asyncio.to_thread(trim_to_syntax, head, text, tail, request.language)
    return text


def _tidy(
    rest: Completion, generation: Generation, request: CompletionRequest, settings: CompletionSettings
) -> Completion:
    """The rest of an answer for a cursor behind which the editor has closed a bracket meanwhile."""
    behind = len(request.text) - request.offset
    if behind == len(generation.request.text) - generation.request.offset:
        return rest
    context = window(request.text, request.offset, settings, request.before)
    text = clean(rest.text.replace("\r\n", "\n"), context, request.language)
    return replace(rest, text=text.replace("\n", line_break(request.text)))
