"""No bracket is closed that is not open, or that the text behind the cursor closes already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from farthing.completion.postprocess.place import Place
from farthing.index.syntax import brackets
from farthing.text import indent_of

PAIRS = {")": "(", "]": "[", "}": "{"}

_LEXED = frozenset("json jsonc json5 css scss less".split())
"""Languages without a grammar here in which every bracket outside of double quotes counts."""

_ONE_SIDED = frozenset({"shellscript"})
"""``case`` closes brackets there that nothing opened."""


@dataclass(frozen=True)
class _Bracket:
    at: int
    """Code points from the start of the text it is in."""
    kind: str
    indent: int
    """Width of the white space that its line starts with."""
    leads: bool
    """Nothing stands before it on its line, other than brackets that close too."""


def drop_spare_brackets(text: str, place: Place) -> str:
    """Cut the answer before the first closing bracket that is one too many.

    Brackets in strings and comments don't count. An answer may close what the lines below close if it opens as much
    again: the end of one function and the start of the next. What the rest of its own line closes it may not.
    """
    if not any(each in text for each in PAIRS):
        return text
    found = _brackets(place, text)
    if found is None:
        return text
    before, own, after = found
    stack: list[_Bracket] = []
    for each in before:
        if each.kind not in PAIRS:
            stack.append(each)
        elif stack and stack[-1].kind == PAIRS[each.kind]:
            stack.pop()
    end_of_line = len(place.line_after)
    rest, below = ([each for each in after if (each.at < end_of_line) is side] for side in (True, False))
    keep = _keep(stack, own, _Closers(_unmatched(rest), _unmatched([*rest, *below])), _least_indent(place))
    return text if keep is None else text[:keep]


@dataclass(frozen=True)
class _Closers:
    rest: Sequence[_Bracket]
    """What the rest of the cursor's line closes."""
    all: Sequence[_Bracket]
    """That, and what the lines below close."""


def _keep(stack: list[_Bracket], own: Sequence[_Bracket], closers: _Closers, least: int) -> int | None:
    """How much of the answer closes nothing twice; None for all of it."""
    closed_by_rest, closed = _count(closers.rest, stack), _count(closers.all, stack)
    keep: int | None = None
    for each in own:
        if _count(closers.all, stack) >= closed:
            keep = each.at
        if each.kind not in PAIRS:
            stack = [*stack, each]
            continue
        if stack and stack[-1].kind == PAIRS[each.kind]:
            stack = stack[:-1]
        elif stack or not each.leads or each.indent >= least:
            return each.at if _count(closers.all, stack) >= closed else keep
        if _count(closers.rest, stack) < closed_by_rest:
            return each.at
    return None if _count(closers.all, stack) >= closed else keep


def _count(closers: Sequence[_Bracket], stack: Sequence[_Bracket]) -> int:
    """How many of the brackets behind the cursor close one of those that are open."""
    left, matched = list(stack), 0
    for closer in closers:
        while left and not _fits(left[-1], closer):
            left.pop()
        if left:
            left.pop()
            matched += 1
    return matched


def _fits(opener: _Bracket, closer: _Bracket) -> bool:
    return opener.kind == PAIRS[closer.kind] and not (closer.leads and opener.indent > closer.indent)


def _unmatched(found: Sequence[_Bracket]) -> list[_Bracket]:
    closing, opened = [], 0
    for each in found:
        if each.kind not in PAIRS:
            opened += 1
        elif opened:
            opened -= 1
        else:
            closing.append(each)
    return closing


def _least_indent(place: Place) -> int:
    """Least indentation of the lines that are seen above. What is open from before them is closed further left."""
    lines = [line for line in place.prefix.split("\n")[:-1] if line.strip() and not line.startswith("#")]
    return min((len(indent_of(line).expandtabs(4)) for line in lines), default=0)


def _brackets(place: Place, text: str) -> tuple[list[_Bracket], list[_Bracket], list[_Bracket]] | None:
    """The brackets before the cursor, in the answer, and behind the cursor."""
    cursor = len(place.prefix)
    # The document by itself: a comment at the end of the answer would take in the rest of the line.
    document = _found(place.prefix + place.suffix, place.language)
    whole = _found(place.prefix + text + place.suffix, place.language)
    if document is None or whole is None:
        return None
    return (
        [each for each in document if each.at < cursor],
        [replace(each, at=each.at - cursor) for each in whole if cursor <= each.at < cursor + len(text)],
        [replace(each, at=each.at - cursor) for each in document if each.at >= cursor],
    )


def _found(text: str, language: str) -> list[_Bracket] | None:
    if language in _ONE_SIDED:
        return None
    found = _lexed(text) if language in _LEXED else brackets(text, language)
    if found is None:
        return None
    result = []
    for at, kind in found:
        line = text[text.rfind("\n", 0, at) + 1 : at]
        indent = len(indent_of(line).expandtabs(4))
        result.append(_Bracket(at, kind, indent, not line.strip(" \t)]}")))
    return result


def _lexed(text: str) -> list[tuple[int, str]]:
    found, quoted, at = [], False, 0
    while at < len(text):
        if text[at] == '"':
            quoted = not quoted
        elif text[at] == "\n":
            quoted = False
        elif quoted and text[at] == "\\":
            at += 1
        elif not quoted and text[at] in "()[]{}":
            found.append((at, text[at]))
        at += 1
    return found
