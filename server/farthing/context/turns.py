"""What a model has seen of a repository in the turns of a conversation, so that only what changed is sent again."""

from dataclasses import dataclass, replace

from farthing.context.model import Context, Item

CHANGED = "changed since it was sent"


@dataclass(frozen=True)
class Memory:
    """Of one conversation. What was sent stays in its messages, byte for byte, and is only added to."""

    seen: tuple[Item, ...] = ()
    """The last that the model saw of each place."""

    def knows(self, item: Item) -> bool:
        """Whether the last that the model saw of this is the same text."""
        return any(each.key == item.key and each.text == item.text for each in self.seen)

    def mark(self, context: Context) -> Context:
        """A turn's context, in which what the model knows is not sent again."""
        return replace(context, items=tuple(self._marked(item) for item in context.items))

    def after(self, context: Context) -> "Memory":
        """What is known when a marked context was sent.

        What was sent before of lines that now were sent otherwise is forgotten: the older text would be taken for what
        is there if it were wanted again.
        """
        sent = tuple(item for item in context.items if not item.sent_before)
        kept = (item for item in self.seen if not any(_replaces(each, item) for each in sent))
        return Memory((*kept, *sent))

    def _marked(self, item: Item) -> Item:
        if self.knows(item):
            return replace(item, sent_before=True)
        if any(_replaces(item, each) for each in self.seen):
            return replace(item, sent_before=False, reason=f"{item.reason}; {CHANGED}")
        return replace(item, sent_before=False)


def _replaces(now: Item, before: Item) -> bool:
    """Whether a newer item may say something else of the lines of an older one."""
    if now.path != before.path or now.kind != before.kind:
        return False
    if now.kind != "body":
        return now.key == before.key and now.text != before.text
    nested = (
        not before.symbol or not now.symbol or before.symbol == now.symbol
        or before.symbol.startswith(f"{now.symbol}.") or now.symbol.startswith(f"{before.symbol}.")
    )  # fmt: skip
    return nested and before.text not in now.text and now.text not in before.text
