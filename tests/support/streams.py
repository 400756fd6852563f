"""Golden streams of providers: what came over the wire, and what it means."""

import tomllib
from dataclasses import dataclass
from typing import Any

from farthing.ledger.model import Usage
from tests.support.golden import GOLDEN

STREAMS = GOLDEN / "streams"

MODELS = {
    "anthropic": "claude-sonnet-4-5-20250929",
    "openai_chat": "gpt-4.1-mini-2025-04-14",
    "openai_responses": "gpt-4.1-mini-2025-04-14",
    "gemini": "gemini-2.5-flash",
}
"""That answers, by dialect."""


@dataclass(frozen=True)
class Stream:
    """One recorded answer."""

    dialect: str
    """Its folder."""
    name: str
    data: bytes
    text: str
    thought: str
    other: str
    reason: str
    failure: str
    """In the message of the error that ends it; empty where it ends well."""
    usage: Usage | None


def streams() -> list[Stream]:
    """All of them. Every file is in the table, and every name in the table is a file's."""
    expected = tomllib.loads((STREAMS / "expected.toml").read_text(encoding="utf-8"))
    files = sorted(STREAMS.glob("*/*.sse"))
    assert {path.stem for path in files} == set(expected)
    return [_stream(path.parent.name, path.stem, path.read_bytes(), expected[path.stem]) for path in files]


def _stream(dialect: str, name: str, data: bytes, said: dict[str, Any]) -> Stream:
    found: dict[str, Any] = {
        "text": "Use a context manager.",
        "thought": "",
        "other": "",
        "reason": "stop",
        "failure": "",
        "usage": [25, 9, 0, 0, 0],
    }
    found |= {key: value for key, value in said.items() if key not in MODELS} | said.get(dialect, {})
    counts = found.pop("usage")
    return Stream(dialect, name, data, **found, usage=Usage(*counts) if counts else None)
