"""What an editor shows of a review."""

from collections.abc import Iterable

from farthing import chat_protocol
from farthing.review.files import ReviewedFile
from farthing.review.hunks import Hunk


def review(files: Iterable[ReviewedFile]) -> chat_protocol.Review:
    """All of it; lines as LSP counts them."""
    return chat_protocol.Review(tuple(map(_file, files)))


def _file(file: ReviewedFile) -> chat_protocol.ReviewFile:
    is_new = all(hunk.piece.creates for hunk in file.hunks)
    shown = tuple(_hunk(file.text or "", hunk) for hunk in file.hunks)
    return chat_protocol.ReviewFile(file.uri, file.shown, is_new, file.version, shown)


def _hunk(text: str, hunk: Hunk) -> chat_protocol.ReviewHunk:
    first = _line(text, hunk.place.start)
    # A last line without an end is one, too.
    last = _line(text, hunk.place.end) + (hunk.place.end > hunk.place.start and text[hunk.place.end - 1] not in "\r\n")
    piece = hunk.piece
    return chat_protocol.ReviewHunk(hunk.id, hunk.state, first, last, piece.before, piece.after, hunk.note)


def _line(text: str, offset: int) -> int:
    pairs = text.count("\r\n", 0, offset)
    return text.count("\n", 0, offset) + text.count("\r", 0, offset) - pairs


def proposed_text(file: ReviewedFile) -> str:
    """A document with all hunks that are proposed or being written; of two about the same lines, the first."""
    if file.text is None:
        return next((hunk.piece.after for hunk in file.hunks if hunk.piece.creates), "")
    wanted = [hunk for hunk in file.hunks if hunk.side == "before" and hunk.place.sure and not hunk.piece.creates]
    return file.text_with(file.steps(wanted)[0])
