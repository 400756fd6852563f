"""What a model is shown of a repository to answer a question about it."""

from collections.abc import Sequence

from farthing.backends.chat import Part, Prompt
from farthing.context.render import fenced
from farthing.index.pack import Item

SYSTEM = (
    "You answer questions about a code repository. Parts of it are shown to you with their paths and lines; what is "
    "not shown may exist. Be brief and exact, name files and lines, and say so when what is shown does not tell."
)


def build(question: str, items: Sequence[Item]) -> Prompt:
    """What changes least comes first, so that providers can keep it.

    Args:
        items: the parts of the repository that are shown, best first.
    """
    shown = "\n\n".join(fenced(f"{item.path}:{item.start_line}-{item.end_line}", item.text) for item in items)
    parts = [Part("system", SYSTEM, "system")]
    if shown:
        parts.append(Part("files", shown))
    parts.append(Part("instruction", question))
    return Prompt(tuple(parts))
