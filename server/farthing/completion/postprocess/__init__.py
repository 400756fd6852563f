"""What is mended in an answer before anyone sees it: one pure function per file, in this order."""

from collections.abc import Callable

from farthing.completion.context import Context
from farthing.completion.postprocess.chatter import drop_chatter
from farthing.completion.postprocess.closing_brackets import drop_spare_brackets
from farthing.completion.postprocess.indentation import fix_indentation
from farthing.completion.postprocess.near_duplicate import drop_near_duplicate
from farthing.completion.postprocess.place import Place
from farthing.completion.postprocess.repetition import drop_repetition
from farthing.completion.postprocess.suffix_overlap import drop_suffix_overlap
from farthing.completion.postprocess.too_short import drop_too_short
from farthing.completion.postprocess.trailing_space import drop_trailing_space

FILTERS: tuple[Callable[[str, Place], str], ...] = (
    drop_chatter,
    fix_indentation,
    drop_repetition,
    drop_suffix_overlap,
    drop_near_duplicate,
    drop_spare_brackets,
    drop_trailing_space,
    drop_too_short,
)


def clean(text: str, context: Context, language: str = "") -> str:
    """Run all filters, until none of them changes anything; empty when there is nothing worth showing.

    Args:
        text: a whole answer, or what there is of it so far. Line breaks are ``\\n``.
        language: LSP language id; without one, brackets are counted on the cursor's line only.
    """
    place = Place(context.prefix, context.suffix, language=language)
    before = None
    while text != before:  # each of them shortens the text or leaves it: this comes to an end
        before = text
        for each in FILTERS:
            text = each(text, place)
    return text
