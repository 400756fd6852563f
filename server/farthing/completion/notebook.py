"""Cells of notebooks: what a cell is written in, and what of the cells above it the model sees."""

import re
from collections.abc import Sequence

from farthing.completion.context import CHUNK, MAX_PREFIX, STEP
from farthing.text import unix

BOUNDARY = re.compile(r"\s*(?:#|//|--|%) ?%%")
"""How the first line of a cell begins where a notebook is one text. No answer goes beyond it."""

_LEADS = {
    "//": "javascript javascriptreact typescript typescriptreact java c cpp csharp go rust kotlin scala swift php",
    "--": "sql lua haskell",
}
_LEAD = {language: lead for lead, languages in _LEADS.items() for language in languages.split()}

_MAGIC = re.compile(r"%%(\w+)")
_MAGICS = {
    "bash": "shellscript",
    "sh": "shellscript",
    "script": "shellscript",
    "javascript": "javascript",
    "js": "javascript",
    "html": "html",
    "markdown": "markdown",
    "latex": "latex",
    "sql": "sql",
    "bigquery": "sql",
    "R": "r",
    "ruby": "ruby",
    "perl": "perl",
    "writefile": "plaintext",
    "file": "plaintext",
}
"""Magics of IPython that make a whole cell another language. All others leave it Python."""


def language_of(text: str, language: str) -> str:
    """What a document is written in, by its language id and, in Python, a magic for the whole cell."""
    if language != "python" or not (found := _MAGIC.match(text)):
        return language
    return _MAGICS.get(found[1], language)


def boundary(language: str) -> str:
    """The line between two cells."""
    return f"{_LEAD.get(language, '#')} %%\n"


def text_before(cells: Sequence[str], language: str, lines: int) -> str:
    """The cells above, as text before a cell of the same language, with line breaks as ``\\n``.

    Only as much as a window of so many lines can show. What is left out above is a multiple of the step by which the
    window's start moves: the window starts where it would in the whole text.
    """
    mark = boundary(language)
    whole = "".join(f"{unix(cell).rstrip()}\n\n{mark}" for cell in cells if cell.strip())
    start, spare = 0, max(0, whole.count("\n") - lines) // STEP * STEP
    for _ in range(spare):
        start = whole.index("\n", start) + 1
    return whole[start:][-MAX_PREFIX - CHUNK :]
