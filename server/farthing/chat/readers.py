"""How hunks are made again of replies that were kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from farthing.chat.formats.addition import Addition
from farthing.chat.formats.rewrite import Rewrite
from farthing.context.model import Target
from farthing.edit.model import Document, Hunk
from farthing.edit.parse import parse


@dataclass(frozen=True)
class Kept:
    """What is read."""

    reply: str
    path: str
    """The file of hunks that name none."""
    lines: tuple[int, int] | None
    """Within which hunks of that file must lie, from 1 and inclusive."""
    files: Mapping[str, str | None]
    """Texts by their paths; None for one that was not there."""
    exists: Callable[[str], bool]


def _blocks(kept: Kept) -> list[Hunk]:
    hunks = parse(kept.reply, kept.path, kept.exists)
    return [replace(hunk, scope=kept.lines) if hunk.path == kept.path else hunk for hunk in hunks]


def _rewrite(kept: Kept) -> list[Hunk]:
    text = kept.files.get(kept.path)
    if text is None or kept.lines is None:
        return []
    first, last = kept.lines
    own = "".join(line.content + line.end for line in Document(text).lines[first - 1 : last])
    return list(Rewrite("", Target(kept.path, "", first, last, own, "")).read(kept.reply).hunks)


def _addition(kept: Kept) -> list[Hunk]:
    text = kept.files.get(kept.path)
    existing = None if text is None else Document(text).contents
    return list(Addition("", kept.path, existing).read(kept.reply).hunks)


READERS: dict[str, Callable[[Kept], list[Hunk]]] = {"blocks": _blocks, "rewrite": _rewrite, "addition": _addition}
"""``rewrite`` and ``addition`` are those of :mod:`farthing.chat.formats`; ``blocks`` are SEARCH/REPLACE blocks, diffs
and new files, as :func:`farthing.edit.parse.parse` reads them."""
