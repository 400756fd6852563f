"""Conversations: who is asked, what is sent, what comes back."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from farthing.backends.chat import Part
from farthing.backends.gate import Piece
from farthing.chat import asking, places, preview, prompt
from farthing.chat.answerer import Answerer, Answerers, Choice, Question
from farthing.chat.conversation import Conversation
from farthing.chat.editing import Editing, Job
from farthing.chat.files import Files
from farthing.chat.formats import addition, blocks, rewrite
from farthing.chat.formats.base import Format
from farthing.chat.model import Check, Checking, Event, Finished, Instruction, Reply, Started
from farthing.chat.preview import Preview
from farthing.context.assemble import assemble
from farthing.context.model import Context, Wanted
from farthing.edit.model import Document
from farthing.errors import UsageError
from farthing.index.rank import Selection

EDITS = ("edit", "document", "fix")
"""Tasks that change what is there."""

LEAST_ANSWER = 256
"""Tokens of room below which a conversation begins again."""


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
        self._conversations: dict[tuple[str, str, str], Conversation] = {}
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
        choice, context, talk = await self._prepared(conversation, instruction)
        answerer = choice.answerer
        yield Started(answerer.tier, answerer.model, choice.reason, context)
        if instruction.task in ("ask", "explain"):
            now = prompt.parts(context.items, prompt.wording(instruction, context.target))
            async with contextlib.aclosing(asking.answered(answerer, talk, instruction.task, now, context)) as said:
                async for event in said:
                    yield event
            return
        job = self._job(instruction, context, answerer)
        editing = Editing(answerer, talk, self._files.workspace(), job, self._keep)
        async with contextlib.aclosing(editing.run()) as events:
            async for found in events:
                if not isinstance(found, Finished):
                    yield found
                elif found.ending != "done":
                    yield replace(found, escalation=choice.escalation)
                else:
                    talk.learn(job.form, context)
                    async with contextlib.aclosing(self._checked(found, choice.escalation)) as checked:
                        async for last in checked:
                            yield last

    async def _checked(self, finished: Finished, escalation: str) -> AsyncGenerator[Checking | Finished, None]:
        """The end of a turn whose hunks are good, after the user's tests."""
        changes = finished.result.changes if finished.result else ()
        if self._check is None or not changes:
            yield finished
            return
        yield Checking()
        checked = await self._check(changes)
        failed = checked is not None and not checked.passed
        yield replace(finished, checked=checked, escalation=escalation if failed else "")

    async def preview(self, conversation: str, instruction: Instruction) -> Started:
        """What would be sent, and where to."""
        choice, context, _ = await self._prepared(conversation, instruction)
        return Started(choice.answerer.tier, choice.answerer.model, choice.reason, context)

    async def preview_request(self, conversation: str, instruction: Instruction) -> Preview:
        """What would be sent, word for word. Nothing is.

        Raises:
            FarthingError: it can't be asked.
        """
        choice, context, talk = await self._prepared(conversation, instruction)
        answerer = choice.answerer
        if instruction.task in ("ask", "explain"):
            now = prompt.parts(context.items, prompt.wording(instruction, context.target))
            return await preview.of(choice, asking.question(answerer, talk, instruction.task, now, context))
        job = self._job(instruction, context, answerer)
        said = talk.prompt(job.system, job.now)
        question = Question(job.task, said, job.form.max_output, pieces=talk.pieces(context))
        return await preview.of(choice, question)

    async def warm(self, conversation: str, instruction: Instruction) -> None:
        """Have the model on this machine read what it will be shown, while the user still writes the instruction.

        Raises:
            FarthingError: it can't be asked.
        """
        choice, context, talk = await self._prepared(conversation, instruction)
        if choice.answerer.tier != "local" or instruction.task not in EDITS or context.target is None:
            return
        if conversation in self._asked:
            return  # the newer request of a conversation ends the older one, and this must not be the newer
        if task := asyncio.current_task():
            self._warming[conversation] = task
        job = self._job(instruction, context, choice.answerer)
        hints = replace(job.form.hints, conversation=talk.name)
        question = Question(job.task, talk.prompt(job.system, job.now), 0, hints)
        async with contextlib.aclosing(choice.answerer.stream(question)) as pieces:
            async for _ in pieces:
                pass

    def close(self, conversation: str) -> None:
        """Forget what was said."""
        for key in [key for key in self._conversations if key[0] == conversation]:
            del self._conversations[key]

    async def _prepared(self, name: str, instruction: Instruction) -> tuple[Choice, Context, Conversation]:
        choice = await self._answerers.choose(instruction.task, instruction.tier)
        answerer = choice.answerer
        # Prompts of words and of edits begin differently, so they are conversations of their own for the model.
        manner = "words" if instruction.task in ("ask", "explain") else answerer.format
        key = (name, answerer.model, manner)
        talk = self._conversations.setdefault(key, Conversation(f"{name}:{manner}"))
        talk.pointed = _pointed(instruction)
        context = await self._context(instruction, answerer, talk)
        if talk.history and talk.room(asking.SYSTEM, answerer.window) < context.tokens + 2 * LEAST_ANSWER:
            talk.forget()
            context = await self._context(instruction, answerer, talk)
        return choice, context, talk

    async def _context(self, instruction: Instruction, answerer: Answerer, talk: Conversation) -> Context:
        selection = None
        if instruction.lines is not None:
            selection = Selection(instruction.path, *instruction.lines)
        alone = answerer.alone and instruction.task in EDITS
        wanted = Wanted(
            instruction.text, answerer.budget, instruction.task != "ask", instruction.path, selection,
            instruction.diagnostics, instruction.pins, instruction.drops, alone,
        )  # fmt: skip
        memory = talk.memory
        return await self._files.index(lambda retrieval: assemble(wanted, retrieval, self._files.read, memory))

    def _job(self, instruction: Instruction, context: Context, answerer: Answerer) -> Job:
        target = context.target
        said = prompt.wording(instruction, target)
        if instruction.task == "test":
            if target is None:
                raise UsageError(context.note or "nothing was found to be tested", "Select it, or name it")
            path = places.test_path(self._files.root, target.path)
            return self._addition(instruction.task, said, path, context)
        if answerer.format == "blocks":
            form: Format = blocks.Blocks(said, instruction.path, self._files.workspace().exists)
            return Job(instruction.task, blocks.SYSTEM, tuple(prompt.parts(context.items, form.ask())), form, context)
        if target is None:
            if not instruction.path:
                raise UsageError(
                    context.note or "nothing was found that the instruction means", "Open the file, or select the lines"
                )
            return self._addition(instruction.task, said, instruction.path, context)
        own, *others = context.items
        whole = rewrite.Rewrite(said, target, own.sent_before)
        return Job(
            instruction.task, rewrite.SYSTEM, (*prompt.beside(others), Part("instruction", whole.ask())), whole, context
        )

    def _addition(self, task: str, said: str, path: str, context: Context) -> Job:
        text = self._files.read(path)
        existing = None if text is None else Document(text).contents
        form = addition.Addition(said, path, existing)
        return Job(task, addition.SYSTEM, tuple(prompt.parts(context.items, form.ask())), form, context)


def _pointed(instruction: Instruction) -> tuple[Piece, ...]:
    pins = [Piece(pin.path, pin.first or 1, pin.last or pin.first or 1) for pin in instruction.pins]
    here = [Piece(instruction.path, *instruction.lines)] if instruction.path and instruction.lines else []
    return (*here, *pins)
