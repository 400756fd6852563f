"""White space at the start of lines, as the document has it."""

import re

from farthing.completion.postprocess.place import Place
from farthing.text import indent_of

DEFAULT_UNIT = 4

_OPENER = re.compile(r"(?:[:{(\[]|[=-]>|\b(?:do|then|else|begin))\s*(?:(?:#|//).*)?$")
_OPENING_WORD = re.compile(r"\s*(?:def|class|module|(?:local )?function|if|unless|while|until|for|case|when|begin)\b")
_WORD_LANGUAGES = frozenset("ruby lua elixir julia shellscript".split())
_GOES_ON = re.compile(r"[,\\+\-*/%=&|?.<>]\s*$")
_CONTINUES = re.compile(r"[.?:|&+\-*/)\]}]")
_LEFT = re.compile(r"[)\]}]|(?:end|else|elif|except|finally|catch|case|default|public|private|protected)\b|#")
"""Lines that may stand no further right than the line that opens their block."""


def fix_indentation(text: str, place: Place) -> str:
    """Indent the answer as the document is indented.

    Tabs become spaces where the document is indented by spaces, and the reverse. Further lines that count from the
    cursor's indentation instead of the margin are moved. Indentation that stands before the cursor is not repeated.
    """
    if not text.strip():
        return text
    spaces, unit = _style(place)
    return _first_line(_further_lines(_converted(text, spaces, unit, place), place), place, unit)


def _style(place: Place) -> tuple[bool | None, int]:
    """Whether the document is indented by spaces, None if that is not plain; and by how much."""
    lines = [line for line in f"{place.prefix}\n{place.suffix}".split("\n") if line[:1] in (" ", "\t")]
    tabs = sum(line[0] == "\t" for line in lines)
    by_spaces = [len(indent_of(line)) for line in lines if line.startswith("  ")]
    widths = [0, *by_spaces]
    steps = [after - before for before, after in zip(widths, by_spaces, strict=False) if after - before in (2, 3, 4, 8)]
    unit = max(set(steps), key=lambda step: (steps.count(step), step)) if steps else DEFAULT_UNIT
    if bool(tabs) == bool(by_spaces):
        return None, unit
    return not tabs, unit


def _converted(text: str, spaces: bool | None, unit: int, place: Place) -> str:
    first, *further = text.split("\n")
    lines = further if place.line_before else [first, *further]
    if spaces:
        lines = [indent_of(line).expandtabs(unit) + line.lstrip(" \t") for line in lines]
    elif spaces is False and not any(line.startswith("\t") for line in lines):
        widths = [len(indent_of(line)) for line in lines if line.startswith("  ")]
        step = 4 if all(width % 4 == 0 for width in widths) else 2
        lines = ["\t" * (len(indent_of(each)) // step) + each[len(indent_of(each)) // step * step :] for each in lines]
    return "\n".join(lines if not place.line_before else [first, *lines])


def _further_lines(text: str, place: Place) -> str:
    """Move further lines by the cursor's indentation, where the block that the first one opens is not indented."""
    first, *further = text.split("\n")
    base = indent_of(place.line_before + first)
    below = next((line for line in further if line.strip()), "")
    opens = (place.line_before + first).rstrip().endswith((":", "{"))
    if not base or not opens or not indent_of(below) or _width(below) > _width(base) or _LEFT.match(below.strip()):
        return text
    return "\n".join([first, *(base + line if line.strip() else line for line in further)])


def _first_line(text: str, place: Place, unit: int) -> str:
    """Drop indentation that stands before the cursor already."""
    repeated = indent_of(text)
    if place.line_before.strip() or not place.line_before or not repeated or text[len(repeated)] == "\n":
        return text
    above = next((line for line in reversed(place.prefix.split("\n")[:-1]) if line.strip()), "")
    words = place.language in _WORD_LANGUAGES and _OPENING_WORD.match(above)
    allowed = _width(above) + (unit if _OPENER.search(above) or words else 0)
    if _width(place.line_before + repeated) <= allowed:
        return text
    if repeated != place.line_before and (_GOES_ON.search(above) or _CONTINUES.match(text[len(repeated) :])):
        return text
    kept = repeated
    while kept and _width(place.line_before + kept) > allowed:
        kept = kept[:-1]
    return kept + text[len(repeated) :]


def _width(line: str) -> int:
    return len(indent_of(line).expandtabs(4))
