"""What a parsed file becomes in the store, made where it is parsed: in a worker."""

import functools
import hashlib
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from farthing.index import parser
from farthing.index.tags import Definition, FileTags

HASH_BYTES = 16

KINDS = ("call", "type", "inherit", "use", "word")
"""Kinds of references, by their number in the store."""

_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}

MAX_BODY = 20_000
"""Bytes of one body that can be searched for."""


@dataclass(frozen=True, slots=True)
class ContentRows:
    """Everything of one content, ready to be written."""

    hash: bytes
    language: str
    errors: bool
    definitions: list[tuple[str, str, str, str, str, int, int, int, int, int]]
    """kind, name, qualified, signature, doc, start, end, start line, end line, parent."""
    texts: list[tuple[str, str, str, str]]
    """For the full-text search, one for each definition: name, signature, doc, body."""
    uses: list[tuple[str, bytes]]
    """Name, and its places: see :func:`spots`."""
    imports: list[tuple[str, str, int]]
    """Module, names joined with spaces, line."""


def content_hash(data: bytes) -> bytes:
    """Names a content."""
    return hashlib.blake2b(data, digest_size=HASH_BYTES).digest()


def make(data: bytes, language: str) -> ContentRows:
    """Parse a content and lay it out."""
    tags = parser.parse_any(data, language)
    return ContentRows(
        content_hash(data),
        language,
        tags.errors,
        [(*each,) for each in tags.definitions],
        list(_texts(data, tags.definitions)),
        _uses(tags),
        [(each.module, " ".join(each.names), each.line) for each in tags.imports],
    )


def _texts(data: bytes, definitions: tuple[Definition, ...]) -> Iterator[tuple[str, str, str, str]]:
    # A definition's text ends where the first one inside it begins: every line is searched once, where it belongs.
    inner: dict[int, int] = {}
    for each in definitions:
        if each.parent >= 0:
            inner.setdefault(each.parent, each.start)
    for i, each in enumerate(definitions):
        end = min(inner.get(i, each.end), each.start + MAX_BODY)
        body = data[each.start : max(end, each.start)].decode("utf-8", "replace")
        yield split_name(each.qualified), each.signature, each.doc, body


def _uses(tags: FileTags) -> list[tuple[str, bytes]]:
    places: dict[str, list[int]] = {}
    for name, kind, line, enclosing in tags.references:
        places.setdefault(name, []).extend((line, enclosing, _KIND_NUMBERS[kind]))
    return [(name, array("i", found).tobytes()) for name, found in places.items()]


def spots(blob: bytes) -> Iterator[tuple[int, int, str]]:
    """Line, index of the enclosing definition in its file, and kind of every use that a blob holds."""
    found = array("i")
    found.frombytes(blob)
    for i in range(0, len(found), 3):
        yield found[i], found[i + 1], KINDS[found[i + 2]]


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])")


def split_name(name: str) -> str:
    """A name and its words: ``getURLPath`` becomes ``getURLPath get URL Path``."""
    words = " ".join(map(_words, name.split(".")))
    return f"{name} {words}" if words != name else name


@functools.lru_cache(10_000)  # the names of classes come again with each of their methods
def _words(part: str) -> str:
    return _HUMP.sub(" ", part.replace("_", " "))
