"""What an editor shows of a review."""

from collections.abc import Iterable

from farthing import chat_protocol
from farthing.review.files import ReviewedFile
from farthing.review.hunks import Hunk
from farthing.text import line_of


def review(files: Iterable[ReviewedFile]) -> chat_protocol.Review:
    """All of it; lines as LSP counts them."""
    return chat_protocol.Review(tuple(map(_file, files)))


def _file(file: ReviewedFile) -> chat_protocol.ReviewFile:
    is_new = all(hunk.piece.creates for hunk in file.hunks)
    shown = tuple(_hunk(file.text or "", hunk) for hunk in file.hunks)
    return chat_protocol.ReviewFile(file.uri, file.shown, is_new, file.version, shown)


def _hunk(text: str, hunk: Hunk) -> chat_protocol.ReviewHunk:
    start, end = hunk.place.start, hunk.place.end
    first = line_of(text, start)
    # A last line without an end is one, too.
    last = line_of(text, end) + (end > start and text[end - 1] not in "\r\n")
    piece = hunk.piece
    return chat_protocol.ReviewHunk(hunk.id, hunk.state, first, last, piece.before, piece.after, hunk.note)


def proposed_text(file: ReviewedFile) -> str:
    """A document with all hunks that are proposed or being written; of two about the same lines, the first."""
    if file.text is None:
        return next((hunk.piece.after for hunk in file.hunks if hunk.piece.creates), "")
    wanted = [hunk for hunk in file.hunks if hunk.side == "before" and hunk.place.sure and not hunk.piece.creates]
    return file.text_with(file.steps(wanted)[0])
