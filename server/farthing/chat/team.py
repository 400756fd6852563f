"""A server of the team's own in the engine's place: what it is asked, and in which format."""

import re
from collections.abc import Callable

from farthing.backends.remote.chat import About, RemoteChat
from farthing.chat.answerer import FormatName, LocalAnswerer
from farthing.ledger.model import LocalWork

LARGE = 14.0
"""Billions of parameters from which a model is trusted with SEARCH/REPLACE blocks and with what it reads. Nothing was
measured between the 1.5B, which is not, and providers' models, which are."""

SMALL = 3.0
"""Billions of parameters beneath which a model edits best what it sees alone."""

MOST = 4000
"""Tokens of context, as for a provider's small models: a server of a team reads them fast."""

_SIZE = re.compile(r"(?<![\w.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)


def billions(name: str) -> float | None:
    """The parameters that a model's name tells; of a mixture of experts all of them. None where it tells none."""
    found = [int(times or 1) * float(size) for times, size in _SIZE.findall(name)]
    return max(found, default=None)


def answerer(
    chat: RemoteChat, about: About, workspace: str, project: str, record: Callable[[LocalWork], object]
) -> LocalAnswerer:
    """The model of a server."""
    size = billions(about.model)
    large = size is not None and size >= LARGE
    form: FormatName = "blocks" if large else "rewrite"
    return LocalAnswerer(
        chat, about.model, about.model or about.where, workspace, project, record, min(MOST, about.window // 2),
        about.window, alone=size is not None and size < SMALL, format=form, here=False,
    )  # fmt: skip
