"""What a model has seen of a repository in the turns of a conversation, so that only what changed is sent again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from farthing.context.model import Context, Item

CHANGED = "changed since it was sent"


@dataclass(frozen=True)
class Memory:
    """Of one conversation. What was sent stays in its messages, byte for byte, and is only added to."""

    seen: Mapping[str, Item] = field(default_factory=lambda: MappingProxyType({}))
    """Key -> the item as it was last sent."""

    def knows(self, item: Item) -> bool:
        """Whether the last that the model saw of this is the same text."""
        before = self.seen.get(item.key)
        return before is not None and before.text == item.text

    def mark(self, context: Context) -> Context:
        """A turn's context, in which what the model knows is not sent again."""
        return replace(context, items=tuple(self._marked(item) for item in context.items))

    def after(self, context: Context) -> "Memory":
        """What is known when a marked context was sent.

        What was sent before of lines that now were sent otherwise is forgotten: it would be taken for what is there.
        """
        sent = [item for item in context.items if not item.sent_before]
        kept = {
            key: item for key, item in self.seen.items()
            if not any(_contradicts(item, each) for each in sent)
        }  # fmt: skip
        return Memory(MappingProxyType(kept | {item.key: item for item in sent}))

    def _marked(self, item: Item) -> Item:
        if self.knows(item):
            return replace(item, sent_before=True)
        if item.key in self.seen:
            return replace(item, sent_before=False, reason=f"{item.reason}; {CHANGED}")
        return replace(item, sent_before=False)


def _contradicts(before: Item, now: Item) -> bool:
    """Whether an older item may say something else of the same lines than a newer one."""
    if before.path != now.path or before.key == now.key or before.kind != "body" or now.kind != "body":
        return False
    nested = (
        not before.symbol or not now.symbol or before.symbol == now.symbol
        or before.symbol.startswith(f"{now.symbol}.") or now.symbol.startswith(f"{before.symbol}.")
    )  # fmt: skip
    return nested and before.text not in now.text and now.text not in before.text
