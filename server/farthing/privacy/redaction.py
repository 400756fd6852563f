"""Takes secrets out of what leaves this machine, and puts them back into what returns.

A secret has the same placeholder as long as a :class:`Redactor` lives, so that what is said again is the same byte for
byte. What a model writes around a placeholder is written around the secret here: the secret never left, and the edit
still fits its file. A text that holds something like a placeholder comes back as it was, too: that is replaced like a
secret.
"""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from farthing.errors import Private
from farthing.privacy import detector
from farthing.privacy.detector import Span
from farthing.privacy.shapes import LEAST, PRIVATE_KEY

_MARK = "__REDACTED_"
_PLACEHOLDER = re.compile(r"__REDACTED_(\d+)__")
_BEGUN = re.compile("|".join(re.escape(_MARK[:n]) for n in range(len(_MARK) - 1, 0, -1)) + rf"|{_MARK}\d{{0,9}}_?")
"""The beginning of a placeholder, at the end of a text that still grows."""

WAY_OUT = "Leave it out of what is sent, or go on locally"

_LONGEST = len(_MARK) + 11


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret that was taken out. Never what it was."""

    path: str
    line: int
    """From 1."""
    kind: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.kind}"


class Redactor:
    """The secrets of one folder. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._secrets: list[str] = []

    def learn(self, secrets: Iterable[str]) -> None:
        """Know secrets wherever they stand from now on."""
        with self._lock:
            for secret in secrets:
                self._number(secret)

    def look(self, text: str, path: str = "", first: int = 1) -> list[Span]:
        """Find the secrets of a text, and know them wherever else they stand.

        Args:
            first: the number of its first line in the file.

        Raises:
            Private: one of them is a private key, which is not sent even in part; or secrets can't be looked for.
        """
        found = detector.spans(text, path)
        for span in found:
            if span.kind == PRIVATE_KEY:
                line = first + text.count("\n", 0, span.start)
                raise Private(f"{path or 'the instruction'}:{line} holds a private key", WAY_OUT)
        self.learn(text[span.start : span.end] for span in found)
        return found

    def redact(
        self, text: str, path: str = "", first: int = 1, found: list[Span] | None = None
    ) -> tuple[str, tuple[Finding, ...]]:
        """A text without its secrets; arguments as of :meth:`look`.

        Args:
            found: by :meth:`look`, where that was done.

        Raises:
            Private: as :meth:`look`; or something would be left of a secret.
        """
        spans = self._all(text, self.look(text, path, first) if found is None else found)
        made, findings, end = [], [], 0
        with self._lock:
            for span in spans:
                made += [text[end : span.start], f"{_MARK}{self._number(text[span.start : span.end])}__"]
                end = span.end
                if span.kind:
                    findings.append(Finding(path, first + text.count("\n", 0, span.start), span.kind))
        clean = "".join([*made, text[end:]])
        if any(not _PLACEHOLDER.sub("", clean[span.start : span.end]) == "" for span in detector.spans(clean, path)):
            raise Private(
                f"not all secrets of {path or 'what you say'} can be taken out", "Leave it out, or go on locally"
            )
        return clean, tuple(findings)

    def restore(self, text: str) -> str:
        """The secrets in their places. Placeholders of none stay."""
        return _PLACEHOLDER.sub(self._secret, text)

    def restorer(self) -> "Restorer":
        """For a text that comes in pieces."""
        return Restorer(self)

    def _all(self, text: str, found: list[Span]) -> list[Span]:
        """Also the secrets that are known from elsewhere, and what looks like a placeholder."""
        with self._lock:
            known = sorted((each for each in self._secrets if len(each) >= LEAST), key=len, reverse=True)
        spans = [*found]
        for secret in known:
            start = text.find(secret)
            while start >= 0:
                spans.append(Span(start, start + len(secret), "" if secret.startswith(_MARK) else "known secret"))
                start = text.find(secret, start + len(secret))
        spans += [Span(match.start(), match.end(), "") for match in re.finditer(re.escape(_MARK), text)]
        return _joined(spans)

    def _number(self, secret: str) -> int:
        if secret not in self._numbers:
            self._secrets.append(secret)
            self._numbers[secret] = len(self._secrets)
        return self._numbers[secret]

    def _secret(self, match: re.Match[str]) -> str:
        with self._lock:
            number = int(match[1]) if len(match[1]) < 10 else 0
            return self._secrets[number - 1] if 0 < number <= len(self._secrets) else match[0]


class Restorer:
    """Restores a text that comes in pieces: what may be the beginning of a placeholder is kept back."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor, self._kept = redactor, ""

    def feed(self, piece: str) -> str:
        """Some more of it; what is certain of it so far."""
        text = self._kept + piece
        whole = max((match.end() for match in _PLACEHOLDER.finditer(text)), default=0)
        begins = range(max(whole, len(text) - _LONGEST), len(text))
        cut = next((n for n in begins if _BEGUN.fullmatch(text, n)), len(text))
        self._kept = text[cut:]
        return self._redactor.restore(text[:cut])

    def end(self) -> str:
        """The rest."""
        rest, self._kept = self._kept, ""
        return self._redactor.restore(rest)


def _joined(spans: list[Span]) -> list[Span]:
    """In order, none overlapping another: of those that do, one that holds both."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            joined[-1] = Span(last.start, max(last.end, span.end), last.kind or span.kind)
        else:
            joined.append(span)
    return joined
