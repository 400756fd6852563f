"""Which file a model means, by the line that it wrote near a block."""

import re
from collections.abc import Callable, Sequence

Exists = Callable[[str], bool]

FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})\s*([^`]*?)\s*$")
_ABOVE = 3
"""Lines that are not blank in which a name is looked for."""

_MARKS = re.compile(r"^(?:#{1,6}\s+|[-*+]\s+|\d+[.)]\s+|//\s*|/\*\s*|<!--\s*|--\s+|>\s+)+")
_LABEL = re.compile(r"^(?:\*\*)?(?:file ?name|file ?path|file|path|new file)(?:\*\*)?\s*:\s*", re.IGNORECASE)
_TAIL = re.compile(r"(?:\s*\*/|\s*-->|\s*:)+$")
_QUOTED = re.compile(r"`([^`]+)`")
_SUFFIX = re.compile(r"\.[A-Za-z]\w{0,11}$|(?:^|/)\.[A-Za-z][\w.-]*$")
_ATTRIBUTE = re.compile(r"""(?:title|path|file|filename)=["']?([^"'\s]+)""")
_FORBIDDEN = re.compile(r"[\0-\x1f<>|*?\"]")


def above(lines: Sequence[str], index: int, floor: int, exists: Exists) -> str:
    """The name that stands above a block, within its fence, in the fence's first line or before that; empty for none.

    Args:
        index: of the block's first line.
        floor: index of the first line that belongs to no earlier block.
    """
    seen = 0
    sentence = True
    for at in range(index - 1, floor - 1, -1):
        line = lines[at].strip()
        if not line:
            continue
        fence = FENCE.match(lines[at])
        name = in_info(fence[2], exists) if fence else in_line(line, exists, sentence)
        if name:
            return name
        # A sentence names the file only right above the block.
        sentence = sentence and bool(fence)
        seen += not fence
        if seen == _ABOVE:
            break
    return ""


def in_info(info: str, exists: Exists) -> str:
    """The name in what follows a fence's marks: ``python src/a.py``, ``python:src/a.py``, ``title=src/a.py``."""
    attribute = _ATTRIBUTE.search(info)
    if attribute:
        return attribute[1]
    language, _, rest = info.partition(" ")
    for part in (rest.strip(), info.partition(":")[2].strip(), language):
        if part and _is_name(part, exists):
            return part
    return ""


def in_line(line: str, exists: Exists, sentence: bool = False) -> str:
    """The name that a line consists of, marks and labels aside, or the only one that a sentence holds in backticks."""
    bare = _MARKS.sub("", line.strip())
    labelled = _LABEL.sub("", bare)
    text = _TAIL.sub("", labelled).strip("*_ ")
    text = _TAIL.sub("", text)
    quoted = text.startswith("`") and text.endswith("`") and text.count("`") == 2
    text = text.strip("`'\"") if quoted or text[:1] in "'\"" else text
    # A name with blanks in it is one only where it is marked as such, or where there is such a file.
    if _is_name(text, exists, blanks=quoted or labelled != bare):
        return text
    # A label says that it is one, of whatever file: the block is for no other.
    if labelled != bare and re.fullmatch(r"[\w.+-]+", text):
        return text
    if not sentence:
        return ""
    found = {piece for piece in _QUOTED.findall(line) if _is_name(piece, exists)}
    found = {piece for piece in found if "/" in piece or exists(piece)}
    return found.pop() if len(found) == 1 else ""


def _is_name(text: str, exists: Exists, blanks: bool = False) -> bool:
    if not text or len(text) > 400 or _FORBIDDEN.search(text) or "://" in text or text.endswith("/"):
        return False
    if exists(text):
        return True
    if not blanks and re.search(r"\s", text):
        return False
    return ("/" in text and not re.search(r"\s", text) and not text.startswith("//")) or bool(_SUFFIX.search(text))
