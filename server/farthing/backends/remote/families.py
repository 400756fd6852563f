"""Markers of fill-in-the-middle as text, for servers that take a prompt and nothing else.

Such servers read a marker's spelling as the marker wherever it stands, so text of the user that holds one is taken
apart first: source can't inject a marker.
"""

import re
from dataclasses import dataclass

from farthing.engine.fim import NAMES_BY_FAMILY

_CODESTRAL, _STARCODER, _QWEN, _DEEPSEEK, _CODE_LLAMA = NAMES_BY_FAMILY


@dataclass(frozen=True)
class Family:
    """Models with the same markers."""

    name: str
    prefix: str
    suffix: str
    middle: str
    ends: tuple[str, ...]
    """What such models write when they are done and the server lets it through."""
    models: str
    """Pattern of their names."""
    suffix_first: bool = False

    def prompt(self, prefix: str, suffix: str) -> str:
        """A prompt out of text that holds no markers."""
        if self.suffix_first:
            return f"{self.suffix}{suffix}{self.prefix}{prefix}"
        return f"{self.prefix}{prefix}{self.suffix}{suffix}{self.middle}"

    @property
    def stops(self) -> tuple[str, ...]:
        """What ends an answer, wherever it stands in it."""
        return (*self.ends, self.prefix.strip(), self.suffix.strip(), *filter(None, [self.middle.strip()]))


FAMILIES: tuple[Family, ...] = (
    # Codestral knows no middle marker, although the table has a spelling of it.
    Family("codestral", _CODESTRAL[0], _CODESTRAL[1], "", ("</s>",), "codestral", suffix_first=True),
    Family(
        "starcoder",
        *_STARCODER,
        ("<|endoftext|>", "<file_sep>"),
        "star-?coder|granite.*code|refact|stable-?code|codeqwen",
    ),
    Family(
        "qwen",
        *_QWEN,
        ("<|endoftext|>", "<|file_sep|>", "<|repo_name|>", "<|fim_pad|>", "<|im_end|>", "<|file_separator|>"),
        "qwen.*coder|codegemma|yi-?coder",
    ),
    Family("deepseek", *_DEEPSEEK, ("<｜end▁of▁sentence｜>", "<|EOT|>"), "deepseek.*coder"),  # noqa: RUF001
    # In the vocabulary a "▁" stands for a space.
    Family("codellama", "<PRE> ", " <SUF>", " <MID>", ("<EOT>", "</s>"), "code-?llama"),
)

_SPELLINGS = sorted({stop for family in FAMILIES for stop in family.stops} - {"</s>"}, key=len, reverse=True)
# Next to the known ones, whatever is spelled like a control token of a chat template.
_MARKERS = re.compile("|".join([*map(re.escape, _SPELLINGS), r"<\|\w{1,40}\|>", r"<｜[^｜<>\s]{1,40}｜>"]))  # noqa: RUF001


def of_model(name: str) -> Family | None:
    """The family that a model's name tells, if it tells one."""
    found = (family for family in FAMILIES if re.search(family.models, name, re.IGNORECASE))
    return next(found, None)


def named(name: str) -> Family | None:
    """The family of this very name; None for ``none``."""
    return next((family for family in FAMILIES if family.name == name), None)


def defuse(text: str) -> str:
    """The text with a space inside whatever a server would take for a marker."""
    return _MARKERS.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
