"""What some lines use, and who uses them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from farthing.context.source import CLASSES, CODE, VALUES, Place, Source, names_in
from farthing.index import features
from farthing.index.retrieval import Retrieval, Use

CALLED = 40
"""Names in some lines that are looked up."""

CALLERS = 6
"""Places where something is called that are shown at most."""

VALUES_SHOWN = 6
"""Values of the same file that are shown at most."""

USES = 60
"""Uses of a name that are looked at."""


@dataclass(frozen=True)
class Related:
    """A definition that is called, or calls."""

    path: str
    symbol: str
    """Empty for the outermost level of a file."""
    signature: str
    start_line: int
    """Of the definition, decorators included."""
    use: int = 0
    """The line where it uses what it is about; 0 for what is used itself."""


def values(source: Source) -> list[Related]:
    """The values of a file that all of its code can use, short ones first: loggers, locks, limits."""
    found = [
        Related(source.path, each.symbol, each.definition.signature, each.definition.start_line)
        for each in source.places
        if each.definition.kind in VALUES and "." not in each.symbol and each.definition.signature
    ]
    return sorted(found, key=lambda each: len(each.signature))[:VALUES_SHOWN]


def called(source: Source, lines: tuple[int, int], retrieval: Retrieval | None) -> Iterator[Related]:
    """What some lines call or name, as far as it is clear which one is meant: what their file defines first."""
    uses = _used(source, lines)
    local: dict[str, Place] = {}
    for place in source.places:
        if not (place.first <= lines[1] and lines[0] <= place.last):
            local.setdefault(place.definition.name, place)
    # The parser takes no note of every use of a variable, but a name that the file defines is no other.
    for name in dict.fromkeys([*uses, *names_in(source.text(*lines))]):
        if name in local:
            each = local[name].definition
            yield Related(source.path, each.qualified, each.signature, each.start_line)
    if retrieval is not None:
        defined = {each.definition.name for each in source.places}
        taken = {name for each in source.tags.imports for name in each.names}
        wanted = [name for name in uses if name not in defined][:CALLED]
        for symbol in retrieval.meanings(wanted, source.path, taken):
            if symbol.path != source.path and symbol.kind in CODE | CLASSES | VALUES:
                yield Related(symbol.path, symbol.symbol, symbol.signature, symbol.start_line)


def callers(source: Source, symbol: str, lines: tuple[int, int], retrieval: Retrieval | None) -> list[Related]:
    """Who uses a definition: in its file, then in files that can see it, tests last."""
    name = symbol.split(".")[-1]
    if not name:
        return []
    found: list[Related] = []
    for use in source.tags.references:
        if use.name == name and use.kind != "word" and not lines[0] <= use.line <= lines[1]:
            around = source.tags.definitions[use.enclosing] if use.enclosing >= 0 else None
            head = (around.qualified, around.signature, around.start_line) if around else ("", "", 0)
            found.append(Related(source.path, *head, use.line))
    if retrieval is not None:
        same = [each for each in retrieval.in_file(source.path) if each.symbol == symbol]
        uses = retrieval.references_to(same[0], USES) if same else []
        found += [_using(use) for use in uses if use.path != source.path and use.kind != "word"]
    found.sort(key=lambda each: features.is_test(each.path) and not features.is_test(source.path))
    once: dict[tuple[str, str], Related] = {}
    for each in found:
        once.setdefault((each.path, each.symbol), each)
    return list(once.values())[:CALLERS]


def imports(source: Source, lines: tuple[int, int]) -> tuple[int, int] | None:
    """The lines of the file's head that import what some lines use; None where they use nothing of it."""
    used = set(names_in(source.text(*lines)))
    found = [
        each.line for each in source.tags.imports
        if each.line < lines[0] and used & {*each.names, *re.split(r"\W+", each.module)}
    ]  # fmt: skip
    if not found:
        return None
    first, last = source.grown(found[0], found[0])[0], source.grown(found[-1], found[-1])[1]
    return (first, last) if last < lines[0] else None


def _used(source: Source, lines: tuple[int, int]) -> list[str]:
    """Names of what lines call, then of types and all else that they use; each once."""
    order = {"call": 0, "inherit": 1, "type": 1}
    uses = [each for each in source.tags.references if lines[0] <= each.line <= lines[1] and each.kind != "word"]
    uses.sort(key=lambda each: order.get(each.kind, 2))
    return list(dict.fromkeys(each.name for each in uses if len(each.name) > 1))


def _using(use: Use) -> Related:
    around = use.enclosing
    head = (around.symbol, around.signature, around.start_line) if around else ("", "", 0)
    return Related(use.path, *head, use.line)
