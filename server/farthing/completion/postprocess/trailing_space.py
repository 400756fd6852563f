"""White space at the end is noise in ghost text, and a diff nobody asked for once accepted."""

from farthing.completion.postprocess.place import Place


def drop_trailing_space(text: str, _place: Place) -> str:
    """Cut blank lines and spaces at the end; an answer of nothing else becomes empty."""
    return text.rstrip() if text.strip() else ""
