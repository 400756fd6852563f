"""A model whose replies are written down beforehand."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace

from farthing.chat.answerer import Choice, FormatName, Question, Replied
from farthing.chat.offers import Size
from farthing.ledger.model import Usage
from farthing.routing.model import Features, Route


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
    here: bool = True
    asked: list[Question] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
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

    async def choose(self, features: Features, size: Size | None = None) -> Choice:
        """See :class:`farthing.chat.answerer.Answerers`. After a failure a model that costs is proposed."""
        self.features.append(features)
        if features.failed and self.tier == "local":
            other = replace(self, tier="medium", model="dear", replies=(), asked=[])
            return Choice(other, "it failed", Route("ask", "medium", "work", "dear", 100, "it failed", 10_000_000))
        return Choice(self, "it is the only one")

    def warm(self, conversation: str) -> str:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return ""

    async def instead(self, choice: Choice, size: Size) -> Choice | None:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return None

    def said(self, number: int = -1) -> str:
        """Everything that was sent with a question, as one text."""
        return "\n".join(part.text for part in self.asked[number].prompt.parts)
