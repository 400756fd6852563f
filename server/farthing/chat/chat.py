"""Conversations: who is asked, what is sent, what comes back."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from farthing.chat import asking, escalation, preview
from farthing.chat.answerer import Answerers, Question
from farthing.chat.editing import Editing
from farthing.chat.files import Files
from farthing.chat.model import Check, Checking, Event, Finished, Instruction, Reply, Started
from farthing.chat.preparing import EDITS, Preparation, Prepared, features_of
from farthing.chat.preview import Preview
from farthing.errors import CloudBusy, CloudUnavailable, Private, Refused, SettingsError
from farthing.routing.model import Features


class Chat:
    """The conversations of one folder. Belongs to one event loop.

    Args:
        files: of the folder.
        answerers: the models.
        check: runs the user's tests, where there are any.
        keep: gets every reply to an instruction to edit; must not block.
    """

    def __init__(
        self, files: Files, answerers: Answerers, check: Check | None = None,
        keep: Callable[[Reply], None] = lambda reply: None,
    ) -> None:  # fmt: skip
        self._files, self._answerers, self._check, self._keep = files, answerers, check, keep
        self._preparation = Preparation(files, answerers)
        self._asked: set[str] = set()
        """Conversations with a turn under way."""
        self._warming: dict[str, asyncio.Task[object]] = {}

    async def turn(self, conversation: str, instruction: Instruction) -> AsyncGenerator[Event, None]:
        """Do what the user says. Closing the generator gives it up at once.

        Raises:
            FarthingError: it can't be done, in one line.
        """
        self._asked.add(conversation)
        if warming := self._warming.pop(conversation, None):
            warming.cancel()  # what was read stays read
        try:
            async with contextlib.aclosing(self._turn(conversation, instruction)) as events:
                async for event in events:
                    yield event
        finally:
            self._asked.discard(conversation)

    async def _turn(self, conversation: str, instruction: Instruction) -> AsyncGenerator[Event, None]:
        features = features_of(instruction)
        prepared = await self._preparation.prepare(conversation, instruction, features)
        yield _started(prepared)
        if prepared.choice.asks:
            yield await asyncio.to_thread(escalation.question, prepared)  # it counts tokens
            return
        finished = None
        async with contextlib.aclosing(self._reached(prepared, conversation, instruction)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    finished = event
                else:
                    yield event
        assert finished is not None  # the last event of every turn that was not given up
        if not escalation.failed(finished) or prepared.choice.answerer.tier != "local":
            yield finished
            return
        async with contextlib.aclosing(self._escalated(conversation, instruction, features, finished)) as events:
            async for event in events:
                yield event

    async def _escalated(
        self, conversation: str, instruction: Instruction, features: Features, finished: Finished
    ) -> AsyncGenerator[Event, None]:
        """What follows when the model on this machine has failed: a proposal, or under ``auto`` another try."""
        failed = replace(features, tier=None, failed=(escalation.why(finished),))
        try:
            prepared = await self._preparation.prepare(conversation, instruction, failed)
        except Private as exc:
            yield replace(finished, notes=(*finished.notes, f"nobody else may be asked: {exc.message}"))
            return
        except (Refused, SettingsError):
            yield finished
            return
        if prepared.choice.asks or features.tier is not None:  # who wants it done here is asked first
            yield await asyncio.to_thread(escalation.proposal, finished, prepared)
            return
        yield _started(prepared)
        async with contextlib.aclosing(self._reached(prepared, conversation, instruction)) as events:
            async for event in events:
                yield escalation.with_first_try(event, finished) if isinstance(event, Finished) else event

    async def _reached(
        self, prepared: Prepared, conversation: str, instruction: Instruction
    ) -> AsyncGenerator[Event, None]:
        """The answer of whoever is chosen; where they can't be reached, of who is no dearer, if the user lets us."""
        begun = False
        try:
            async with contextlib.aclosing(self._answered(prepared, instruction)) as events:
                async for event in events:
                    begun = True
                    yield event
            return
        except (CloudBusy, CloudUnavailable):
            choice = None if begun else await self._answerers.instead(prepared.choice, prepared.size)
            if choice is None:
                raise
        other = await self._preparation.prepared(choice, conversation, instruction)
        yield _started(other)
        async with contextlib.aclosing(self._answered(other, instruction)) as events:
            async for event in events:
                yield event

    async def _answered(self, prepared: Prepared, instruction: Instruction) -> AsyncGenerator[Event, None]:
        answerer, talk, context, job = prepared.choice.answerer, prepared.talk, prepared.context, prepared.job
        if job is None:
            said = asking.answered(answerer, talk, instruction.task, prepared.now, context)
            async with contextlib.aclosing(said) as words:
                async for word in words:
                    yield word
            return
        editing = Editing(answerer, talk, self._files.workspace(), job, self._keep)
        async with contextlib.aclosing(editing.run()) as events:
            async for found in events:
                if not isinstance(found, Finished) or found.ending != "done":
                    yield found
                else:
                    talk.learn(job.form, context)
                    async with contextlib.aclosing(self._checked(found)) as checked:
                        async for last in checked:
                            yield last

    async def _checked(self, finished: Finished) -> AsyncGenerator[Checking | Finished, None]:
        """The end of a turn whose hunks are good, after the user's tests."""
        changes = finished.result.changes if finished.result else ()
        if self._check is None or not changes:
            yield finished
            return
        yield Checking()
        yield replace(finished, checked=await self._check(changes))

    async def preview(self, conversation: str, instruction: Instruction) -> Started:
        """What would be sent, and where to."""
        return _started(await self.prepare(conversation, instruction))

    async def prepare(self, conversation: str, instruction: Instruction) -> Prepared:
        """All of what would be sent."""
        return await self._preparation.prepare(conversation, instruction, features_of(instruction))

    async def preview_request(self, conversation: str, instruction: Instruction) -> Preview:
        """What would be sent, word for word. Nothing is.

        Raises:
            FarthingError: it can't be asked.
        """
        try:
            prepared = await self.prepare(conversation, instruction)
        except Private as exc:
            return Preview(instruction.tier, "", "", "", "", vetoed=exc.message)
        question = Question(instruction.task, prepared.prompt, prepared.max_output, pieces=prepared.pieces)
        return await preview.of(prepared.choice, question)

    async def warm(self, conversation: str, instruction: Instruction) -> None:
        """Have the model on this machine read what it will be shown, while the user still writes the instruction.

        Raises:
            FarthingError: it can't be asked.
        """
        prepared = await self.prepare(conversation, instruction)
        answerer, job, talk = prepared.choice.answerer, prepared.job, prepared.talk
        if answerer.tier != "local" or job is None or instruction.task not in EDITS or prepared.context.target is None:
            return
        if conversation in self._asked:
            return  # the newer request of a conversation ends the older one, and this must not be the newer
        if task := asyncio.current_task():
            self._warming[conversation] = task
        hints = replace(job.form.hints, conversation=talk.name)
        question = Question(job.task, prepared.prompt, 0, hints)
        async with contextlib.aclosing(answerer.stream(question)) as pieces:
            async for _ in pieces:
                pass

    def close(self, conversation: str) -> None:
        """Forget what was said."""
        self._preparation.close(conversation)


def _started(prepared: Prepared) -> Started:
    answerer = prepared.choice.answerer
    return Started(answerer.tier, answerer.model, prepared.choice.reason, prepared.context)
