"""Replies that the user wants to be kept, so that a newer applier can be tried on them."""

import threading
from collections.abc import Callable

from farthing.chat import replays
from farthing.chat.model import Reply
from farthing.chat.replays import Record, Replays


def keeper(setting: Callable[[], bool] = lambda: False) -> Callable[[Reply], None]:
    """Keeps replies while the user wants that, in a thread of its own.

    Args:
        setting: what the editor's setting says now.
    """
    folder = Replays()

    def keep(reply: Reply) -> None:
        if replays.wanted(setting()):
            threading.Thread(target=folder.keep, args=(record(reply),), name="keep a reply").start()

    return keep


def record(reply: Reply) -> Record:
    """What is kept of a reply."""
    statuses, after = replays.outcome(reply.result)
    return Record(
        reply.text, reply.format, reply.path, reply.lines, reply.model, reply.files, statuses, after, partial=True
    )
