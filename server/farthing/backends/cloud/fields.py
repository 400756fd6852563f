"""Reading what providers say, which may be anything: whatever is not as it should be reads as nothing. Pure."""

from collections.abc import Mapping
from typing import Any


def whole(text: str) -> str:
    """A text that can be written anywhere: JSON can hold half of a pair of surrogates, and nothing else can."""
    return text.encode("utf-8", "replace").decode()


def text(table: Mapping[str, Any], name: str, most: int | None = None) -> str:
    """A text of a table, cut at so many characters; empty where there is none."""
    found = table.get(name)
    return whole(found[:most]) if isinstance(found, str) else ""


def table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table within a table; empty where there is none."""
    found = table.get(name)
    return found if isinstance(found, Mapping) else {}


def tables(table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The tables of a list within a table."""
    found = table.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
