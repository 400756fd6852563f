"""A model whose replies are written down beforehand."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from farthing.chat.answerer import Choice, FormatName, Question, Replied
from farthing.ledger.model import Usage


@dataclass
class Scripted:
    """Gives one reply after another, by lines."""

    replies: Sequence[str]
    format: FormatName = "rewrite"
    tries: int = 2
    reason: str = "stop"
    tier: str = "local"
    model: str = "scripted"
    budget: int = 2000
    window: int = 4096
    alone: bool = False
    asked: list[Question] = field(default_factory=list)
    closed: int = 0
    """Streams that ended, in whatever way."""

    async def stream(self, question: Question) -> AsyncGenerator[str | Replied, None]:
        """See :class:`farthing.chat.answerer.Answerer`."""
        self.asked.append(question)
        reply = self.replies[len(self.asked) - 1]
        try:
            for line in reply.splitlines(keepends=True):
                yield line
            yield Replied(self.reason, self.model, Usage(10, 5), 0)
        finally:
            self.closed += 1

    async def choose(self, task: str, tier: str) -> Choice:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return Choice(self, "it is the only one", "medium")

    def said(self, number: int = -1) -> str:
        """Everything that was sent with a question, as one text."""
        return "\n".join(part.text for part in self.asked[number].prompt.parts)
