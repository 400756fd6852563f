"""How many tokens a prompt can have at most, before anybody has counted them.

Far from the cap the bytes of the text are the bound: no tokenizer that reads bytes makes more tokens of them. It is
some four times too much, so near the cap the text is counted instead: exactly where the vocabulary is public, and with
room to spare where it isn't. Either is multiplied with what the ledger has learnt of a provider's own counts.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

from farthing import tokens
from farthing.errors import FarthingError
from farthing.ledger.model import MAX_TOKENS, PromptParts

REQUEST_OVERHEAD = 32
"""Tokens that a request has beside its messages, at most."""

MESSAGE_OVERHEAD = 16
"""Tokens that a message has beside its text, at most. OpenAI's formats add 3 to 5."""

TOOLS_OVERHEAD = 700
"""What a provider may add to explain tools: Anthropic says up to 346, by the model and the choice of tools."""

FAR = 4
"""The cap is far where what is left is so many times the bound by bytes."""

KNOWN_ROOM = 1.05
"""For a public vocabulary: only what the format adds is guessed."""

UNKNOWN_ROOM = 2.0
"""For any other, against o200k_base. An assumption; :meth:`farthing.ledger.ledger.Ledger.margin` mends it."""

_VOCABULARIES: tuple[tuple[str, tokens.Name], ...] = (
    *((name, "o200k_base") for name in ("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "chatgpt-4o")),
    *((name, "o200k_base") for name in ("o1", "o3", "o4")),
    *((name, "cl100k_base") for name in ("gpt-4", "gpt-3.5")),
)
"""By how a model's name begins; the first that fits."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A prompt by what it is for."""

    system: str = ""
    tools: str = ""
    """Their descriptions, as they are sent."""
    files: str = ""
    history: str = ""
    instruction: str = ""
    messages: int = 2
    """How many messages they are sent as."""


def vocabulary(model: str) -> tokens.Name | None:
    """The vocabulary of a model; None where it isn't public."""
    name = model.lower().rpartition("/")[2]
    return next((found for start, found in _VOCABULARIES if name.startswith(start)), None)


def bound(texts: Texts, model: str, margin: float, output: int, remaining: int) -> PromptParts:
    """Safe upper bounds of a prompt's tokens.

    Args:
        margin: what the ledger has learnt of the provider's counts.
        output: tokens of output that will be wanted.
        remaining: tokens that the session has left.
    """
    by_bytes = _parts(texts, lambda text: len(text.encode("utf-8", "surrogatepass")), margin)
    if FAR * (by_bytes.total + output) <= remaining:
        return by_bytes
    name = vocabulary(model)
    room = UNKNOWN_ROOM if name is None else KNOWN_ROOM
    try:
        counted = _parts(texts, lambda text: math.ceil(tokens.count(text, name or "o200k_base") * room), margin)
    except FarthingError:  # no vocabulary is there: bytes are always enough
        return by_bytes
    return min(by_bytes, counted, key=lambda parts: parts.total)


def _parts(texts: Texts, count: Callable[[str], int], margin: float) -> PromptParts:
    def widened(number: int) -> int:
        return min(math.ceil(number * margin), MAX_TOKENS)

    names = [each.name for each in dataclasses.fields(PromptParts) if each.name != "overhead"]
    overhead = REQUEST_OVERHEAD + MESSAGE_OVERHEAD * texts.messages + (TOOLS_OVERHEAD if texts.tools else 0)
    return PromptParts(**{name: widened(count(getattr(texts, name))) for name in names}, overhead=widened(overhead))
