"""Which of several hunks break a file's syntax, without parsing the file once for each of them."""

from collections.abc import Callable, Sequence

Worse = Callable[[Sequence[int]], bool]


def culprits(hunks: Sequence[int], worse: Worse, most: int) -> list[int]:
    """Those that make errors alone or, where only several together do, those several.

    Args:
        hunks: what all together make errors, in the order of their places.
        worse: whether some of them together do.
        most: how often that is asked, about; hunks that are not told apart by then are all culprits.

    Returns:
        Such that the rest makes none.
    """
    asked = 0

    def ask(some: Sequence[int]) -> bool:
        nonlocal asked
        asked += 1
        return worse(some)

    def search(group: Sequence[int]) -> list[int]:
        if len(group) == 1 or asked >= most:
            return list(group)
        half = len(group) // 2
        found = [at for part in (group[:half], group[half:]) if ask(part) for at in search(part)]
        return found or list(group)

    found = search(hunks)
    rest = [at for at in hunks if at not in set(found)]
    return list(hunks) if rest and ask(rest) else found
