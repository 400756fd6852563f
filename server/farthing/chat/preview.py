"""What would be sent, word for word, and what it would cost. Nothing is sent."""

import asyncio
from dataclasses import dataclass

from farthing.backends.chat import Prompt
from farthing.backends.gate import Cleared
from farthing.backends.metered import texts
from farthing.chat.answerer import Choice, CloudAnswerer, Question
from farthing.errors import Private
from farthing.ledger import counting, prices
from farthing.ledger.room import dollars
from farthing.tokens import count

UNKNOWN_PRICE = "$?"


@dataclass(frozen=True)
class Preview:
    """One request."""

    tier: str
    """Empty where the router would choose it, and may not."""
    provider: str
    """Empty for this machine."""
    address: str
    model: str
    reason: str
    """Why this model; these are empty where nothing may leave."""
    text: str = ""
    """All of it, with a line before each message that names its role; empty where it may not leave."""
    tokens: int = 0
    """Of input, at most."""
    max_output: int = 0
    price: str = ""
    """At most, for people; empty for what costs nothing."""
    pieces: tuple[str, ...] = ()
    """Of the repository: ``path:first-last``."""
    redacted: tuple[str, ...] = ()
    """What was taken out: ``path:line kind``."""
    vetoed: str = ""
    """Why it may not leave, in one line."""


async def of(choice: Choice, question: Question) -> Preview:
    """What would be sent of a question.

    Raises:
        LedgerError: it is not known what it would cost.
    """
    answerer = choice.answerer
    if not isinstance(answerer, CloudAnswerer):
        text = shown(question.prompt)
        pieces = tuple(dict.fromkeys(map(str, question.pieces)))
        return Preview(
            answerer.tier, "", "", answerer.model, choice.reason, text, count(text), question.max_output, pieces=pieces
        )
    provider = answerer.provider
    where = (answerer.tier, provider.name, provider.endpoint.base, answerer.model, choice.reason)
    try:
        cleared = await asyncio.to_thread(answerer.gate.clear, question.prompt, question.pieces)
    except Private as exc:
        return Preview(*where, max_output=question.max_output, vetoed=exc.message)
    tokens, price = await asyncio.to_thread(_cost, answerer, cleared, question.max_output)
    text = shown(cleared.prompt)
    return Preview(*where, text, tokens, question.max_output, price, cleared.pieces, cleared.redacted)


def shown(prompt: Prompt) -> str:
    """A prompt for people."""
    return "\n\n".join(f"[{message.role}]\n{message.text}" for message in prompt.messages())


def _cost(answerer: CloudAnswerer, cleared: Cleared, output: int) -> tuple[int, str]:
    """Tokens of input and money, at most."""
    ledger, provider, model = answerer.ledger, answerer.provider, answerer.model
    margin = ledger.margin(provider.name, model)
    remaining = ledger.state(answerer.workspace).remaining
    tokens = counting.bound(texts(cleared.prompt), model, margin, output, remaining).total
    price = prices.lookup(provider.kind, provider.endpoint.base, provider.name, model, tokens)
    return tokens, UNKNOWN_PRICE if price is None else dollars(price.bound(tokens, output))
