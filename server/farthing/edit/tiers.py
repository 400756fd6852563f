"""How lines of a reply may differ from those of the file that they mean, from none to what can be explained."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from farthing.edit.model import Document, Tier

MOST = 1000
"""Places that are looked for; with more than one nothing is changed anyway."""

STRICTER: tuple[Tier, ...] = ("exact", "indentation", "trailing_space")
"""Those that compare the lines as the reply has them."""

_BLANKS = " \t"
_NUMBERED = re.compile(r"^\s*(\d+)(?:\s*[|│→:] ?|\t)(.*)$")

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """A place where the searched lines are, and what is to stand there."""

    first: int
    """Index of its first line, from 0."""
    search: Texts
    """The lines that are there, as the reply has them."""
    replace: Texts | None
    """As many more or fewer; None where they can't be shifted as the searched ones have to be."""
    shift: tuple[str, str] = ("", "")
    """Blanks that are put before each new line, and those that are taken away."""

    @property
    def as_written(self) -> Texts:
        """The new lines as the reply has them, to be compared with those that it searched."""
        more, less = self.shift
        return tuple(less + line[len(more) :] if line.strip() else line for line in self.replace or ())


def tiers(search: Texts, replace: Texts) -> Iterator[tuple[Tier, Texts, Texts]]:
    """The readings of a hunk, strictest first. The next one is only for who found nothing by those before."""
    yield "exact", search, replace
    if not any(map(str.strip, search)):
        return
    yield "indentation", search, replace
    yield "trailing_space", search, replace
    bare = _without_blank_edges(search, replace)
    if bare is not None:
        yield "blank_edges", *bare
    plain = _without_numbers(search, replace)
    if plain is not None:
        yield "line_numbers", *plain


def find(
    document: Document, tier: Tier, search: Texts, replace: Texts, scope: tuple[int, int] | None = None
) -> list[Match]:
    """Every place in a document where lines are, as a tier compares them.

    Args:
        tier: how; the last two look for what :func:`tiers` made of the lines.
        scope: the lines, from 1 and inclusive, within which they must lie; None for anywhere.
    """
    # Before the places are counted: beyond the most that are looked for there may be the one in the scope.
    low, high = (scope[0] - 1, scope[1]) if scope else (0, len(document.contents))
    allowed = range(max(0, low), min(high, len(document.contents)) - len(search) + 1)
    if tier == "blank_edges":
        for stricter in STRICTER:
            found = find(document, stricter, search, replace, scope)
            if found:
                return found
        return []
    if tier == "indentation":
        return _shifted(document, search, replace, allowed)
    starts = _starts(document, tier == "exact", search, allowed)
    if tier == "trailing_space":
        wanted = [line.rstrip(_BLANKS) for line in search]
        starts = (
            start
            for start in starts
            if all(document.contents[start + at].rstrip(_BLANKS) == line for at, line in enumerate(wanted))
        )
    return [Match(start, search, replace) for start in itertools.islice(starts, MOST)]


def _starts(document: Document, exact: bool, search: Texts, allowed: range) -> Iterator[int]:
    """Where lines are, blanks at both their ends left out unless exactly. Only the places of the rarest line are
    looked at."""
    where, lines = (document.exact, document.contents) if exact else (document.stripped, document.bare)
    wanted = search if exact else tuple(line.strip(_BLANKS) for line in search)
    rarest = min(range(len(wanted)), key=lambda at: len(where.get(wanted[at], ())), default=None)
    if rarest is None:
        return
    for index in where.get(wanted[rarest], ()):
        start = index - rarest
        # The last line first: of many lines that are all alike, most others are too.
        if start not in allowed or lines[start + len(wanted) - 1] != wanted[-1]:
            continue
        if lines[start : start + len(wanted)] == wanted:
            yield start


def _shifted(document: Document, search: Texts, replace: Texts, allowed: range) -> list[Match]:
    found = []
    for start in _starts(document, False, search, allowed):
        shift = _shift(document.contents[start : start + len(search)], search)
        if shift is not None:
            found.append(Match(start, search, _moved(replace, *shift), shift))
        if len(found) == MOST:
            break
    return found


def _shift(there: Texts, search: Texts) -> tuple[str, str] | None:
    """Blanks that all of the lines there have more, and that they have less; None where they don't differ by one
    and the same indentation."""
    shifts = set()
    for real, wanted in zip(there, search, strict=True):
        code = wanted.lstrip(_BLANKS)
        if real.lstrip(_BLANKS) != code:
            return None
        if not code.strip():
            continue
        has, given = real[: len(real) - len(code)], wanted[: len(wanted) - len(code)]
        if has.endswith(given):
            shifts.add((has[: len(has) - len(given)], ""))
        elif given.endswith(has):
            shifts.add(("", given[: len(given) - len(has)]))
        else:
            return None
        if len(shifts) > 1:
            return None
    return shifts.pop() if shifts else None


def _moved(lines: Texts, more: str, less: str) -> Texts | None:
    moved = []
    for line in lines:
        if not line.strip():
            moved.append(line)
        elif not line.startswith(less):
            return None
        else:
            moved.append(more + line[len(less) :])
    return tuple(moved)


def _without_blank_edges(search: Texts, replace: Texts) -> tuple[Texts, Texts] | None:
    top = _blank(search)
    bottom = _blank(search[::-1])
    if not top and not bottom:
        return None
    top_too = min(top, _blank(replace))
    rest = replace[top_too:]
    bottom_too = min(bottom, _blank(rest[::-1]))
    return search[top : len(search) - bottom], rest[: len(rest) - bottom_too]


def _blank(lines: Texts) -> int:
    return next((at for at, line in enumerate(lines) if line.strip()), len(lines))


def _without_numbers(search: Texts, replace: Texts) -> tuple[Texts, Texts] | None:
    """Without the numbers that a tool for reading puts before each line; None where there are none, or where only a
    part of the new lines has them."""
    found = [_NUMBERED.match(line) for line in search]
    numbers = [int(each[1]) for each in found if each]
    if len(numbers) != len(search) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return None
    new = [_NUMBERED.match(line) for line in replace]
    if any(new) and not all(each or not line.strip() for each, line in zip(new, replace, strict=True)):
        return None
    bare = tuple(each[2] if each else line for each, line in zip(new, replace, strict=True))
    return tuple(each[2] for each in found if each), bare
