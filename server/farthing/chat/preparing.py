"""From an instruction to who is asked, what they are shown, and in which words; nothing is sent here."""

import asyncio
from dataclasses import dataclass, replace

from farthing.backends.chat import Part, Prompt
from farthing.backends.gate import Piece
from farthing.backends.metered import texts
from farthing.chat import asking, places, prompt
from farthing.chat.answerer import Answerer, Answerers, Choice
from farthing.chat.conversation import Conversation
from farthing.chat.editing import Job
from farthing.chat.files import Files
from farthing.chat.formats import addition, blocks, rewrite
from farthing.chat.formats.base import Format
from farthing.chat.model import Instruction
from farthing.chat.offers import Size
from farthing.context.assemble import assemble
from farthing.context.model import Context, Wanted
from farthing.edit.model import Document
from farthing.errors import UsageError
from farthing.index.rank import Selection
from farthing.ledger import counting
from farthing.ledger.model import MAX_TOKENS
from farthing.privacy.places import kept
from farthing.routing.kinds import kind_of, many_files
from farthing.routing.model import TIERS, Features, Tier
from farthing.tokens import count

EDITS = ("edit", "document", "fix")
"""Tasks that change what is there."""

WORDS = ("ask", "explain")
"""Tasks that are answered in words."""

SEARCHES = 4
"""For context that may leave: what is left out makes room for other pieces."""

LEAST_ANSWER = 256
"""Tokens of room below which a conversation begins again."""


@dataclass(frozen=True)
class Prepared:
    """A turn, ready to be asked."""

    choice: Choice
    context: Context
    talk: Conversation
    system: str
    now: tuple[Part, ...]
    """What is said now: context and instruction."""
    max_output: int
    job: Job | None
    """None for an answer in words."""

    @property
    def prompt(self) -> Prompt:
        """All that the model will read."""
        return self.talk.prompt(self.system, self.now)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of the repository that is in the prompt, and what the user points at."""
        return self.talk.pieces(self.context)

    @property
    def tokens(self) -> int:
        """Of the prompt, roughly: by o200k_base."""
        return sum(count(part.text) for part in self.prompt.parts)

    @property
    def size(self) -> Size:
        """At most."""
        model = self.choice.answerer.model
        return Size(counting.bound(texts(self.prompt), model, 1.0, self.max_output, 0).total, self.max_output)


def features_of(instruction: Instruction) -> Features:
    """What an instruction tells the router by itself.

    Raises:
        UsageError: there is no tier of the name that the user says.
    """
    tier: Tier | None = next((each for each in TIERS if each == instruction.tier), None)
    if instruction.tier and tier is None:
        raise UsageError(f"{instruction.tier!r} is no tier", f"Use one of {', '.join(TIERS)}")
    files = len({instruction.path, *(pin.path for pin in instruction.pins)} - {""})
    return Features(
        kind_of(instruction.task, instruction.text),
        tier,
        files=max(1, files) + many_files(instruction.text),
        remaining=MAX_TOKENS,
    )


class Preparation:
    """Of the turns in one folder.

    Args:
        files: of the folder.
        answerers: the models.
    """

    def __init__(self, files: Files, answerers: Answerers) -> None:
        self._files, self._answerers = files, answerers
        self._conversations: dict[tuple[str, str, str], Conversation] = {}

    async def prepare(self, name: str, instruction: Instruction, features: Features) -> Prepared:
        """Who is asked what.

        Raises:
            FarthingError: it can't be, in one line.
        """
        features = replace(features, warm=self._answerers.warm(name))
        prepared = await self.prepared(await self._answerers.choose(features), name, instruction)
        if prepared.choice.answerer.tier == "local" and not prepared.choice.answerer.here:
            prepared, private = await self._without_private(prepared, name, instruction)
            if private:  # the team's server gets nothing of it either
                features = replace(features, privacy="local-only", private=private[0])
                prepared = await self.prepared(await self._answerers.choose(features), name, instruction)
        if prepared.choice.answerer.tier == "local":
            if features.tier is not None:
                return prepared
            features = _after_reading(features, prepared)
            other = await self._answerers.choose(features)
            if other.answerer.tier == "local":
                return prepared
            prepared = await self.prepared(other, name, instruction)
        # Once more with what is known now: what it costs, and what is to be seen by whom.
        prepared, private = await self._without_private(prepared, name, instruction)
        if private:
            features = replace(features, privacy="local-only", private=private[0])
        size = await asyncio.to_thread(lambda: prepared.size)  # it is counted, which takes a moment for a long one
        choice = await self._answerers.choose(features, size)
        if (choice.answerer.tier, choice.answerer.model) == (
            prepared.choice.answerer.tier, prepared.choice.answerer.model
        ):  # fmt: skip
            return replace(prepared, choice=choice)
        return await self.prepared(choice, name, instruction)

    async def _without_private(
        self, prepared: Prepared, name: str, instruction: Instruction
    ) -> tuple[Prepared, list[str]]:
        """A turn for a model that costs without what may not leave, as far as it can do without: what was only found to
        be near, and is neither what is to be changed nor what the user points at. And why the rest may not leave."""
        for _ in range(SEARCHES):
            items, target = prepared.context.items, prepared.context.target
            paths = [*(piece.path for piece in prepared.pieces), *(item.path for item in items)]
            private = await asyncio.to_thread(kept, self._files.root, paths)
            needed = {instruction.path, target.path if target else ""}
            near = {item.key for item in items if item.path in private and not (item.pinned or item.path in needed)}
            if not near:
                break
            instruction = replace(instruction, drops=instruction.drops | near)
            prepared = await self.prepared(prepared.choice, name, instruction)
        return prepared, list(private.values())

    def close(self, conversation: str) -> None:
        """Forget what was said."""
        for key in [key for key in self._conversations if key[0] == conversation]:
            del self._conversations[key]

    async def prepared(self, choice: Choice, name: str, instruction: Instruction) -> Prepared:
        """What somebody is asked who is chosen already."""
        answerer = choice.answerer
        # Prompts of words and of edits begin differently, so they are conversations of their own for the model.
        manner: str = "words" if instruction.task in WORDS else answerer.format
        if instruction.task == "test" and answerer.tier != "local":
            manner = "tests"  # they begin differently, too, and would put what edits have out of a provider's cache
        key = (name, answerer.model, manner)
        talk = self._conversations.setdefault(key, Conversation(f"{name}:{manner}"))
        talk.pointed = _pointed(instruction)
        context = await self._context(instruction, answerer, talk)
        if talk.history and talk.room(asking.SYSTEM, answerer.window) < context.tokens + 2 * LEAST_ANSWER:
            talk.forget()
            context = await self._context(instruction, answerer, talk)
        if instruction.task in WORDS:
            now = tuple(prompt.parts(context.items, prompt.wording(instruction, context.target)))
            return Prepared(choice, context, talk, asking.SYSTEM, now, asking.limit(answerer.tier), None)
        job = self._job(instruction, context, answerer)
        return Prepared(choice, context, talk, job.system, job.now, job.form.max_output, job)

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


def _after_reading(features: Features, prepared: Prepared) -> Features:
    """What is known once the model on this machine would be asked: how much it would have to read and write."""
    target = prepared.context.target
    if prepared.job is None or target is None:
        return features
    size = count(target.text)
    lines = target.last - target.first + 1
    return replace(features, context_tokens=2 * size + LEAST_ANSWER, expected_lines=lines)
