"""Real source files of five languages, and variants of them with other line ends, indentation and bytes."""

import difflib
import json.decoder
import random
import re
import textwrap
from functools import cache
from pathlib import Path

from tests.support.edits import GOLDEN

ROOT = Path(__file__).parents[2]
_MOST = 1500
"""Lines of a file, so that a case takes milliseconds."""

VARIANTS = ("as it is", "crlf", "bom", "bom and crlf", "tabs", "mixed", "bare cr", "no end", "form feeds", "latin 1")


@cache
def sources() -> dict[str, list[Path]]:
    """The files, by language. All are there on every machine that runs the tests."""
    library = [Path(module.__file__ or "") for module in (textwrap, difflib, json.decoder)]
    own = sorted((ROOT / "server" / "farthing").rglob("*.py"))
    found = {
        "python": [*library, *own],
        "typescript": sorted((ROOT / "extension" / "src").rglob("*.ts")),
        "go": sorted((GOLDEN / "sources" / "go").iterdir()),
        "c": sorted((GOLDEN / "sources" / "c").iterdir()),
        "rust": sorted((GOLDEN / "sources" / "rust").iterdir()),
    }
    return {language: [path for path in paths if path.stat().st_size > 3000] for language, paths in found.items()}


@cache
def _text(path: Path) -> str:
    # Line feeds only, whatever git made of them on this machine.
    lines = path.read_bytes().decode().replace("\r\n", "\n").split("\n")
    return "\n".join(lines[:_MOST]).rstrip("\n") + "\n"


def pick(chance: random.Random, language: str, variant: str) -> tuple[str, bytes]:
    """A file's name and bytes."""
    path = chance.choice(sources()[language])
    return path.name, _varied(chance, _text(path), variant)


def _varied(chance: random.Random, text: str, variant: str) -> bytes:
    if variant == "tabs":
        text = re.sub(r"^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), text, flags=re.MULTILINE)
    if variant == "form feeds":
        text = _sprinkled(chance, text, "\f")
    if variant == "latin 1":
        return _sprinkled(chance, text, "# caf\xe9").encode("latin-1", "replace")
    if variant == "no end":
        text = text.rstrip("\n")
    if "crlf" in variant:
        text = text.replace("\n", "\r\n")
    if variant == "bare cr":
        text = text.replace("\n", "\r")
    if variant == "mixed":
        text = re.sub("\n", lambda _: chance.choice(("\n", "\n", "\r\n", "\r")), text)
    return (("\ufeff" if "bom" in variant else "") + text).encode()


def _sprinkled(chance: random.Random, text: str, line: str) -> str:
    return "".join(each + "\n" + (line + "\n") * (chance.random() < 0.05) for each in text.split("\n")[:-1])
