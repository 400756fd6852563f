"""From an instruction to hunks that are proved to belong where they are put, with as few replies as that takes."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, fields, replace

from farthing.backends.chat import NO_HINTS, Part
from farthing.backends.gate import Piece
from farthing.chat.answerer import Answerer, Question, Replied
from farthing.chat.conversation import Conversation
from farthing.chat.formats.base import Format, Reading
from farthing.chat.model import Ending, Finished, Proposed, Reply, Retrying
from farthing.context.model import Context
from farthing.edit.apply import Target, plan
from farthing.edit.files import Workspace
from farthing.edit.model import GOOD, Hunk, Result
from farthing.ledger.model import Usage

Event = Proposed | Retrying | Finished

Key = tuple[str, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Job:
    """One instruction, ready to be asked."""

    task: str
    system: str
    now: tuple[Part, ...]
    """What is said now: context and instruction."""
    form: Format
    context: Context


class Editing:
    """One turn that is answered with hunks."""

    def __init__(
        self, answerer: Answerer, conversation: Conversation, workspace: Workspace, job: Job,
        keep: Callable[[Reply], None] = lambda reply: None,
    ) -> None:  # fmt: skip
        self._answerer, self._conversation, self._workspace, self._job = answerer, conversation, workspace, job
        self._keep_reply = keep
        self._local = answerer.tier == "local"
        self._replies: list[Replied] = []
        self._targets: dict[str, Target] = {}
        self._kept: list[Hunk] = []
        """Good ones of the replies so far."""
        self._reply = ""
        self._seen: set[tuple[Key, ...]] = set()

    async def run(self) -> AsyncGenerator[Event, None]:
        """Ask, and ask again for what failed.

        Raises:
            FarthingError: the model can't be asked.
        """
        said = list(self._job.now)
        best: Result | None = None
        for attempt in range(1, self._answerer.tries + 1):
            reason = ""
            async with contextlib.aclosing(self._ask(said, attempt)) as events:
                async for event in events:
                    if isinstance(event, Replied):
                        reason = event.reason
                    else:
                        yield event
            reading = self._job.form.read(self._reply)
            if reason != "stop" and not self._job.form.keeps:
                reading = Reading((), "the answer is not whole")  # half a function parses often enough
            result = self._planned([*self._kept, *reading.hunks], final=True)
            self._keep_reply(self._kept_reply(self._planned(reading.hunks, final=True) if self._kept else result))
            if reading.hunks:
                best = result
                yield Proposed(result, writing=False)
            if reading.hunks and result.good:
                # What a provider keeps of a conversation is worth more than leaving out what went wrong. The engine
                # is spared that: it reads slowly, and small models repeat what they read.
                now = self._job.now if self._local else said
                self._conversation.said(now, self._spoken(), self._job.context)
                yield self._finished("done", result, attempt)
                return
            ending = self._stuck(reason, reading)
            if ending or attempt == self._answerer.tries:
                yield self._finished(ending or "failed", best, attempt, reading.fault)
                return
            self._keep(result)
            why = reading.fault or self._failures(result)
            yield Retrying(attempt + 1, why)
            complaint = self._job.form.complain(reading, result)
            self._quote(result)
            if self._job.form.afresh(reading):
                said = [*self._job.now[:-1], Part("instruction", complaint)]
            else:
                said += [Part("history", self._spoken(), "assistant"), Part("instruction", complaint)]

    async def _ask(self, said: Sequence[Part], attempt: int) -> AsyncGenerator[Proposed | Replied, None]:
        form = self._job.form
        prompt = self._conversation.prompt(self._job.system, list(said))
        hints = replace(form.hints, conversation=self._conversation.name)
        shown = self._conversation.pieces(self._job.context)
        question = Question(self._job.task, prompt, form.max_output, hints, attempt, self._answerer.tries, shown)
        self._reply, read = "", 0
        async with contextlib.aclosing(self._answerer.stream(question)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Replied):
                    self._replies.append(piece)
                    yield piece
                    return
                self._reply += piece
                # By whole lines: a hunk that changes with every token can't be read.
                if (lines := self._reply.count("\n")) > read:
                    read = lines
                    if hunks := form.so_far(self._reply):
                        yield Proposed(self._planned([*self._kept, *hunks]), writing=True)

    def _kept_reply(self, result: Result) -> Reply:
        form = self._job.form
        texts = {target.path: target.document.text if target.document else None for target in self._targets.values()}
        return Reply(self._reply, form.name, self._answerer.model, form.path, form.lines, texts, result)

    def _planned(self, hunks: Sequence[Hunk], final: bool = False) -> Result:
        # As they were when they were first read: what the user types meanwhile is the review's matter.
        new = [hunk for hunk in hunks if hunk.path not in self._targets]
        self._targets |= self._workspace.targets(new)
        if final:
            return plan(hunks, self._targets, partial=True)
        return plan(hunks, self._targets, partial=True, errors=lambda text, path: None)

    def _keep(self, result: Result) -> None:
        if self._job.form.keeps:
            self._kept = [outcome.hunk for outcome in result.outcomes if outcome.status in GOOD]

    def _quote(self, result: Result) -> None:
        for outcome in result.outcomes:
            if near := outcome.placed.near:
                self._conversation.quoted.append(Piece(outcome.path, near.line, near.line + len(near.text) - 1))

    def _stuck(self, reason: str, reading: Reading) -> Ending | None:
        """Why there is no point in asking again."""
        if reason == "length":
            return "length"
        key = tuple(sorted((hunk.path, hunk.search, hunk.replace) for hunk in reading.hunks))
        if key in self._seen:
            return "repeated"
        self._seen.add(key)
        return None

    def _failures(self, result: Result) -> str:
        failed = [outcome for outcome in result.outcomes if outcome.status not in GOOD]
        return "; ".join(f"{outcome.path}: {outcome.placed.reason}" for outcome in failed[:3])

    def _spoken(self) -> str:
        """The reply as the model has said it, with what was said for it."""
        hints = self._job.form.hints if self._local else NO_HINTS  # nobody else was given any
        return f"{hints.start}{self._reply}{hints.stop[0] if hints.stop else ''}"

    def _finished(self, ending: Ending, result: Result | None, attempts: int, fault: str = "") -> Finished:
        last, costs = self._replies[-1], [reply.cost for reply in self._replies]
        notes = tuple(dict.fromkeys(note for reply in self._replies for note in reply.notes))
        return Finished(
            ending, _message(ending, result, fault), "", result, _sum([reply.usage for reply in self._replies]),
            None if None in costs else sum(cost for cost in costs if cost is not None), attempts,
            model=last.model, reason=last.reason, settled=all(reply.settled for reply in self._replies), notes=notes,
        )  # fmt: skip


def _sum(usages: Sequence[Usage]) -> Usage:
    return Usage(**{each.name: sum(getattr(usage, each.name) for usage in usages) for each in fields(Usage)})


def _message(ending: Ending, result: Result | None, fault: str) -> str:
    good = sum(outcome.status in GOOD for outcome in result.outcomes) if result else 0
    count = len(result.outcomes) if result else 0
    if ending == "done":
        return f"{count} change{'s' * (count != 1)}"
    why = {
        "failed": fault or "it could not be put where it belongs",
        "repeated": f"the model says the same again, so it was stopped ({fault or 'it does not fit'})",
        "length": "the answer was cut off at the limit of its tokens",
    }[ending]
    return f"{good} of {count} changes fit: {why}" if count else f"nothing is changed: {why}"
