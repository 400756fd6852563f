"""A conversation as a list of tokens.

What was said is always tokenised with specials off: code that spells a marker is plain text to the model, and can't
pretend to be another speaker.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Vocabulary(Protocol):
    """What is asked of a model."""

    bos: int | None

    def tokenize(self, text: str, special: bool = False) -> list[int]:
        """Tokens of a text; markers spelled out in it are plain text unless ``special``."""
        ...

    def piece(self, token: int) -> bytes:
        """The bytes of a token; none for a marker."""
        ...


@dataclass(frozen=True)
class Turns:
    """A conversation up to where the answer begins."""

    tokens: tuple[int, ...]
    shared: int
    """So many of the first are the same in every conversation with this system prompt."""


def build(
    vocabulary: Vocabulary,
    markup: Sequence[str],
    messages: Sequence[tuple[str, str]],
    start: str = "",
    known: Sequence[int] = (),
) -> Turns:
    """Lay a conversation out.

    Args:
        markup: what stands before, between and behind the messages.
        messages: role and text.
        start: what the answer begins with.
        known: the tokens of an earlier turn. An answer stays the tokens that the model chose then, which are often not
            those that its tokenizer would cut the same text into.
    """
    tokens = vocabulary.tokenize(markup[0], special=True)
    if vocabulary.bos is not None and tokens[:1] != [vocabulary.bos]:
        tokens.insert(0, vocabulary.bos)
    shared = 0
    for (role, text), behind in zip(messages, markup[1:], strict=True):
        if role == "assistant" and list(known[: len(tokens)]) == tokens:
            taken, text = spelled(text, known[len(tokens) :], vocabulary.piece)
            tokens += taken
        tokens += vocabulary.tokenize(text)
        if role == "system" and not shared:
            shared = len(tokens)
        tokens += vocabulary.tokenize(behind, special=True)
    return Turns((*tokens, *vocabulary.tokenize(start)), shared)


def spelled(text: str, tokens: Sequence[int], piece: Callable[[int], bytes]) -> tuple[list[int], str]:
    """The first tokens of some that spell the beginning of a text in whole code points, and the rest of the text."""
    wanted, at, taken, best = text.encode(errors="replace"), 0, 0, (0, 0)
    for token in tokens:
        part = piece(token)
        if not part or wanted[at : at + len(part)] != part:
            break
        at, taken = at + len(part), taken + 1
        if at == len(wanted) or wanted[at] & 0xC0 != 0x80:
            best = taken, at
    return list(tokens[: best[0]]), wanted[best[1] :].decode()
