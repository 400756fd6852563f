"""How context stands in a prompt: the same items give the same bytes."""

import re
from collections.abc import Iterable, Sequence

from farthing.context.model import Item
from farthing.context.turns import CHANGED


def render(items: Iterable[Item]) -> str:
    """Items as a prompt shows them, without those that an earlier turn has sent.

    Every body stands in a fence of its own under its path and lines; signatures follow in one fence for each file,
    then diagnostics, then what was changed. Within a kind the order stays.
    """
    now = [item for item in items if not item.sent_before]
    blocks = [fenced(_head(item), item.text) for item in _of(now, "body")]
    signatures: dict[str, list[str]] = {}
    for item in _of(now, "signature"):
        signatures.setdefault(item.path, []).append(item.text.rstrip("\n"))
    blocks += [fenced(f"{path}, signatures", "\n".join(texts)) for path, texts in signatures.items()]
    if found := _of(now, "diagnostic"):
        blocks.append(fenced("diagnostics", "\n".join(item.text.rstrip("\n") for item in found)))
    blocks += [fenced(f"{item.path}, as a diff to the last commit", item.text) for item in _of(now, "diff")]
    return "\n\n".join(blocks)


def fenced(head: str, text: str) -> str:
    """A text under a line that says what it is."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)  # so that text which has a fence itself can't end its own
    return f"{head}\n{fence}\n{text.rstrip(chr(10))}\n{fence}"


def _head(item: Item) -> str:
    # What was sent before of it stands further up, and is not so any more.
    again = ", as it is now" if item.reason.endswith(CHANGED) else ""
    return f"{item.path}:{item.start_line}-{item.end_line}{again}"


def _of(items: Sequence[Item], kind: str) -> list[Item]:
    return [item for item in items if item.kind == kind]
