"""The model often writes what stands behind the cursor already."""

from farthing.completion.postprocess.place import Place

CLOSING = ")]}"


def drop_suffix_overlap(text: str, place: Place) -> str:
    """Cut the answer where it begins to repeat the rest of the cursor's line, or the start of the lines below.

    ``print(|)`` answered with ``value)`` becomes ``value``; answered with ``len(value)`` it stays.
    """
    rest = place.line_after.strip()
    if rest and rest[0] in CLOSING:
        return text[: spare_bracket(text, rest, place.line_before)]
    if rest:
        # What the answer says after the rest of the line has no place: an insertion ends before that rest.
        for answer in (text.partition("\n")[0], text):
            shorter = _without(answer.rstrip(), rest)
            if shorter is not None:
                return shorter
        return text
    lines, below = text.rstrip().split("\n"), [line.strip() for line in place.suffix.split("\n")[1:] if line.strip()]
    for count in range(min(len(lines) - 1, len(below)), 0, -1):
        if [line.strip() for line in lines[-count:]] == below[:count]:
            return "\n".join(lines[:-count])
    return text


def _without(answer: str, rest: str) -> str | None:
    """The answer without the rest, or without a first part of it that is punctuation; None if it ends otherwise."""
    for size in range(min(len(rest), len(answer)), 0, -1):
        part = rest[:size]
        if answer.endswith(part) and (size == len(rest) or not any(each.isalnum() for each in part)):
            shorter = answer[:-size]
            return _without(shorter.rstrip(), rest) or shorter
    return None


def spare_bracket(answer: str, rest: str, before: str) -> int | None:
    """Offset in the answer of the bracket that closes what the rest of the line closes already.

    Args:
        rest: of the cursor's line.
        before: what stands before the cursor on it.
    """
    closing, _ = _unmatched(answer)
    needed = max(0, _unmatched(before)[1] - len(_unmatched(rest)[0]))
    return closing[needed] if len(closing) > needed else None


def _unmatched(text: str) -> tuple[list[int], int]:
    """Where closing brackets stand that nothing opened, and how many opening ones nothing closed. Those in strings
    don't count."""
    closing: list[int] = []
    opening, quote, previous = 0, "", ""
    for at, character in enumerate(text):
        if quote:
            if character == "\n" or (character == quote and previous != "\\"):
                quote = ""
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            opening += 1
        elif character in CLOSING and opening:
            opening -= 1
        elif character in CLOSING:
            closing.append(at)
        previous = "" if previous == character == "\\" else character
    return closing, opening
