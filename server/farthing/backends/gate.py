"""The one gate before everything that leaves this machine for a model that costs.

:class:`farthing.backends.metered.Metered` takes nothing but what is :class:`Cleared`, and nobody but a :class:`Gate`
makes that: ``tests/unit/test_network.py`` holds it.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from farthing.backends.chat import Part, Prompt
from farthing.errors import Private
from farthing.privacy import detector, dotenv, places
from farthing.privacy.detector import Span
from farthing.privacy.redaction import WAY_OUT, Redactor, Restorer

_HEAD = re.compile(
    r"^(?P<path>\S[^\n]*?)(?::(?P<first>\d{1,9})-\d+(?:, as it is now)?|, signatures|, as a diff to the last commit)\n"
    r"`{3,}\n",
    re.MULTILINE,
)
"""Before each piece of a repository, as :mod:`farthing.context.render` writes it."""

_CALLED = {"system": "the rules", "history": "what was said", "instruction": "the instruction"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file that a prompt shows."""

    path: str
    """Relative to the folder."""
    first: int
    """From 1."""
    last: int
    """Inclusive."""

    def __str__(self) -> str:
        return f"{self.path}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Cleared:
    """A prompt that may leave."""

    prompt: Prompt
    """Without secrets."""
    pieces: tuple[str, ...]
    """Of the repository that are in it: ``path:first-last``."""
    redacted: tuple[str, ...]
    """What was taken out: ``path:line kind``."""
    _redactor: Redactor = field(repr=False, compare=False)

    def restorer(self) -> Restorer:
        """Puts the secrets back into the answer."""
        return self._redactor.restorer()


class Gate:
    """Of one folder. Keeps what it has taken out, so that it takes it out in the same way again. Threads may share it.

    Args:
        root: of the workspace.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._redactor = Redactor()

    def clear(self, prompt: Prompt, pieces: Sequence[Piece]) -> Cleared:
        """Look at all of a prompt. Reads files, and takes some ms for 100 kB: not for an event loop.

        Args:
            pieces: all files that anything in the prompt is of, also in what was said before.

        Raises:
            Private: it may not leave, and why.
        """
        reasons = self.vetoes(pieces)
        if reasons:
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            raise Private(f"{reasons[0]}{more}", WAY_OUT)
        folders = {folder.as_posix() for each in pieces for folder in PurePosixPath(each.path).parents}
        self._redactor.learn(dotenv.values(self._root, frozenset(folders - {"."})))
        # First all of them: what one tells to be a secret is one in the others, too.
        looked = [
            [(*block, self._redactor.look(block[3], block[1], block[2])) for block in _blocks(part)]
            for part in prompt.parts
        ]
        parts, found = [], []
        for part, blocks in zip(prompt.parts, looked, strict=True):
            clean, findings = self._cleaned(part, blocks)
            parts.append(clean)
            found += findings
        shown = dict.fromkeys(map(str, pieces))
        return Cleared(Prompt(tuple(parts)), tuple(shown), tuple(dict.fromkeys(found)), self._redactor)

    def get_ready(self) -> None:
        """Do now what would keep the first request waiting, for seconds where nothing has ever left this machine."""
        with contextlib.suppress(Private):  # whoever sends something will meet it again
            detector.spans("")

    def vetoes(self, pieces: Sequence[Piece]) -> list[str]:
        """Why pieces may not leave, one line for each file; empty where all may."""
        return places.vetoes(self._root, dict.fromkeys(piece.path for piece in pieces))

    def _cleaned(self, part: Part, blocks: Sequence[tuple[str, str, int, str, list[Span]]]) -> tuple[Part, list[str]]:
        texts, found = [], []
        for head, path, first, text, spans in blocks:
            clean, findings = self._redactor.redact(text, path, first, spans)
            texts += [head, clean]
            called = path or _CALLED.get(part.kind, "the prompt")
            found += [str(replace(finding, path=called)) for finding in findings]
        return replace(part, text="".join(texts)), found


def _blocks(part: Part) -> Iterator[tuple[str, str, int, str]]:
    """The pieces of a part: head, path, first line and text. All heads and texts in a row are the part."""
    end, head, path, first = 0, "", "", 1
    for match in _HEAD.finditer(part.text):
        if head or match.start():
            yield head, path, first, part.text[end : match.start()]
        end, head, path, first = match.end(), match[0], match["path"], int(match["first"] or 1)
    yield head, path, first, part.text[end:]
