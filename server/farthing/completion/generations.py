"""The work that is under way: one generation for each document, and at most one for a document as it may become.

A generation that the user types along with goes on; any other change of its document ends it.
"""

import asyncio
import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import replace

from farthing.backends.base import CompletionBackend
from farthing.completion import prefetch
from farthing.completion.cache import AnswerCache
from farthing.completion.cadence import Cadence
from farthing.completion.generation import Completion, CompletionRequest, Generation, Outcome
from farthing.completion.headers import Headers
from farthing.completion.warming import Warming
from farthing.completion.writer import write
from farthing.errors import FarthingError
from farthing.settings import CompletionSettings


class Generations:
    """Begins, finds and ends generations. Belongs to one event loop.

    Args:
        backend: where text comes from.
        cadence: says how long to wait before an answer is begun.
        headers: what stands before the documents.
        grew: told of a generation that has more to say than was shown of it.
        over: told of every generation that is over, but for those that nobody waited for when they began.
    """

    def __init__(
        self,
        backend: CompletionBackend,
        cadence: Cadence,
        headers: Headers,
        grew: Callable[[Generation], None],
        over: Callable[[Generation, Outcome], None],
    ) -> None:
        self._answers = AnswerCache()
        self._backend, self._cadence, self._headers = backend, cadence, headers
        self._grew, self._over = grew, over
        self._current: dict[str, Generation] = {}
        self._ahead: Generation | None = None
        self._ids = itertools.count(1)
        self._warming = Warming(backend, headers)
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, request: CompletionRequest) -> Generation | None:
        """The generation, running or finished, that answers a request, as what was typed since agrees with it."""
        generation = self._current.get(request.document)
        if generation is not None and _covers(generation, request) and not self._is_outdated(generation, request):
            generation.typed = generation.typed_in(request.text, request.offset) or ""
            return generation
        ahead = self._ahead
        if (
            ahead is None
            or not ahead.begun
            or ahead.request.document != request.document
            or not _covers(ahead, request)
        ):
            return None
        self._ahead = None  # the document has become what it was for
        self.stop(request.document)
        self._current[request.document] = ahead
        ahead.typed = ahead.typed_in(request.text, request.offset) or ""
        return ahead

    def _is_outdated(self, generation: Generation, request: CompletionRequest) -> bool:
        """Whether somebody asks outright, and more is known now than when the answer was given."""
        return request.multiline and generation.context != self._headers.current(request.document).context

    def remembered(self, request: CompletionRequest) -> tuple[Completion, str] | None:
        """An earlier answer that says something here, and what was typed of it."""
        return self._answers.find(request, self._headers.current(request.document).context)

    def counts(self, generation: Generation) -> bool:
        """Whether no other one has taken a generation's place."""
        return self._current.get(generation.request.document) in (generation, None)

    def warm(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        """Let the model read a place, unless it is at work there. What was to be written ahead of another place of the
        document is given up: the user has gone from there."""
        generation = self._current.get(request.document)
        if generation is not None and not generation.done.done():
            return
        if self._ahead is not None and self._ahead.request.document == request.document:
            if self._ahead.leads_here(request.text, request.offset):
                return
            self._end_ahead()
        self._warming.warm(request, settings)

    def start(self, request: CompletionRequest, settings: CompletionSettings) -> Generation | None:
        """Begin a generation in place of what is under way for the document, at once or when the user pauses; None
        where the user wants none that he has not asked for."""
        wait = self._wait(request, settings)
        if wait is None:
            return None
        self.forget(request.document)
        generation = self._current[request.document] = self._new(request)
        self._launch(generation, settings, wait)
        return generation

    def closed(self, document: str) -> None:
        """The document was closed: nothing of it is remembered."""
        self.forget(document)
        self._answers.forget(document)
        self._warming.closed(document)

    def _wait(self, request: CompletionRequest, settings: CompletionSettings) -> float | None:
        if request.multiline:
            return 0.0
        if self._backend.is_engine and settings.trigger == "automatic":
            # What is begun in vain is not lost there: the part of the prompt that was read stays read. To wait would
            # be to wait twice.
            return 0.0
        return self._cadence.wait(settings.trigger)

    def foresee(self, request: CompletionRequest, completion: Completion, settings: CompletionSettings) -> None:
        """A completion was handed out: when the user pauses, write what follows it, so that it is there when he
        accepts."""
        if not prefetch.worthwhile(self._backend, completion, settings):
            return
        target = prefetch.follows(request, completion)
        if self._ahead is not None and self._ahead.begun and self._ahead.request == target:
            return
        if self.remembered(target) is None:
            self._end_ahead()
            self._ahead = replace(self._new(target), ahead_of=request)
            self._launch(self._ahead, settings, prefetch.PAUSE_S)

    def document_changed(self, document: str, text: str) -> None:
        """End work that the new text contradicts."""
        ahead = self._ahead
        if ahead is not None and ahead.request.document == document and not ahead.leads_here(text):
            self._end_ahead()
        generation = self._current.get(document)
        if generation is None or generation.done.done():
            return
        typed = generation.typed_in(text)
        if generation.agrees(typed) and (generation.begun or not typed):
            generation.typed = typed or ""
        else:
            self.stop(document)

    def stop(self, document: str) -> None:
        """End and drop the generation of a document. Who waits for it is answered."""
        if generation := self._current.pop(document, None):
            generation.end(Outcome(given_up=True))

    def forget(self, document: str) -> None:
        """End and drop whatever is under way for a document."""
        self.stop(document)
        if self._ahead is not None and self._ahead.request.document == document:
            self._end_ahead()

    def drop(self, document: str) -> None:
        """The answer of a document's generation went elsewhere than the user."""
        self._current.pop(document, None)

    async def aclose(self) -> None:
        """End everything."""
        await self._warming.aclose()
        self._end_ahead()
        for document in list(self._current):
            self.stop(document)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.end(Outcome(given_up=True))

    def _new(self, request: CompletionRequest) -> Generation:
        header = self._headers.current(request.document)
        done = asyncio.get_running_loop().create_future()
        return Generation(request, done, f"{next(self._ids)}", header=header.text, context=header.context)

    def _launch(self, generation: Generation, settings: CompletionSettings, wait: float) -> None:
        task = generation.task = asyncio.create_task(self._run(generation, settings, wait))
        self._tasks.add(task)
        task.add_done_callback(functools.partial(self._ended, generation))

    async def _run(self, generation: Generation, settings: CompletionSettings, wait: float) -> None:
        if wait:
            await asyncio.sleep(wait)
        try:
            outcome = await write(self._backend, generation, settings, functools.partial(self._tell, generation))
        except FarthingError as exc:
            outcome = Outcome(error=exc)
        if outcome.completion is None:
            generation.text = ""
        elif outcome.completion.text:
            self._answers.add(generation.request, outcome.completion, generation.context)
        if not generation.done.done():
            generation.done.set_result(outcome)
        if generation is self._ahead:
            self._ahead = None
            if outcome.completion and generation.ahead_of:
                # Back to where the user is: see :data:`farthing.completion.prefetch.PAUSE_S`.
                self._warming.warm(generation.ahead_of, settings)
        elif outcome.error is not None or outcome.given_up:
            self._remove(generation)
        elif not self._tell(generation) and generation.shown and outcome.completion:
            self.foresee(generation.request, outcome.completion, settings)

    def _tell(self, generation: Generation) -> bool:
        """Say that there is more than was shown, if anything was and there is."""
        more = bool(generation.shown and (generation.shown != generation.text or generation.others))
        if more:
            self._grew(generation)
        return more

    def _ended(self, generation: Generation, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if generation.begun and not generation.ahead_of and generation.done.done():
            outcome = generation.done.result()
            if generation.first_ms:
                self._cadence.answered(generation.first_ms / 1000)
            elif outcome.given_up:
                self._cadence.answered(math.inf)
            self._over(generation, outcome)
        # An error that nobody foresaw must reach who waits, or they would wait for ever.
        if not task.cancelled() and (error := task.exception()):
            if not generation.done.done():
                generation.done.set_exception(error)
            self._remove(generation)

    def _remove(self, generation: Generation) -> None:
        if generation is self._ahead:
            self._ahead = None
        if self._current.get(generation.request.document) is generation:
            del self._current[generation.request.document]


def _covers(generation: Generation, request: CompletionRequest) -> bool:
    """Whether a generation answers a request, too."""
    theirs = generation.request
    typed = generation.typed_in(request.text, request.offset)
    same = (request.model, request.language, request.before) == (theirs.model, theirs.language, theirs.before)
    if not same or request.multiline > theirs.multiline or not generation.agrees(typed):
        return False
    if not generation.begun:
        return not typed  # it waits for a pause, and this was none
    # All of it is in the document: what comes next is a new question.
    return not (generation.done.done() and typed and typed in (generation.text, *generation.others))
