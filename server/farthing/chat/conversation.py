"""What was said in a conversation, in the order in which a model reads it: what stays comes first, byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from farthing.backends.chat import Part, Prompt
from farthing.backends.gate import Piece
from farthing.chat.formats.base import Format
from farthing.chat.formats.rewrite import Rewrite
from farthing.context.model import Context
from farthing.context.turns import Memory
from farthing.tokens import count


@dataclass
class Conversation:
    """Turns with one model. A model that has read nothing of it yet gets a conversation of its own."""

    name: str
    history: list[Part] = field(default_factory=list)
    """Everything that was said, oldest first, without the system's part."""
    memory: Memory = field(default_factory=Memory)
    """What the model has seen of the repository."""
    quoted: list[Piece] = field(default_factory=list)
    """Lines that the model was told of besides, as blocks of its own failed: of any file that it has named."""
    pointed: tuple[Piece, ...] = ()
    """What the user points at now: what they have selected, where their cursor is, what they have pinned."""

    def prompt(self, system: str, now: Sequence[Part]) -> Prompt:
        """All that a model reads: what was said, and what is said now."""
        return Prompt((Part("system", system, "system"), *self.history, *now))

    def room(self, system: str, window: int) -> int:
        """Tokens that are left for what is said now, the answer included."""
        return window - count(system) - sum(count(part.text) + PER_MESSAGE for part in self.history) - PER_MESSAGE

    def pieces(self, context: Context) -> tuple[Piece, ...]:
        """All of the repository that a prompt with a context holds, and what the user points at: where that may not
        leave they are told, as an answer without it would be one to another question."""
        items = (*context.items, *self.memory.seen)
        shown = dict.fromkeys([*(Piece(item.path, item.start_line, item.end_line) for item in items), *self.quoted])
        places = {piece.path for piece in shown}
        return (*shown, *(piece for piece in self.pointed if piece.path not in places))

    def said(self, now: Sequence[Part], answer: str, context: Context) -> None:
        """A turn is over, and is part of what the model will read again. One that failed is not.

        Args:
            now: what was said in it before the answer, replies that had to be mended included.
        """
        self.memory = self.memory.after(context)
        self.history += [Part("history", part.text, part.role) for part in now]
        self.history.append(Part("history", answer, "assistant"))

    def learn(self, form: Format, context: Context) -> None:
        """What the model has written itself need not be sent to it, once the user has taken it."""
        if isinstance(form, Rewrite) and context.items:
            written = replace(context.items[0], text=form.written, sent_before=False)
            self.memory = self.memory.after(replace(context, items=(written,)))

    def forget(self) -> None:
        """Begin again: what was said is more than the model can read."""
        self.history.clear()
        self.quoted.clear()
        self.memory = Memory()


PER_MESSAGE = 8
"""Tokens that a message has besides its text, at most."""
