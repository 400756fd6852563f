"""A model that also chats ends code with a fence, and goes on to explain it."""

import re

from farthing.completion.postprocess.place import Place

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_PROSE = frozenset("markdown mdx quarto rmd restructuredtext asciidoc".split())


def drop_chatter(text: str, place: Place) -> str:
    """Cut the answer at a Markdown fence, in documents that have none themselves."""
    if place.language in _PROSE or "```" in place.prefix or "```" in place.suffix:
        return text
    fence = next((each for each in _FENCE.finditer(text) if each.start() or not place.line_before.strip()), None)
    return text if fence is None else text[: fence.start()]
