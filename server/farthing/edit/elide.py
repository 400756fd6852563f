"""Lines that stand for code which a model was too short to repeat: ``# ... rest of the code unchanged``."""

import re
from collections.abc import Container, Sequence

_COMMENT = re.compile(r"^(?:#+|//+|--+|;+|%+|/\*+|\{/\*+|<!--)\s*(.*?)\s*(?:\*+/\}?|-->)?$")
_DOTS = re.compile(r"^[\[(<{]*\s*(?:\.{3,}|…)|(?:\.{3,}|…)\s*[\])>}]*$")
_ONLY_DOTS = re.compile(r"[\[(<{]*\s*(?:\.{3,}|…)\s*[\])>}]*")
_THING = r"(?:\w+ )?(?:code|functions?|methods?|file|class|implementation|body|logic|module|lines?)"
_KEPT = r"(?:here|unchanged|untouched|omitted|follows|goes here|as (?:before|is|above)|for brevity)"
_STAYS = r"(?:(?:is|are|stays?|remains?|was|were) (?:unchanged|untouched|the same|omitted|as (?:before|is)|here))"
_WORDS = re.compile(
    rf"(?:keep |leave )?(?:(?:the|your|all|our) )?(?:"
    rf"(?:rest|remainder) of (?:(?:the|this|your) )?{_THING}(?: {_KEPT}| {_STAYS})*"
    rf"|(?:rest|remainder)(?: {_KEPT}| {_STAYS})+"
    rf"|(?:existing|remaining) (?:code|implementation|logic)"
    rf"|(?:existing|original|remaining|previous|other) {_THING}(?: {_KEPT}| {_STAYS})+"
    rf"|{_THING} (?:unchanged|omitted|{_STAYS})(?: {_KEPT})*"
    rf"|(?:unchanged|omitted for brevity|same as (?:before|above|in the original)|no changes? here)"
    rf")",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"\b(?:rest|remain\w*|existing|unchanged|untouched|omitted|same|previous|original|as before|other|snip\w*|code"
    r"|implementation|brevity|continu\w*|keep)\b",
    re.IGNORECASE,
)
_LOST = 3
"""Lines of code that a bare ellipsis must have taken the place of to be no part of the code."""
_SHOWN = 60
_PROSE = (".md", ".markdown", ".rst", ".txt", ".adoc")
"""Texts that may show abbreviated code."""


def stands_for_code(line: str) -> bool:
    """Whether a line is a comment that stands for code which is not repeated; a bare ``...`` is none, as it is valid
    in some languages."""
    found = _COMMENT.match(line.strip())
    text = found[1] if found else ""
    if _ONLY_DOTS.fullmatch(text) or (_DOTS.search(text) and _HINT.search(text)):
        return True
    return bool(_WORDS.fullmatch(text.strip(" .…[](){}<>:-!")))


def is_dots(line: str) -> bool:
    """Whether a line holds nothing but an ellipsis."""
    return line.strip() in ("...", "…")


def reason(path: str, before: Sequence[str], after: Sequence[str], known: Container[str]) -> str:
    """Why new lines are no whole text, in words; empty where they look whole.

    A comment that stands for code is no code, unless it was there before. An ellipsis may be: it is taken for the
    model's where it is new and lines are missing.

    Args:
        path: the file; texts for people may hold all that.
        before: the lines that the new ones replace.
        known: lines that are in the file, without blanks at their ends.
    """
    if path.lower().endswith(_PROSE):
        return ""
    stripped = [line.strip(" \t") for line in after]
    for line in stripped:
        if line not in known and stands_for_code(line):
            return f"the new lines are abbreviated: {line[:_SHOWN]!r} stands for code that is not there"
    if sum(map(is_dots, after)) > sum(map(is_dots, before)) and not path.endswith(".pyi"):
        kept = set(stripped)
        lost = sum(bool(line.strip()) and line.strip(" \t") not in kept for line in before)
        if lost >= _LOST:
            return f"the new lines are abbreviated: an ellipsis stands where {lost} lines are missing"
    return ""
