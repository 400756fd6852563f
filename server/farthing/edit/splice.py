"""Which stretches of a text change when lines take the place of others. What both have stays as it is, byte by byte."""

import difflib
from collections.abc import Iterable, Sequence

from farthing.edit.lines import Line, usual_end
from farthing.edit.model import Document, Edit
from farthing.edit.tiers import Texts

_LARGE = 4_000_000
"""Pairs of lines. Of larger hunks all lines between the first and the last that differ are replaced."""


def edits(
    document: Document, first: int, search: Texts, replace: Texts, new: Texts, ends: tuple[bool, bool] | None
) -> tuple[tuple[Edit, ...], tuple[tuple[int, int], ...]]:
    """The edits that put lines in the place of others.

    Args:
        first: index of the first line, from 0.
        search: the lines there, as the reply has them.
        replace: the new lines, as the reply has them: those that ``search`` has too are left alone.
        new: the same, as they are to be written.
        ends: whether the text ends with a line break before and after; None to leave that as it is.

    Returns:
        The edits, and the lines that each replaces, as indices.
    """
    old_keys, new_keys = list(search), list(replace)
    if ends and first + len(search) == len(document.lines):
        for keys, ended in zip((old_keys, new_keys), ends, strict=True):
            if keys and not ended:
                keys[-1] += "\n"  # which no line has within it
    found, changed = [], []
    for start, end, new_start, new_end in differences(old_keys, new_keys):
        span = first + start, first + end
        edit = _edit(document, span, new[new_start:new_end], ends[1] if ends else None)
        if not ends and not edit.text and start and edit.end == len(document.text) and not document.lines[-1].end:
            # The line before it, of the same hunk, is the last one now, and ends as that did: so it can be undone.
            edit = Edit(edit.start - len(document.lines[span[0] - 1].end), edit.end, "")
        found.append(edit)
        changed.append(span)
    return tuple(found), tuple(changed)


def differences(old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[int, int, int, int]]:
    """The stretches that differ, as (start, end) in the old lines and (start, end) in the new ones, ascending."""
    top = 0
    while top < min(len(old), len(new)) and old[top] == new[top]:
        top += 1
    bottom = 0
    while bottom < min(len(old), len(new)) - top and old[-1 - bottom] == new[-1 - bottom]:
        bottom += 1
    old_end, new_end = len(old) - bottom, len(new) - bottom
    if (old_end - top) * (new_end - top) > _LARGE:
        return [(top, old_end, top, new_end)]
    matcher = difflib.SequenceMatcher(None, old[top:old_end], new[top:new_end], autojunk=False)
    return [
        (top + start, top + end, top + new_start, top + new_end_)
        for tag, start, end, new_start, new_end_ in matcher.get_opcodes()
        if tag != "equal"
    ]


def _edit(document: Document, span: tuple[int, int], new: Texts, ended: bool | None) -> Edit:
    lines, (first, last) = document.lines, span
    at_end = last == len(lines)
    start = lines[first].start if first < len(lines) else len(document.text)
    stop = lines[last - 1].stop if last > first else start
    breaks = [_break(lines, first + at, last, first) for at in range(len(new))]
    if at_end and new:
        breaks[-1] = _final(lines, breaks[-1], ended)
    head = ""
    if first == len(lines) and lines and not lines[-1].end and new:
        # The line that was the last one gets an end, and the new last one has none, as it had.
        head = _break(lines, first, last, first)
    text = _apart(head or document.text[max(0, start - 1) : start], new, breaks, document.text[stop : stop + 1])
    return Edit(start, stop, head + text)


def _apart(before: str, new: Texts, breaks: Sequence[str], behind: str) -> str:
    """New lines with their ends, such that no carriage return of one line and line feed of the next become one break.

    Args:
        before: what the text has before them, at least its last character.
        behind: the character behind them.
    """
    parts = [before]
    for line, end in zip(new, breaks, strict=True):
        joins = not line and end.startswith("\n") and parts[-1].endswith("\r")
        parts.append(line + ("\r\n" if joins else end))
    if behind == "\n" and parts[-1].endswith("\r"):
        parts.append("\n" if new else "\r")
    return "".join(parts[1:])


def _break(lines: Sequence[Line], index: int, last: int, first: int) -> str:
    """The end of a new line: of the line that it replaces, else of a line beside it, else the usual one."""
    for candidate in (index if index < last else -1, last - 1, first - 1, last):
        if 0 <= candidate < len(lines) and lines[candidate].end:
            return lines[candidate].end
    return usual_end(lines)


def _final(lines: Sequence[Line], usual: str, ended: bool | None) -> str:
    if ended is None:
        ended = not lines or bool(lines[-1].end)
    return usual if ended else ""


def spliced(text: str, changes: Iterable[Edit]) -> str:
    """The text with edits, which are ascending and apart."""
    parts, at = [], 0
    for edit in changes:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])
