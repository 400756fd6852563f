"""A single letter is not worth a glance."""

from farthing.completion.postprocess.place import Place

USEFUL = ")]}>:;,\"'`"
"""Single characters that end something."""


def drop_too_short(text: str, place: Place) -> str:
    """Drop an answer of one visible character, unless that closes or ends something.

    In a document of no known language it may be a word, and stays.
    """
    visible = "".join(text.split())
    if len(visible) > 1 or (visible and (visible in USEFUL or not place.language)):
        return text
    return ""
