"""Whether the model that answered is the one that was asked. Pure."""

import re

_VERSION = re.compile(
    r"[-@:](?:\d{4}-?\d{2}-?\d{2}|\d{3,4}|v\d+(?:[.:]\d+)*|latest|preview(?:-[\d-]+)?|exp(?:-[\d-]+)?)$"
)
"""What providers put behind the name of a model that they have several versions of."""


def is_other(asked: str, answered: str) -> bool:
    """Whether another model has answered. A provider that does not say which one it was is believed.

    A dated version of the same model is the same, and so is one with the name of its maker before it, as gateways write
    it.
    """
    return bool(answered) and _plain(asked) != _plain(answered)


def _plain(name: str) -> str:
    plain = name.strip().lower().rpartition("/")[2]
    while (match := _VERSION.search(plain)) and match.start():
        plain = plain[: match.start()]
    return plain
