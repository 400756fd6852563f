"""What a notebook's Python cells hold that is no Python: ``%magic`` and ``!shell`` lines, and ``name?``."""

import re

MAX_TEXT = 200_000
"""Code points of a text that is searched: no cell is longer."""

_COMMANDS = "pip|conda|cd|env|load_ext|matplotlib|autoreload|run|time|timeit"

# A magic within a block is taken for one by its name: a continued line may begin with the operator.
_MAGIC = re.compile(
    rf"^([ \t]*[\w., ]*\w ?=[ \t]*(?=[!%]\S)|[ \t]*(?=!|%(?:{_COMMANDS})\b)|(?=%%?[A-Za-z]|\?\??[\w.]))[!%?]([^\r\n]?)",
    re.MULTILINE,
)
_HELP = re.compile(r"^([ \t]*[A-Za-z_][\w.]*)\?\??(?=[ \t\r]*$)", re.MULTILINE)


def plain(text: str, language: str) -> str:
    """The text with such lines as statements that do nothing, so that what stands around them parses. Every character
    stays at its place.

    Args:
        language: LSP language id; only Python has such lines.
    """
    if language != "python" or len(text) > MAX_TEXT or not any(each in text for each in "!%?"):
        return text
    text = _MAGIC.sub(lambda found: found[1] + ("0#" if found[2] else "0"), text)
    return _HELP.sub(lambda found: found[1] + " " * (len(found[0]) - len(found[1])), text)
