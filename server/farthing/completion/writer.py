"""One generation, from what the model sees to what is suggested: where it ends, what is mended, what is withheld."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace

from farthing.backends.base import CompletionBackend, Ended, Event, Finish, Piece, Urgency, Usage
from farthing.completion.generation import Completion, CompletionRequest, Generation, Outcome
from farthing.completion.postprocess import clean
from farthing.completion.prompt import context_of, fim_request, several
from farthing.completion.stop import StopRule
from farthing.completion.syntax_trim import trim_to_syntax
from farthing.settings import CompletionSettings
from farthing.text import line_break

LEAST_SHOWN = 2
"""Characters, white space not counted: a shorter first part says nothing."""

GIVEN_UP = ("cancelled", "superseded")


async def write(
    backend: CompletionBackend, generation: Generation, settings: CompletionSettings, first_done: Callable[[], object]
) -> Outcome:
    """Let the backend write what a generation is to say.

    Args:
        first_done: called when the first of several answers is complete, and others are still to come.

    Raises:
        FarthingError: the backend failed.
    """
    generation.begin()
    work = _Work(generation, settings)
    async with contextlib.aclosing(work.ask(backend)) as events:
        outcome = await work.write_first(events)
        if outcome.completion and outcome.completion.text and work.more:
            first_done()
            others = await work.write_others(events, outcome.completion.text)
            generation.others = others
            outcome = replace(outcome, completion=replace(outcome.completion, others=others))
    return outcome


def first_part(generation: Generation, request: CompletionRequest, settings: CompletionSettings) -> Completion | None:
    """What a running generation has to say to a request so far, if that is worth showing.

    What the model is not sure of so far is not: it may be withheld in the end. What was shown once stays, however
    unsure the model is of the rest, for a text that goes away again disturbs more than one that is wrong.
    """
    typed = generation.typed_in(request.text, request.offset)
    if typed is None or not generation.text.startswith(typed) or _withheld(generation):
        return None
    context = context_of(request, settings)
    text = clean(generation.text[len(typed) :].replace("\r\n", "\n"), context, request.language)
    if len("".join(text.split())) < LEAST_SHOWN:
        return None
    text = text.replace("\n", line_break(request.text))
    generation.shown = typed + text
    return _completion(generation, text, generation.usage, partial=True)


def tidy(
    rest: Completion, generation: Generation, request: CompletionRequest, settings: CompletionSettings
) -> Completion:
    """The rest of an answer for a cursor behind which the editor has closed a bracket meanwhile."""
    behind = len(request.text) - request.offset
    if behind == len(generation.request.text) - generation.request.offset:
        return rest
    context, breaks = context_of(request, settings), line_break(request.text)
    texts = [clean(text.replace("\r\n", "\n"), context, request.language) for text in rest.texts]
    first, *others = [text.replace("\n", breaks) for text in texts]
    return replace(rest, text=first, others=tuple(filter(None, others)))


@dataclass
class _Work:
    """A generation that is being written."""

    generation: Generation
    settings: CompletionSettings
    more: bool = False
    """The backend has further answers."""

    def __post_init__(self) -> None:
        request = self.generation.request
        self._context = context_of(request, self.settings)
        self._rule = StopRule(self._context, self.settings.max_lines, request.multiline)
        self._breaks = line_break(request.text)
        self._several = False

    def ask(self, backend: CompletionBackend) -> AsyncGenerator[Event, None]:
        request = self.generation.request
        urgency: Urgency = "prefetch" if self.generation.ahead_of else "keystroke"
        fim = fim_request(request, self._context, self.settings.max_tokens, urgency, self.generation.header)
        self._several = request.candidates > 1 and backend.is_engine
        if self._several:
            fim = several(fim, request.candidates, lambda text: self._rule.end(text) is not None)
        return backend.stream(fim)

    async def write_first(self, events: AsyncGenerator[Event, None]) -> Outcome:
        """The answer that the model finds most likely."""
        generation, text, usage, cut_off = self.generation, "", Usage(), False
        async for event in events:
            if not isinstance(event, Piece):
                if event.reason in GIVEN_UP:
                    return Outcome(given_up=True)
                cut_off, self.more = event.reason == "length", isinstance(event, Ended)
                usage = event.usage if isinstance(event, Finish) else usage
                break
            text, usage = text + event.text.replace("\r", ""), event.usage
            end = self._rule.end(text)
            generation.write(text[:end].replace("\n", self._breaks), event)
            if not generation.agrees(generation.typed):
                return Outcome(contradicted=True)
            if not self._several and (end is not None or self._hopeless()):
                break
        withheld = _withheld(generation)
        generation.text = text = "" if withheld else await self._finished(text, cut_off)
        return Outcome(_completion(generation, text, usage, withheld=withheld))

    async def write_others(self, events: AsyncGenerator[Event, None], first: str) -> tuple[str, ...]:
        """The other answers, as far as they differ. A keystroke ends them: it has chosen among them."""
        found, text = [first], ""
        async for event in events:
            if self.generation.typed:
                break
            if isinstance(event, Piece):
                text += event.text.replace("\r", "")
                continue
            other = await self._finished(text, event.reason == "length")
            if other and _plain(other) not in map(_plain, found):
                found.append(other)
            text = ""
            if isinstance(event, Finish):
                break
        return tuple(found[1:])

    def _hopeless(self) -> bool:
        """Whether nothing that the model may still write can change that the answer is withheld."""
        return self.generation.confidence.line_ended and _withheld(self.generation)

    async def _finished(self, text: str, cut_off: bool) -> str:
        """A whole answer as it is suggested."""
        request = self.generation.request
        text = clean(text[: self._rule.end(text, finished=True, cut_off=cut_off)], self._context, request.language)
        head, tail = request.text[: request.offset], request.text[request.offset :]
        if "\n" in text:
            text = await asyncio.to_thread(trim_to_syntax, head, text, tail, request.language)
        return text.replace("\n", self._breaks)


def _withheld(generation: Generation) -> bool:
    """Whether an answer that nobody asked for is not to be shown, as the model is not sure enough of it."""
    return not (generation.request.multiline or generation.shown or generation.confidence.enough())


def _completion(
    generation: Generation, text: str, usage: Usage, partial: bool = False, withheld: bool = False
) -> Completion:
    ms = round(generation.first_ms, 1), round(generation.elapsed_ms(), 1)
    return Completion(generation.id, text, usage, *ms, partial=partial, withheld=withheld)


def _plain(text: str) -> str:
    """What tells two answers apart: nobody chooses between white spaces, or with and without a semicolon."""
    return "".join(text.split()).rstrip(";,")
