"""What was changed in a file and not yet committed, as far as it matters to an instruction."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from farthing.context import wishes
from farthing.context.source import Source, names_in
from farthing.index.query import parse

CONTEXT = 1
"""Lines around a change: what stands around it is mostly shown anyway."""

MAX_LINES = 20_000
"""Of texts that are compared."""


@dataclass(frozen=True)
class Change:
    """Lines that differ from those of a text before."""

    first: int
    """Line of the text now, from 1."""
    last: int
    text: str
    """As in a unified diff, with its head."""
    removed: str
    """The lines before, without those around them."""
    added: str


def since(before: str, source: Source) -> list[Change]:
    """What changed in a file since it had another text. Line ends don't count."""
    old, new = _lines(before), [line.rstrip("\r\n") for line in source.lines]
    if max(len(old), len(new)) > MAX_LINES:
        return []
    # What is equal at both ends is most of a file, and costs most to compare.
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    start = max(0, head - CONTEXT)
    stop = max(0, tail - CONTEXT)
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - stop], new[start : len(new) - stop], autojunk=True)
    return [_change(group, old[start:], new[start:], start) for group in matcher.get_grouped_opcodes(CONTEXT)]


def that_matter(changes: Sequence[Change], lines: tuple[int, int], instruction: str) -> Iterator[Change]:
    """The changes that an instruction may need.

    Those are: every one where the instruction speaks of changes; one in the given lines that took something away, as
    what was only added is seen there; and one anywhere in the file whose lines have a name that the instruction names
    as code.
    """
    every = wishes.about_changes(instruction)
    names = parse(instruction).names
    for each in changes:
        touches = each.first <= lines[1] and lines[0] <= each.last
        speaks = not names.isdisjoint(names_in(each.removed + "\n" + each.added))
        if every or (touches and each.removed.strip()) or (speaks and (each.removed.strip() or not touches)):
            yield each


def _change(group: list[tuple[str, int, int, int, int]], old: list[str], new: list[str], shift: int) -> Change:
    shown: list[str] = []
    removed: list[str] = []
    added: list[str] = []
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            shown += [f" {line}" for line in old[i1:i2]]
            continue
        removed += old[i1:i2]
        added += new[j1:j2]
        shown += [f"-{line}" for line in old[i1:i2]] + [f"+{line}" for line in new[j1:j2]]
    i, j = group[0][1] + shift, group[0][3] + shift
    olds, news = group[-1][2] - group[0][1], group[-1][4] - group[0][3]
    head = f"@@ -{i + 1},{olds} +{j + 1},{news} @@"
    text = "\n".join([head, *shown]) + "\n"
    return Change(j + 1, max(j + 1, j + news), text, "\n".join(removed), "\n".join(added))


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
