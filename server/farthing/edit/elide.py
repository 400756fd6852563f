"""Lines that stand for code which a model was too short to repeat: ``# ... rest of the code unchanged``."""

import re
from collections.abc import Collection, Sequence

_COMMENT = re.compile(r"^(?:#+|//+|--+|;+|%+|/\*+|\{/\*+|<!--|\"\"\"|'''|\*)\s*(.*?)\s*(?:\*+/\}?|-->|\"\"\"|''')?$")
_DOTS = re.compile(r"^[\[(<{]*\s*(?:\.{3,}|…)|(?:\.{3,}|…)\s*[\])>}]*$")
_BARE = frozenset({"...", "…", "....", "[...]", "(...)", "{...}", "<...>"})
_THING = r"(?:\w+ )?(?:code|function|functions|method|methods|file|class|implementation|body|logic|module|lines?)"
_KEPT = r"(?:here|unchanged|untouched|omitted|follows|goes here|as (?:before|is|above)|for brevity)"
_STAYS = r"(?:(?:is|are|stays?|remains?|was|were) (?:unchanged|untouched|the same|omitted|as (?:before|is)|here))"
_WORDS = re.compile(
    rf"(?:keep |leave )?(?:(?:the|your|all|our) )?(?:"
    rf"(?:rest|remainder) of (?:(?:the|this|your) )?{_THING}(?: {_KEPT}| {_STAYS})*"
    rf"|(?:rest|remainder)(?: {_KEPT}| {_STAYS})+"
    rf"|(?:existing|original|remaining|previous|unchanged|other) {_THING}(?: {_KEPT}| {_STAYS})*"
    rf"|{_THING} (?:unchanged|omitted|{_STAYS})(?: {_KEPT})*"
    rf"|(?:unchanged|omitted(?: for brevity)?|same as (?:before|above|in the original)|no changes?(?: here)?|snip)"
    rf")",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"\b(?:rest|remain\w*|existing|unchanged|untouched|omitted|same|previous|original|as before|other|snip\w*|code"
    r"|implementation|brevity|continu\w*|keep)\b",
    re.IGNORECASE,
)


def stands_for_code(line: str) -> bool:
    """Whether a line is a comment that stands for code which is not repeated; a bare ``...`` is none, as it is valid
    in some languages."""
    found = _COMMENT.match(line.strip())
    text = found[1] if found else ""
    if not text:
        return False
    if text in _BARE:
        return True
    if _DOTS.search(text) and _HINT.search(text):
        return True
    return bool(_WORDS.fullmatch(text.strip(" .…[](){}<>:-!")))


def is_dots(line: str) -> bool:
    """Whether a line holds nothing but an ellipsis."""
    return line.strip() in ("...", "…")


def first_new(lines: Sequence[str], known: Collection[str]) -> str:
    """The first line that stands for code, and is none of those that are known (without blanks at their ends)."""
    return next((line.strip() for line in lines if stands_for_code(line) and line.strip() not in known), "")
