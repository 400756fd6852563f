"""Places where nothing is suggested, whatever the model would write there."""

import re
from dataclasses import dataclass

from farthing.completion.generation import typed_between
from farthing.index.syntax import Kind, kind_at

LINE_COMMENT = re.compile(r"(?:^|\s)(?:#|//|--|;;|%)\s")
"""Where a comment starts, in languages without a grammar here."""

_APOSTROPHE = frozenset("python javascript javascriptreact typescript typescriptreact ruby php".split())
"""Where an apostrophe opens a string, and is neither a lifetime nor a digit separator nor part of a word."""

_QUOTE = re.compile(r"(?<!\w)'|(?<=\b[bfru])'")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`')


def splits_word(text: str, offset: int) -> bool:
    """Whether a word stands on both sides of the cursor: who stands within a word is reading or renaming."""
    return 0 < offset < len(text) and _is_word(text[offset - 1]) and _is_word(text[offset])


@dataclass(frozen=True)
class _Place:
    text: str
    offset: int
    language: str
    kind: Kind


_latest: list[_Place] = []
"""The place last asked about. Letters and digits that are typed there are part of the same, which needs no parsing."""


def inside(text: str, offset: int, language: str) -> Kind:
    """What the cursor stands in.

    By the syntax tree where there is a grammar. A string that is not closed yet is none to most grammars, and some
    languages have no grammar here: then the cursor's line decides.

    Args:
        text: the whole document.
        offset: the cursor, in code points.
        language: LSP language id.
    """
    known = _latest[0] if _latest else None
    typed = known and known.language == language and typed_between(known.text, known.offset, text, offset)
    if known and isinstance(typed, str) and all(map(_is_word, typed)):
        kind = known.kind
    else:
        kind = _inside(text, offset, language)
    _latest[:] = [_Place(text, offset, language, kind)]
    return kind


def _inside(text: str, offset: int, language: str) -> Kind:
    kind = kind_at(text, offset, language)
    if kind in ("comment", "string"):
        return kind
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    before = _QUOTED.sub(lambda found: " " * len(found[0]), text[start:offset])
    if kind is None and LINE_COMMENT.search(before):
        return "comment"
    quote = _open_quote(before, language)
    if quote is None:
        return "code"
    # A quote that the tree knows, as the end of a string over several lines or around code inserted, opens none.
    known = kind is not None and any(kind_at(text, start + quote + side, language) != "code" for side in (0, 1))
    return "code" if known else "string"


def _open_quote(before: str, language: str) -> int | None:
    at = before.find('"')
    if at < 0 and language in _APOSTROPHE and (found := _QUOTE.search(before)):
        at = found.start()
    return at if at >= 0 else None


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
