"""Secrets in texts: by the rules of Kingfisher for the tokens of providers, by ours for what has no form of its own.

Kingfisher looks at a text within this process and connects nowhere; what else it can do (ask the providers whether a
secret is valid, revoke it) is never used, which ``tests/unit/test_network.py`` holds. Its rules are put together when
the first request to a cloud is made: that takes seconds, later 0.3 s, as the result is kept on disk.
"""

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from farthing import paths
from farthing.errors import Private
from farthing.privacy import shapes

if TYPE_CHECKING:  # 16 MB of machine code, which nobody needs who never leaves this machine
    from kingfisher_sdk import DetectionScanner

CACHE_VARIABLE = "KF_RULE_CACHE_DIR"
"""Kingfisher's own: where its compiled rules are kept, other than in our cache."""

_lock = threading.Lock()
_scanners: "list[DetectionScanner]" = []


@dataclass(frozen=True, slots=True)
class Span:
    """A secret in a text."""

    start: int
    """Characters before it."""
    end: int
    kind: str
    """In a word or two, for people."""


def spans(text: str, path: str = "") -> list[Span]:
    """All secrets in a text, in their order; none overlaps another. Takes 4 ms for 100 kB, and at first seconds: not
    for an event loop.

    Args:
        path: of the file that the text is of, for rules of our own: what ``.env`` holds, say, are values.

    Raises:
        Private: nobody can tell, as the detector can't be used.
    """
    found = [Span(*each) for each in shapes.found(text, path)]
    found += _of_providers(text)
    merged: list[Span] = []
    for span in sorted(found, key=lambda each: (each.start, -each.end)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(last.start, max(last.end, span.end), last.kind)
        elif span.start < span.end:
            merged.append(span)
    return merged


def _of_providers(text: str) -> list[Span]:
    data = text.encode("utf-8", "surrogatepass")
    try:
        found = [_Place(each.visible, each.rule_id, **each.location) for each in _scanner().scan(data)]
    except (ImportError, OSError, RuntimeError, ValueError, TypeError) as exc:
        raise Private("secrets can't be looked for, so nothing is sent", "Install Farthing again") from exc
    spans = [each.span(data) for each in found if not each.is_beside()]
    return [each for each in spans if not shapes.is_harmless(text[each.start : each.end])]


@dataclass(frozen=True, slots=True)
class _Place:
    """A finding of Kingfisher's."""

    visible: bool
    rule: str
    start_offset: int
    end_offset: int
    line: int
    column: int
    end_line: int
    end_column: int

    def is_beside(self) -> bool:
        """Whether it is no secret, and only looked for as it stands beside one."""
        return not self.visible and self.rule.endswith(("-name", "-id", "-url", "-host", "-domain", "-region"))

    def span(self, data: bytes) -> Span:
        """In characters."""
        start = len(data[: self.start_offset].decode("utf-8", "surrogatepass"))
        length = len(data[self.start_offset : self.end_offset].decode("utf-8", "surrogatepass"))
        return Span(start, start + length, self.rule.rpartition(".")[2].replace("-", " "))


def _scanner() -> "DetectionScanner":
    with _lock:
        if not _scanners:
            from kingfisher_sdk import DetectionScanner, Rules

            cache = os.environ.get(CACHE_VARIABLE) or paths.cache_dir() / "detector"
            rules = Rules(cache_dir=cache)
            # Without the marks by which a text says that it holds no secret: a repository has no say in this.
            _scanners.append(DetectionScanner(rules, base64=False, inline_ignores=False, markup_context=False))
        return _scanners[0]
