"""What is mended in an answer before anyone sees it: one pure function per file, in this order."""

from collections.abc import Callable

from farthing.completion.context import Context
from farthing.completion.postprocess.suffix_overlap import drop_suffix_overlap
from farthing.completion.postprocess.trailing_space import drop_trailing_space

FILTERS: tuple[Callable[[str, Context], str], ...] = (drop_suffix_overlap, drop_trailing_space)


def clean(text: str, context: Context) -> str:
    """Run all filters; an empty result means that there is nothing worth showing."""
    for each in FILTERS:
        text = each(text, context)
    return text
