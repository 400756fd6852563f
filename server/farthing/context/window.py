"""Cuts lines to a budget."""

from farthing.context.source import Source
from farthing.index.pack import count


def fitted(source: Source, lines: tuple[int, int], kept: tuple[int, int], room: int) -> tuple[int, int] | None:
    """As many of some lines as fit, around those that matter, which are cut from their end where not even they fit.

    Args:
        lines: first and last one, from 1.
        kept: the same for those that matter.
        room: tokens.

    Returns:
        None where not even one line fits.
    """
    first, last = lines
    if count(source.text(first, last)) <= room:
        return lines
    costs = {number: count(source.text(number, number)) for number in range(first, last + 1)}
    begin = end = min(max(kept[0], first), last)
    left = room - costs[begin]
    grows = True
    while grows:
        grows = False
        # What matters first, then what is above and below it by turns.
        above = begin > first and end >= min(kept[1], last)
        for number in ([end + 1] if end < last else []) + ([begin - 1] if above else []):
            if costs[number] <= left:
                left -= costs[number]
                begin, end = min(begin, number), max(end, number)
                grows = True
    # Tokens of a text are about the sum of its lines', but not always less.
    while end > begin and count(source.text(begin, end)) > room:
        end -= 1
    return (begin, end) if count(source.text(begin, end)) <= room else None
