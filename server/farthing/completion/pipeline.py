"""From a cursor to a suggestion: who is answered, when, and with what.

The newest request of a document wins, and the one before it is answered at once. It is answered from what is known
where it can be: from the running or finished generation of its document, if the user typed what that says, or from an
earlier answer. Only then a new one is begun. A request that is given up (``$/cancelRequest``) leaves its generation
running as long as the document agrees with it: editors give up early, and ask again.

Who listens for growth needn't wait for the end of an answer: after a while a request gets what there is so far, and is
told when there is more.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from farthing.backends.base import CompletionBackend, Usage
from farthing.completion.cadence import Cadence
from farthing.completion.generation import Completion, CompletionRequest, Generation, Outcome
from farthing.completion.generations import Generations
from farthing.completion.headers import Headers
from farthing.completion.prompt import context_of
from farthing.completion.writer import first_part, tidy
from farthing.settings import CompletionSettings

PATIENCE_S = 0.12
"""After this long a request is answered with the first part of its answer, as soon as there is one."""

__all__ = ["Completion", "CompletionPipeline", "CompletionRequest"]


class CompletionPipeline:
    """Completes documents. Belongs to one event loop.

    Args:
        backend: where text comes from.
        headers: what stands before the documents; nothing by default.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        backend: CompletionBackend,
        headers: Headers | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_growth: Callable[[str], None] | None = None
        """Told the document when there is more than a request was answered with; without it every request is answered
        in full."""
        self.on_generated: Callable[[Generation, Outcome], None] | None = None
        """Told of every generation that is over, however it ended."""
        self._clock = clock
        self._cadence = Cadence()
        self._headers = headers or Headers()
        self._generations = Generations(backend, self._cadence, self._headers, self._grew, self._over)
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self._last: CompletionRequest | None = None

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
        self._note(request)
        replaced = self._replace_waiter(request.document)
        try:
            if request.multiline:
                await self._headers.hurry(request, context_of(request, settings))
            if replaced.done():
                return None
            answer = await self._answer(request, settings, replaced)
        finally:
            if self._waiters.get(request.document) is replaced:
                del self._waiters[request.document]
        if answer is not None:
            self._generations.foresee(request, answer, settings)
        return answer

    async def _answer(
        self, request: CompletionRequest, settings: CompletionSettings, replaced: "asyncio.Future[None]"
    ) -> Completion | None:
        patience_ends = time.monotonic() + PATIENCE_S
        while True:
            generation = self._generations.find(request)
            finished = generation is not None and generation.done.done()
            if generation is None:
                if known := self._remembered(request):
                    return known
                generation = self._generations.start(request, settings)
                if generation is None:
                    return None
            elif part := self._part(generation, request, settings):
                return part
            while not (generation.done.done() or replaced.done()):
                left = patience_ends - time.monotonic()
                await generation.progress(replaced, left if left > 0 and self.on_growth else None)
                if replaced.done() or not self._generations.counts(generation):
                    return None
                if time.monotonic() >= patience_ends and (part := self._part(generation, request, settings)):
                    return part
            if replaced.done() or not self._generations.counts(generation):
                return None
            outcome = generation.done.result()
            if outcome.error is not None:
                raise outcome.error
            typed = generation.typed_in(request.text, request.offset)
            if outcome.given_up or typed is None or (outcome.contradicted and typed != generation.typed):
                return None
            if not outcome.contradicted and generation.agrees(typed):
                rest = outcome.completion and replace(outcome.completion.rest(typed), remembered=finished)
                return rest and tidy(rest, generation, request, settings)
            # The answer went elsewhere than the user: ask again from where the user is now.
            self._generations.drop(request.document)

    def _part(
        self, generation: Generation, request: CompletionRequest, settings: CompletionSettings
    ) -> Completion | None:
        if self.on_growth is None or generation.done.done():
            return None
        return first_part(generation, request, settings)

    def _remembered(self, request: CompletionRequest) -> Completion | None:
        found = self._generations.remembered(request)
        if found is None:
            return None
        self._generations.stop(request.document)
        rest = found[0].rest(found[1])
        return replace(rest, usage=Usage(), first_token_ms=0.0, total_ms=0.0, remembered=True)

    def _replace_waiter(self, document: str) -> "asyncio.Future[None]":
        older = self._waiters.get(document)
        if older is not None and not older.done():
            older.set_result(None)
        newer = self._waiters[document] = asyncio.get_running_loop().create_future()
        return newer

    def _note(self, request: CompletionRequest) -> None:
        """Measure the typing. An editor may ask twice at one place, and who asks outright does not type."""
        last, self._last = self._last, request
        if not request.multiline and (last is None or (last.offset, last.text) != (request.offset, request.text)):
            self._cadence.keystroke(self._clock())

    def document_changed(self, document: str, text: str) -> None:
        """Stop work that the new text contradicts."""
        self._generations.document_changed(document, text)

    def forget(self, document: str) -> None:
        """Stop and drop whatever is under way for a document. Who waits for it is answered."""
        self._generations.forget(document)

    def warm(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        """Let the model read a place where something may be asked next. The newest place counts; whatever is being
        written for the document comes first."""
        self._generations.warm(request, settings)

    def closed(self, document: str) -> None:
        """The document was closed: nothing of it is remembered."""
        self._generations.closed(document)
        self._headers.forget(document)

    async def aclose(self) -> None:
        """Stop everything."""
        await self._generations.aclose()

    def _grew(self, generation: Generation) -> None:
        if self.on_growth:
            self.on_growth(generation.request.document)

    def _over(self, generation: Generation, outcome: Outcome) -> None:
        if self.on_generated:
            self.on_generated(generation, outcome)
