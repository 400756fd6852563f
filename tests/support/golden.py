"""Golden cases of what happens to an answer: data files with a document, a cursor, an answer and what becomes of it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from farthing.completion.context import Context, window
from farthing.settings import CompletionSettings

GOLDEN = Path(__file__).parents[1] / "golden"


@dataclass(frozen=True)
class Case:
    """One ``[[case]]``."""

    name: str
    prefix: str
    """The document before the cursor."""
    suffix: str
    """The document after it."""
    answer: str
    expected: str
    language: str = ""
    """LSP language id, where the case is about one."""
    multiline: bool = False
    max_lines: int = 12

    @property
    def context(self) -> Context:
        """What the model would see."""
        return window(self.prefix + self.suffix, len(self.prefix), CompletionSettings())


def cases(name: str) -> list[Case]:
    """The cases of a file, which has no two of the same name.

    Args:
        name: path under ``tests/golden``, without ``.toml``.
    """
    found = [Case(**each) for each in tomllib.loads((GOLDEN / f"{name}.toml").read_text(encoding="utf-8"))["case"]]
    assert len({each.name for each in found}) == len(found), f"two cases of {name} have the same name"
    return found
