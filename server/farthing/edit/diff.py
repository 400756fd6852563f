"""Unified diffs that ``git apply`` takes. They are made of the edits themselves, so that nothing is compared again."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farthing.edit.model import Edit, FileChange

CONTEXT = 3
"""Lines around a change."""

_QUOTED = re.compile(r'[\x00-\x1f"\\\x7f]')


@dataclass(frozen=True)
class _Block:
    """Lines that others take the place of."""

    first: int
    """Index of the first one, from 0."""
    old: tuple[str, ...]
    """With their ends."""
    new: tuple[str, ...]


def unified(changes: Iterable[FileChange]) -> str:
    """The diff of files; empty where nothing changes."""
    return "".join(map(_file, changes))


def _file(change: FileChange) -> str:
    old, new = _path("a/", change.path), _path("b/", change.path)
    parts = [f"diff --git {old} {new}\n"]
    if change.before is None:
        parts.append("new file mode 100644\n")
        if not change.after:
            return "".join([*parts, "index 0000000..e69de29\n"])
    # A tab behind names with blanks, as git writes it: it tells where they end.
    tab = "\t" if " " in change.path else ""
    parts.append(f"--- {'/dev/null' if change.before is None else old + tab}\n+++ {new}{tab}\n")
    before = _lines(change.before or "")
    blocks = _blocks(change.before or "", change.edits)
    shift = 0
    for group in _groups(blocks):
        parts.append(_hunk(before, group, shift))
        shift += sum(len(block.new) - len(block.old) for block in group)
    return "".join(parts) if blocks else ""


def _path(prefix: str, path: str) -> str:
    if not _QUOTED.search(path):
        return prefix + path
    escaped = _QUOTED.sub(lambda found: f"\\{ord(found[0]):03o}", path)
    return f'"{prefix}{escaped}"'


def _lines(text: str) -> list[str]:
    """Lines as git has them, which knows one end only."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _blocks(text: str, edits: Sequence[Edit]) -> list[_Block]:
    """The edits as whole lines; those that share a line are one."""
    spans: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        start = text.rfind("\n", 0, edit.start) + 1
        whole = edit.end == 0 or text[edit.end - 1] == "\n"
        # What git takes for one line, as it ends none at a carriage return, goes on with the next.
        joined = (bool(edit.text) or edit.start > start) and not edit.text.endswith("\n")
        if whole and not (joined and edit.end < len(text)) and (edit.start == start or edit.end > start):
            end = edit.end
        else:
            end = (text.find("\n", edit.end) + 1) or len(text)
        if spans and start < spans[-1][1]:
            start, _, known = spans.pop()
            spans.append((start, max(end, _), [*known, edit]))
        else:
            spans.append((start, end, [edit]))
    blocks, line, at = [], 0, 0
    for start, end, own in spans:
        line += text.count("\n", at, start)
        at = start
        parts, position = [], start
        for edit in own:
            parts += [text[position : edit.start], edit.text]
            position = edit.end
        parts.append(text[position:end])
        block = _trimmed(line, _lines(text[start:end]), _lines("".join(parts)))
        if block.old or block.new:
            blocks.append(block)
    return blocks


def _trimmed(first: int, old: list[str], new: list[str]) -> _Block:
    top = 0
    while top < min(len(old), len(new)) and old[top] == new[top]:
        top += 1
    bottom = 0
    while bottom < min(len(old), len(new)) - top and old[-1 - bottom] == new[-1 - bottom]:
        bottom += 1
    return _Block(first + top, tuple(old[top : len(old) - bottom]), tuple(new[top : len(new) - bottom]))


def _groups(blocks: Sequence[_Block]) -> list[list[_Block]]:
    groups: list[list[_Block]] = []
    for block in blocks:
        last = groups[-1][-1] if groups else None
        if last and block.first - (last.first + len(last.old)) <= 2 * CONTEXT:
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _hunk(before: Sequence[str], group: Sequence[_Block], shift: int) -> str:
    first = max(0, group[0].first - CONTEXT)
    last = min(len(before), group[-1].first + len(group[-1].old) + CONTEXT)
    body, at = [], first
    for block in group:
        body += [" " + line for line in before[at : block.first]]
        body += ["-" + line for line in block.old]
        body += ["+" + line for line in block.new]
        at = block.first + len(block.old)
    body += [" " + line for line in before[at:last]]
    size = last - first
    new_size = size + sum(len(block.new) - len(block.old) for block in group)
    head = f"@@ -{_range(first, size)} +{_range(first + shift, new_size)} @@\n"
    return head + "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in body)


def _range(first: int, size: int) -> str:
    return f"{first + 1 if size else first},{size}"
